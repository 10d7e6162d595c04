//! One run from one seed: a storm with faults, a calm phase without them, and the end of the room.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    auditor::{Verdict, Violation},
    deeds::Habits,
    dice::{Dice, Part, Tape},
    trace::Trace,
    weather::{Spell, Swarm, Weather},
    world::{BEGIN, Happening, Setup, World},
};

/// The storm ends after this many steps in any case.
const MOST_STEPS: u64 = 2_500;

/// The result of a run.
pub struct Report {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// The number of steps.
    pub steps: u64,
    /// Virtual time that passed, in milliseconds.
    pub elapsed_ms: u64,
    /// A number that is equal for two runs that went the same way.
    pub digest: u64,
    /// The trace, if it was kept.
    pub trace: Vec<String>,
    /// All draws.
    pub tape: Tape,
    /// The faults that were switched on.
    pub faults: Vec<(&'static str, u64)>,
    /// Rare states that were reached.
    pub marks: Vec<(&'static str, u64)>,
    /// The largest number of messages in the journal, and the number of events that the object handled.
    pub size: (u64, u64),
}

/// A failed run, in its printed form.
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// Its result.
    pub report: Report,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(violation) = &self.report.violation else { return write!(out, "seed {} holds", self.seed) };
        let about = crate::auditor::INVARIANTS[usize::from(violation.invariant)].1;
        let lines = &self.report.trace;
        lines[lines.len().saturating_sub(40)..].iter().try_for_each(|line| writeln!(out, "{line}"))?;
        writeln!(out, "invariant {} ({about}): {}", violation.invariant, violation.what)?;
        writeln!(out, "faults: {:?}", self.report.faults)?;
        writeln!(out, "seed {}, step {}, {} ms", self.seed, self.report.steps, self.report.elapsed_ms)?;
        write!(
            out,
            "again: DUET_SEED={} cargo test --profile simulation -p duet-simulation --test seeds",
            self.seed
        )
    }
}

/// Runs a seed.
pub fn run_seed(seed: u64, keeps_trace: bool) -> Report {
    run(Dice::seeded(seed), &|_| {}, keeps_trace)
}

/// Runs with these dice. `adjust` can switch off faults.
pub fn run(mut dice: Dice, adjust: &dyn Fn(&mut Swarm), keeps_trace: bool) -> Report {
    let setup = draw_setup(&mut dice);
    let mut weather = Weather::drawn(&mut dice);
    adjust(&mut weather.swarm);
    let faults = weather.swarm.on();
    let trace = if keeps_trace { Trace::kept(BEGIN) } else { Trace::default() };
    let mut world = World::new(setup, weather, dice, trace);
    let verdict = catch_unwind(AssertUnwindSafe(|| storm_calm_end(&mut world)));
    let violation = match verdict {
        Ok(verdict) => verdict.err(),
        Err(panic) => Some(Violation::new(0, format!("a panic: {}", words_of(panic.as_ref())))),
    };
    let _ = catch_unwind(AssertUnwindSafe(|| world.stage.dice.note(world.events)));
    Report {
        violation,
        steps: world.steps,
        elapsed_ms: world.elapsed(),
        digest: world.stage.dice.digest(),
        trace: world.stage.trace.lines().to_vec(),
        tape: world.stage.dice.tape(),
        faults,
        marks: world.auditor.marks.iter().map(|(name, count)| (*name, *count)).collect(),
        size: (world.auditor.rows().len() as u64, world.events),
    }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().cloned();
    words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned())).unwrap_or_default()
}

fn draw_setup(dice: &mut Dice) -> Setup {
    let mut one_of =
        |name, choices: &[u64]| choices[dice.below(Part::Swarm, name, choices.len() as u64) as usize];
    Setup {
        has_database: one_of("database", &[1, 1, 1, 0]) == 1,
        ttl_seconds: one_of("ttl", &[600, 60, 600, 3_600, 5]),
        longest_seconds: one_of("longest", &[86_400, 86_400, 400]),
        messages_per_second: one_of("rate", &[10, 10, 1, 0]),
        is_sealed: one_of("sealed", &[0, 1]) == 1,
    }
}

fn storm_calm_end(world: &mut World) -> Verdict {
    let is_stormy = !world.weather.is_calm;
    let dice = &mut world.stage.dice;
    let storm_ms = dice.between(Part::Swarm, "storm", 5_000, 240_000);
    let storms_at_once = dice.chance(Part::Swarm, "storms at once", 1, 8);
    world.habits = Habits::drawn(&mut world.stage.dice, BEGIN + storm_ms);
    for client in 0..world.people.len() {
        let posts = world.stage.dice.chance(Part::Swarm, "posts", 1, 5);
        let window = [1, 4][world.stage.dice.below(Part::Swarm, "window", 2) as usize];
        (world.people[client].posts, world.people[client].window) = (posts, window);
    }
    world.weather.is_calm = !(is_stormy && storms_at_once);
    world.ask_create();
    while world.creation.is_none() && world.elapsed() < 20_000 {
        world.step(world.stage.now + 1_000)?;
    }
    world.weather.is_calm = !is_stormy;
    if world.creation.as_ref().is_some_and(|answer| answer.status == 201) {
        plan_spells(world, storm_ms);
        world.plan_deeds();
        let until = BEGIN + storm_ms;
        while world.steps < MOST_STEPS && world.step(until)? {}
    }
    world.weather.lasting = match world.stage.dice.below(Part::Weather, "lasting", 12) {
        10 if is_stormy && world.setup.has_database => Some(Spell::RedisDead),
        11 if is_stormy => Some(Spell::Offline(1)),
        _ => None,
    };
    world.habits.stop(world.stage.now);
    world.calm_down();
    world.settle()?;
    world.end()
}

fn plan_spells(world: &mut World, storm_ms: u64) {
    let World { weather, stage, .. } = world;
    weather.plan_spells(stage, storm_ms);
    if stage.dice.chance(Part::Weather, "one more alarm", 1, 4) && !weather.is_calm {
        let at = stage.dice.below(Part::Weather, "at", storm_ms);
        stage.after(at, Happening::AlarmAgain);
    }
}
