//! Explores small scenarios exhaustively: two people, up to seven events, every order of them, and a loss of memory at
//! every point.
//!
//! A history is a sequence of choices: whose event comes next, how many steps the world takes before it, and after
//! which step the object loses its memory. [`ChoiceEnumerator`] enumerates all of them. There is no other randomness,
//! so the choices reproduce a history.

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
    faults::{FaultInjector, FaultPeriod},
    host::{EventFault, MemoryLoss},
    network::{ApiRequest, Caller},
    rng::{ChoiceEnumerator, Rng},
    trace::Trace,
    world::{BEGIN, ROOM},
};

const ANN: usize = 0;
const BEN: usize = 1;

/// Longer than the time after which the object hibernates.
const PAUSE_MS: u64 = 12_000;

/// An event, caused by one of the actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
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
type Actor = (usize, &'static [Action]);

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
            (ANN, &[Action::Join, Action::Say]),
            (BEN, &[Action::Join, Action::Say]),
            (0, &[Action::StrangerJoins]),
        ],
    },
    Scenario {
        name: "two people talk, and one of them reloads",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::Reload, Action::Say, Action::Keep]),
            (BEN, &[Action::Say, Action::Say, Action::Leave]),
        ],
    },
    Scenario {
        name: "two people talk, and the database follows",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Action::Say, Action::Say, Action::Say]), (BEN, &[Action::Say, Action::Keep])],
    },
    Scenario {
        name: "a connection is lost",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::LoseConnection, Action::Say]),
            (BEN, &[Action::Say, Action::Reload]),
        ],
    },
    Scenario {
        name: "both destroy the room",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::Destroy]),
            (BEN, &[Action::Say, Action::Keep, Action::Destroy]),
        ],
    },
    Scenario {
        name: "the room is destroyed without a database",
        has_database: false,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[(ANN, &[Action::Say, Action::Destroy]), (BEN, &[Action::Say, Action::Reload, Action::Say])],
    },
    Scenario {
        name: "the time runs out",
        has_database: true,
        ttl_seconds: 5,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::Wait(2_500)]),
            (BEN, &[Action::Keep, Action::Wait(2_500), Action::Say]),
        ],
    },
    Scenario {
        name: "the database does everything and answers 500",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::Destroy]),
            (BEN, &[Action::Say]),
            (0, &[Action::DatabaseBreaks, Action::DatabaseRecovers]),
        ],
    },
    Scenario {
        name: "the database does not answer",
        has_database: true,
        ttl_seconds: TTL_SECONDS,
        is_inside: true,
        actors: &[
            (ANN, &[Action::Say, Action::Wait(2_000)]),
            (BEN, &[Action::Say]),
            (0, &[Action::DatabaseDies, Action::DatabaseRecovers]),
        ],
    },
];

/// How the object loses its memory.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash(MemoryLoss),
    /// A fault in the next event.
    Next(EventFault),
}

const FAULTS: [Fault; 8] = [
    Fault::Crash(MemoryLoss::Reset(0)),
    Fault::Crash(MemoryLoss::Reset(1)),
    Fault::Crash(MemoryLoss::Wiped),
    Fault::Next(EventFault::Panic(1)),
    Fault::Next(EventFault::Panic(0)),
    Fault::Next(EventFault::StatementFails(0)),
    Fault::Next(EventFault::StatementFails(1)),
    Fault::Next(EventFault::StatementFails(2)),
];

/// The most steps that the world takes between two events. The first number is enough for everything in flight.
const GAPS: [u64; 4] = [200, 0, 1, 3];

/// The extent of the exploration.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// How many of the ways to lose the memory are tried.
    pub faults: usize,
    /// How many of the gaps between events are tried.
    pub gaps: usize,
    /// Whether the gap is chosen before every event, and not once for a whole history.
    pub is_gap_chosen_each_time: bool,
    /// Whether the memory can be lost after every step, and not only after steps that changed the object or the
    /// database.
    pub is_loss_after_every_step: bool,
}

impl Bound {
    /// The extent in `npm test`.
    pub const SMALL: Self =
        Self { faults: 4, gaps: 2, is_gap_chosen_each_time: false, is_loss_after_every_step: false };
    /// The extent in `npm run abuse`.
    pub const LARGE: Self = Self {
        faults: FAULTS.len(),
        gaps: GAPS.len(),
        is_gap_chosen_each_time: false,
        is_loss_after_every_step: true,
    };
}

