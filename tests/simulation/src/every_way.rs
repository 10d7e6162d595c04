//! Explores small scenarios exhaustively: two people, up to seven events, every order of them, and a loss of memory at
//! every point.
//!
//! A history is a sequence of choices: whose event comes next, how many steps the world takes before it, and after
//! which step the object loses its memory. [`Ways`] enumerates all of them. There is no other randomness, so the
//! choices reproduce a history.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    Setup, Violation, World,
    auditor::Verdict,
    dice::{Dice, Ways},
    host::{Loss, Mishap},
    trace::Trace,
    weather::{Spell, Weather},
    wire::{Ask, Who},
    world::{BEGIN, ROOM},
};

const ANN: usize = 0;
const BEN: usize = 1;

/// Longer than the time after which the object hibernates.
const PAUSE_MS: u64 = 12_000;

/// An event, caused by one of the actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Join,
    Say,
    Keep,
    Reload,
    Leave,
    LoseConnection,
    Destroy,
    /// A third person tries to join.
    StrangerJoins,
    /// The database runs every request and answers 500.
    DatabaseBreaks,
    /// The database runs nothing and does not answer.
    DatabaseDies,
    DatabaseRecovers,
    /// Nothing happens for this many milliseconds.
    Wait(u64),
}

/// An actor, and its events in order. The number is the index of the client, if the actor is one.
type Actor = (usize, &'static [Deed]);

/// A small scenario.
struct Scenario {
    name: &'static str,
    has_database: bool,
    ttl_seconds: u64,
    /// Whether Ann and Ben are in the room at the beginning.
    is_inside: bool,
    actors: &'static [Actor],
}

const TTL_SECONDS: u64 = 600;

const SCENARIOS: [Scenario; 9] = [
    Scenario {
        name: "three people join",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: false,
        actors: &[
            (ANN, &[Deed::Join, Deed::Say]),
            (BEN, &[Deed::Join, Deed::Say]),
            (0, &[Deed::StrangerJoins]),
        ],
    },
    Scenario {
        name: "two people talk, and one of them reloads",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Deed::Say, Deed::Reload, Deed::Say, Deed::Keep]),
            (BEN, &[Deed::Say, Deed::Say, Deed::Leave]),
        ],
    },
    Scenario {
        name: "two people talk, and the database follows",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Deed::Say, Deed::Say, Deed::Say]), (BEN, &[Deed::Say, Deed::Keep])],
    },
    Scenario {
        name: "a connection is lost",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Deed::Say, Deed::LoseConnection, Deed::Say]), (BEN, &[Deed::Say, Deed::Reload])],
    },
    Scenario {
        name: "both destroy the room",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Deed::Say, Deed::Destroy]), (BEN, &[Deed::Say, Deed::Keep, Deed::Destroy])],
    },
    Scenario {
        name: "the room is destroyed without a database",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Deed::Say, Deed::Destroy]), (BEN, &[Deed::Say, Deed::Reload, Deed::Say])],
    },
    Scenario {
        name: "the time runs out",
        has_database: true,
        ttl_seconds: 5,
        is_inside: true,
        actors: &[(ANN, &[Deed::Say, Deed::Wait(2_500)]), (BEN, &[Deed::Keep, Deed::Wait(2_500), Deed::Say])],
    },
    Scenario {
        name: "the database does everything and answers 500",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Deed::Say, Deed::Destroy]),
            (BEN, &[Deed::Say]),
            (0, &[Deed::DatabaseBreaks, Deed::DatabaseRecovers]),
        ],
    },
    Scenario {
        name: "the database does not answer",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Deed::Say, Deed::Wait(2_000)]),
            (BEN, &[Deed::Say]),
            (0, &[Deed::DatabaseDies, Deed::DatabaseRecovers]),
        ],
    },
];

/// How the object loses its memory.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash(Loss),
    /// A mishap in the next event.
    Next(Mishap),
}

