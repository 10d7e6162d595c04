//! One run from one seed: a phase with faults, a phase without them, and the end of the room.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{
    actions::Behaviour,
    auditor::{Verdict, Violation},
    faults::{FaultInjector, FaultPeriod, FaultRates},
    rng::{Part, Rng, Tape},
    trace::Trace,
    world::{BEGIN, Setup, SimEvent, World},
};

/// The phase with faults ends after this many steps in any case.
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
    pub enabled_faults: Vec<(&'static str, u64)>,
    /// Rare states that were reached.
    pub rare_states: Vec<(&'static str, u64)>,
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
        writeln!(out, "faults: {:?}", self.report.enabled_faults)?;
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
    run(Rng::seeded(seed), &|_| {}, keeps_trace)
}

/// Runs with this random source. `adjust` can switch off faults.
pub fn run(mut rng: Rng, adjust: &dyn Fn(&mut FaultRates), keeps_trace: bool) -> Report {
    let setup = draw_setup(&mut rng);
    let mut faults = FaultInjector::drawn(&mut rng);
    adjust(&mut faults.rates);
    let enabled_faults = faults.rates.enabled();
    let trace = if keeps_trace { Trace::kept(BEGIN) } else { Trace::default() };
    let mut world = World::new(setup, faults, rng, trace);
    let verdict = catch_unwind(AssertUnwindSafe(|| run_phases(&mut world)));
    let violation = match verdict {
        Ok(verdict) => verdict.err(),
        Err(panic) => Some(Violation::new(0, format!("a panic: {}", panic_message(panic.as_ref())))),
    };
    let _ = catch_unwind(AssertUnwindSafe(|| world.sim.rng.mix(world.events)));
    Report {
        violation,
        steps: world.steps,
        elapsed_ms: world.elapsed(),
        digest: world.sim.rng.digest(),
        trace: world.sim.trace.lines().to_vec(),
        tape: world.sim.rng.tape(),
        enabled_faults,
        rare_states: world.auditor.rare_states.iter().map(|(name, count)| (*name, *count)).collect(),
        size: (world.auditor.rows().len() as u64, world.events),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().cloned();
    words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned())).unwrap_or_default()
}

fn draw_setup(rng: &mut Rng) -> Setup {
    let mut one_of =
        |name, choices: &[u64]| choices[rng.below(Part::Setup, name, choices.len() as u64) as usize];
    Setup {
        has_database: one_of("database", &[1, 1, 1, 0]) == 1,
        ttl_seconds: one_of("ttl", &[600, 60, 600, 3_600, 5]),
        longest_seconds: one_of("longest", &[86_400, 86_400, 400]),
        messages_per_second: one_of("rate", &[10, 10, 1, 0]),
        is_encrypted: one_of("sealed", &[0, 1]) == 1,
    }
}

fn run_phases(world: &mut World) -> Verdict {
    let has_faults = !world.faults.is_off;
    let rng = &mut world.sim.rng;
    let fault_phase_ms = rng.between(Part::Setup, "storm", 5_000, 240_000);
    let has_faults_from_start = rng.chance(Part::Setup, "storms at once", 1, 8);
    world.behaviour = Behaviour::drawn(&mut world.sim.rng, BEGIN + fault_phase_ms);
    for client in 0..world.people.len() {
        let posts = world.sim.rng.chance(Part::Setup, "posts", 1, 5);
        let window = [1, 4][world.sim.rng.below(Part::Setup, "window", 2) as usize];
        (world.people[client].posts, world.people[client].window) = (posts, window);
    }
    world.faults.is_off = !(has_faults && has_faults_from_start);
    world.request_room();
    while world.creation.is_none() && world.elapsed() < 20_000 {
        world.step(world.sim.now + 1_000)?;
    }
    world.faults.is_off = !has_faults;
    if world.creation.as_ref().is_some_and(|answer| answer.status == 201) {
        plan_periods(world, fault_phase_ms);
        world.plan_actions();
        let until = BEGIN + fault_phase_ms;
        while world.steps < MOST_STEPS && world.step(until)? {}
    }
    world.faults.lasting = match world.sim.rng.below(Part::Faults, "lasting", 12) {
        10 if has_faults && world.setup.has_database => Some(FaultPeriod::RedisDead),
        11 if has_faults => Some(FaultPeriod::Offline(1)),
        _ => None,
    };
    world.behaviour.stop(world.sim.now);
    world.stop_faults();
    world.converge()?;
    world.end()
}

fn plan_periods(world: &mut World, fault_phase_ms: u64) {
    let World { faults, sim, .. } = world;
    faults.plan_periods(sim, fault_phase_ms);
    if sim.rng.chance(Part::Faults, "one more alarm", 1, 4) && !faults.is_off {
        let at = sim.rng.below(Part::Faults, "at", fault_phase_ms);
        sim.after(at, SimEvent::AlarmAgain);
    }
}