/// A history that violates an invariant.
#[derive(Debug)]
pub struct Counterexample {
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
pub struct Exploration {
    /// The number of histories.
    pub histories: u64,
    /// The first history that failed.
    pub counterexample: Option<Counterexample>,
}

/// Runs every history of every scenario, within a bound.
pub fn explore(bound: Bound) -> Exploration {
    let (next, histories) = (AtomicUsize::new(0), AtomicU64::new(0));
    let counterexample = Mutex::new(None);
    let work = || {
        while let Some(scenario) = SCENARIOS.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(found) = explore_scenario(scenario, bound, &histories) {
                next.store(SCENARIOS.len(), Ordering::Relaxed);
                counterexample.lock().unwrap().get_or_insert(found);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    Exploration { histories: histories.into_inner(), counterexample: counterexample.into_inner().unwrap() }
}

fn explore_scenario(scenario: &Scenario, bound: Bound, histories: &AtomicU64) -> Option<Counterexample> {
    let mut choices = ChoiceEnumerator::default();
    while choices.advance() {
        histories.fetch_add(1, Ordering::Relaxed);
        let Err(violation) = run(scenario, bound, &mut choices, Trace::default()).1 else { continue };
        let path = choices.path();
        let (world, _) = run(scenario, bound, &mut ChoiceEnumerator::replaying(&path), Trace::kept(BEGIN));
        let trace = world.sim.trace.lines().to_vec();
        return Some(Counterexample { scenario: scenario.name, path, violation, trace });
    }
    None
}

fn run(scenario: &Scenario, bound: Bound, choices: &mut ChoiceEnumerator, trace: Trace) -> (World, Verdict) {
    let setup =
        Setup { has_database: scenario.has_database, ttl_seconds: scenario.ttl_seconds, ..Setup::default() };
    let mut world = World::new(setup, FaultInjector::off(), Rng::defaults(), trace);
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        let mut history = History { world: &mut world, choices, bound, is_fault_used: false, seen: None };
        history.begin(scenario)?;
        history.run_actions(scenario)?;
        world.stop_faults();
        world.converge()?;
        world.end()
    }));
    let verdict = verdict.unwrap_or_else(|_| Err(Violation::new(0, "a panic")));
    (world, verdict)
}

/// A history during its run.
struct History<'a> {
    world: &'a mut World,
    choices: &'a mut ChoiceEnumerator,
    bound: Bound,
    is_fault_used: bool,
    /// The state of the object and the database at the last point at which the memory could be lost.
    seen: Option<(u64, u64, usize, u64)>,
}

impl History<'_> {
    fn begin(&mut self, scenario: &Scenario) -> Verdict {
        self.world.request_room();
        self.world.run_for(1_000)?;
        if scenario.is_inside {
            for client in [ANN, BEN] {
                let (person, mut context) = self.world.person(client);
                person.enter(&mut context);
                self.world.run_for(500)?;
            }
        }
        Ok(())
    }

    fn run_actions(&mut self, scenario: &Scenario) -> Verdict {
        let mut left: Vec<Actor> = scenario.actors.to_vec();
        let mut gap = GAPS[self.choices.choose(self.bound.gaps)];
        while !left.is_empty() {
            let index = self.choices.choose(left.len());
            let (client, actions) = left[index];
            self.act(client, actions[0])?;
            left[index].1 = &actions[1..];
            left.retain(|(_, actions)| !actions.is_empty());
            if self.bound.is_gap_chosen_each_time {
                gap = GAPS[self.choices.choose(self.bound.gaps)];
            }
            self.steps(gap)?;
        }
        self.steps(GAPS[0])?;
        // The object hibernates, and wakes at the next event.
        self.world.run_for(PAUSE_MS)
    }

    /// Takes steps. The memory may be lost after each of them.
    fn steps(&mut self, most: u64) -> Verdict {
        let until = self.world.sim.now + 300;
        for _ in 0..most {
            self.maybe_fail()?;
            if !self.world.step(until)? {
                break;
            }
        }
        Ok(())
    }

    fn maybe_fail(&mut self) -> Verdict {
        let world = &self.world;
        let now = (world.events, world.host.disk.durable(), world.host.held(), world.redis.runs);
        let is_new = self.seen.replace(now) != Some(now);
        if self.is_fault_used || !(is_new || self.bound.is_loss_after_every_step) {
            return Ok(());
        }
        let choice = self.choices.choose(self.bound.faults + 1);
        let Some(fault) = choice.checked_sub(1).map(|index| FAULTS[index]) else { return Ok(()) };
        self.is_fault_used = true;
        match fault {
            Fault::Crash(loss) => self.world.lose_memory(loss),
            Fault::Next(fault) => {
                self.world.set_next_event_fault(fault);
                Ok(())
            }
        }
    }

    fn act(&mut self, client: usize, action: Action) -> Verdict {
        let world = &mut *self.world;
        world.sim.note("script", || format!("{client} {action:?}"));
        let (person, mut context) = world.person(client);
        match action {
            Action::Join => person.enter(&mut context),
            Action::Say => world.says_something(client),
            Action::Keep => person.frame(r#"{"type":"keep"}"#.to_owned(), &mut context),
            Action::Reload => person.reload(&mut context),
            Action::Leave => person.leave(&mut context),
            Action::LoseConnection => world.cut_off(client),
            Action::Destroy => person.destroy(&mut context),
            Action::StrangerJoins => {
                let stranger = &world.strangers[0];
                let token = Some(stranger.token.clone());
                let (query, body) = (format!("roomId={ROOM}"), stranger.join_body(0));
                let api_request = ApiRequest {
                    method: "POST",
                    path: "/api/room/join",
                    query,
                    body,
                    token,
                    is_upgrade: false,
                };
                world.send_request(Caller::Stranger(0), api_request);
            }
            Action::DatabaseBreaks => world.faults.lasting = Some(FaultPeriod::RedisBreaks),
            Action::DatabaseDies => world.faults.lasting = Some(FaultPeriod::RedisDead),
            Action::DatabaseRecovers => world.faults.lasting = None,
            Action::Wait(ms) => return world.run_for(ms),
        }
        Ok(())
    }
}