const FAULTS: [Fault; 8] = [
    Fault::Crash(Loss::Reset(0)),
    Fault::Crash(Loss::Reset(1)),
    Fault::Crash(Loss::Wiped),
    Fault::Next(Mishap::Panic(1)),
    Fault::Next(Mishap::Panic(0)),
    Fault::Next(Mishap::StatementFails(0)),
    Fault::Next(Mishap::StatementFails(1)),
    Fault::Next(Mishap::StatementFails(2)),
];

/// The most steps that the world takes between two events. The first number is enough for everything that is under way.
const GAPS: [u64; 4] = [200, 0, 1, 3];

/// The extent of the exploration.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// How many of the ways to lose the memory are tried.
    pub faults: usize,
    /// How many of the gaps between events are tried.
    pub gaps: usize,
    /// Whether the gap is chosen before every event, and not once for a whole history.
    pub is_every_gap_free: bool,
    /// Whether the memory can be lost after every step, and not only after steps that changed the object or the
    /// database.
    pub is_every_step_a_point: bool,
}

impl Bound {
    /// The extent in `npm test`.
    pub const SMALL: Self =
        Self { faults: 4, gaps: 2, is_every_gap_free: false, is_every_step_a_point: false };
    /// The extent in `npm run abuse`.
    pub const LARGE: Self = Self {
        faults: FAULTS.len(),
        gaps: GAPS.len(),
        is_every_gap_free: false,
        is_every_step_a_point: true,
    };
}

/// A history that violates an invariant.
#[derive(Debug)]
pub struct Broken {
    /// The scenario.
    pub scenario: &'static str,
    /// The choices that lead to the violation.
    pub path: Vec<usize>,
    /// The violation.
    pub violation: Violation,
    /// What happened.
    pub trace: Vec<String>,
}

/// The result of an exploration.
#[derive(Debug, Default)]
pub struct Explored {
    /// The number of histories.
    pub histories: u64,
    /// The first history that failed.
    pub broken: Option<Broken>,
}

/// Runs every history of every scenario, within a bound.
pub fn explore(bound: Bound) -> Explored {
    let (next, histories) = (AtomicUsize::new(0), AtomicU64::new(0));
    let broken = Mutex::new(None);
    let work = || {
        while let Some(scenario) = SCENARIOS.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(found) = explore_scenario(scenario, bound, &histories) {
                next.store(SCENARIOS.len(), Ordering::Relaxed);
                broken.lock().unwrap().get_or_insert(found);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    Explored { histories: histories.into_inner(), broken: broken.into_inner().unwrap() }
}

fn explore_scenario(scenario: &Scenario, bound: Bound, histories: &AtomicU64) -> Option<Broken> {
    let mut ways = Ways::default();
    while ways.go_on() {
        histories.fetch_add(1, Ordering::Relaxed);
        let Err(violation) = run(scenario, bound, &mut ways, Trace::default()).1 else { continue };
        let path = ways.path();
        let (world, _) = run(scenario, bound, &mut Ways::along(&path), Trace::kept(BEGIN));
        let trace = world.stage.trace.lines().to_vec();
        return Some(Broken { scenario: scenario.name, path, violation, trace });
    }
    None
}

fn run(scenario: &Scenario, bound: Bound, ways: &mut Ways, trace: Trace) -> (World, Verdict) {
    let setup =
        Setup { has_database: scenario.has_database, ttl_seconds: scenario.ttl_seconds, ..Setup::default() };
    let mut world = World::new(setup, Weather::calm(), Dice::calm(), trace);
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        let mut history = History { world: &mut world, ways, bound, is_fault_over: false, seen: None };
        history.begin(scenario)?;
        history.go_through(scenario)?;
        world.calm_down();
        world.settle()?;
        world.end()
    }));
    let verdict = verdict.unwrap_or_else(|_| Err(Violation::new(0, "a panic")));
    (world, verdict)
}

/// A history during its run.
struct History<'a> {
    world: &'a mut World,
    ways: &'a mut Ways,
    bound: Bound,
    is_fault_over: bool,
    /// The state of the object and the database at the last point at which the memory could be lost.
    seen: Option<(u64, u64, usize, u64)>,
}

impl History<'_> {
    fn begin(&mut self, scenario: &Scenario) -> Verdict {
        self.world.ask_create();
        self.world.run_for(1_000)?;
        if scenario.is_inside {
            for client in [ANN, BEN] {
                let (person, mut means) = self.world.person(client);
                person.enter(&mut means);
                self.world.run_for(500)?;
            }
        }
        Ok(())
    }

    fn go_through(&mut self, scenario: &Scenario) -> Verdict {
        let mut left: Vec<Actor> = scenario.actors.to_vec();
        let mut gap = GAPS[self.ways.choose(self.bound.gaps)];
        while !left.is_empty() {
            let place = self.ways.choose(left.len());
            let (client, deeds) = left[place];
            self.act(client, deeds[0])?;
            left[place].1 = &deeds[1..];
            left.retain(|(_, deeds)| !deeds.is_empty());
            if self.bound.is_every_gap_free {
                gap = GAPS[self.ways.choose(self.bound.gaps)];
            }
            self.steps(gap)?;
        }
        self.steps(GAPS[0])?;
        // The object hibernates, and wakes at the next event.
        self.world.run_for(PAUSE_MS)
    }

    /// Takes steps. The memory may be lost after each of them.
    fn steps(&mut self, most: u64) -> Verdict {
        let until = self.world.stage.now + 300;
        for _ in 0..most {
            self.may_fail()?;
            if !self.world.step(until)? {
                break;
            }
        }
        Ok(())
    }

    fn may_fail(&mut self) -> Verdict {
        let world = &self.world;
        let now = (world.events, world.host.disk.safe(), world.host.held(), world.redis.runs);
        let is_new = self.seen.replace(now) != Some(now);
        if self.is_fault_over || !(is_new || self.bound.is_every_step_a_point) {
            return Ok(());
        }
        let choice = self.ways.choose(self.bound.faults + 1);
        let Some(fault) = choice.checked_sub(1).map(|place| FAULTS[place]) else { return Ok(()) };
        self.is_fault_over = true;
        match fault {
            Fault::Crash(loss) => self.world.lose_memory(loss),
            Fault::Next(mishap) => {
                self.world.go_wrong(mishap);
                Ok(())
            }
        }
    }

    fn act(&mut self, client: usize, deed: Deed) -> Verdict {
        let world = &mut *self.world;
        world.stage.note("script", || format!("{client} {deed:?}"));
        let (person, mut means) = world.person(client);
        match deed {
            Deed::Join => person.enter(&mut means),
            Deed::Say => world.says_something(client),
            Deed::Keep => person.frame(r#"{"type":"keep"}"#.to_owned(), &mut means),
            Deed::Reload => person.reload(&mut means),
            Deed::Leave => person.leave(&mut means),
            Deed::LoseConnection => world.cut_off(client),
            Deed::Destroy => person.destroy(&mut means),
            Deed::StrangerJoins => {
                let stranger = &world.strangers[0];
                let token = Some(stranger.token.clone());
                let (query, body) = (format!("roomId={ROOM}"), stranger.join_body(0));
                let ask =
                    Ask { method: "POST", path: "/api/room/join", query, body, token, is_upgrade: false };
                world.ask(Who::Stranger(0), ask);
            }
            Deed::DatabaseBreaks => world.weather.lasting = Some(Spell::RedisBreaks),
            Deed::DatabaseDies => world.weather.lasting = Some(Spell::RedisDead),
            Deed::DatabaseRecovers => world.weather.lasting = None,
            Deed::Wait(ms) => return world.run_for(ms),
        }
        Ok(())
    }
}
