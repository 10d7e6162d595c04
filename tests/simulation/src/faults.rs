//! The faults of a run: which ones, when, and when they end.
//!
//! Swarm testing: each seed switches every kind of fault on or off, and draws a rate for those that are on. With some
//! switched off, a run gets further with the others. In addition to single faults there are fault periods, because
//! independent single faults never make a long outage.

use crate::{
    rng::{Part, Rng},
    sim::Sim,
    world::SimEvent,
};

macro_rules! fault_rates {
    ($($(#[$doc:meta])* $name:ident: $most:expr,)+) => {
        /// How often each kind of fault occurs, in thousandths. `half_open` and `periods` are only on or off.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct FaultRates { $($(#[$doc])* pub $name: u64,)+ }

        impl FaultRates {
            /// The names of all faults.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            fn drawn(rng: &mut Rng) -> Self {
                Self { $($name: rate(rng, stringify!($name), $most),)+ }
            }

            /// Switches off the fault with this name.
            pub fn switch_off(&mut self, name: &str) {
                $(if name == stringify!($name) { self.$name = 0; })+
            }

            /// The faults that are on, and how often they occur.
            pub fn enabled(&self) -> Vec<(&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter().filter(|(_, rate)| *rate > 0).collect()
            }
        }
    };
}

fault_rates! {
    /// A call does not arrive.
    lost_calls: 100,
    /// An answer does not arrive.
    lost_answers: 100,
    /// A call arrives twice.
    repeated_calls: 60,
    /// A connection breaks.
    cuts: 30,
    /// The object notices a lost connection late, or never.
    half_open: 1000,
    /// Transmission takes up to seconds.
    slow_lines: 200,
    /// The object loses its memory between two events.
    crashes: 12,
    /// The object loses its memory in the middle of an event.
    panics: 12,
    /// A statement fails.
    failing_statements: 15,
    /// Commits take up to seconds.
    slow_commits: 200,
    /// The alarm rings late.
    late_alarms: 500,
    /// The alarm rings again, or without a reason.
    repeated_alarms: 300,
    /// The clock jumps, or goes back.
    clock_jumps: 20,
    /// A request is lost on its way to Redis.
    redis_lost: 80,
    /// Redis runs a request, and its answer is lost.
    redis_reply_lost: 80,
    /// Redis runs a request much later.
    redis_late: 80,
    /// Redis runs a request twice.
    redis_twice: 60,
    /// Redis refuses a request: 400, 401 or 429.
    redis_refused: 80,
    /// Redis answers 5xx, whether or not the request ran.
    redis_broken: 80,
    /// The answer is not JSON.
    redis_garbage: 60,
    /// The keys disappear.
    redis_wiped: 15,
    /// Somebody else writes into the keys.
    redis_tampered: 15,
    /// Fault periods: Redis dead, a phone offline, commits slow.
    periods: 1000,
}

fn rate(rng: &mut Rng, name: &'static str, most: u64) -> u64 {
    if rng.chance(Part::Setup, name, 1, 2) { rng.between(Part::Setup, name, 1, most) } else { 0 }
}

/// A fault that lasts for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPeriod {
    /// Redis does not answer at all.
    RedisDead,
    /// Redis runs everything and answers 500.
    RedisBreaks,
    /// Redis refuses everything with this status.
    RedisRefuses(u16),
    /// A client has no connection.
    Offline(usize),
    /// Commits take seconds.
    SlowCommits,
}

/// The faults of one run.
pub struct FaultInjector {
    /// How often each kind of fault occurs.
    pub rates: FaultRates,
    /// Whether no fault occurs now: they have not begun, or they have ended.
    pub is_off: bool,
    /// The current fault periods.
    active: Vec<FaultPeriod>,
    /// A fault period that continues when the others end.
    pub lasting: Option<FaultPeriod>,
    /// Whether the seed drew no fault at all. Redis may then never need a repair.
    pub is_faultless: bool,
}

impl FaultInjector {
    /// No random faults. A test may still set `lasting`.
    pub fn off() -> Self {
        Self {
            rates: FaultRates::default(),
            is_off: true,
            active: vec![],
            lasting: None,
            is_faultless: false,
        }
    }

    /// Draws the faults of a seed. One seed in eight has none.
    pub fn drawn(rng: &mut Rng) -> Self {
        if !rng.chance(Part::Setup, "has faults", 7, 8) {
            return Self { is_faultless: true, ..Self::off() };
        }
        Self { rates: FaultRates::drawn(rng), is_off: false, ..Self::off() }
    }

    /// Whether a kind of fault occurs now.
    pub fn occurs(
        &self,
        sim: &mut Sim,
        part: Part,
        name: &'static str,
        rate: impl FnOnce(&FaultRates) -> u64,
    ) -> bool {
        !self.is_off && sim.rng.chance(part, name, rate(&self.rates), 1000)
    }

    /// How long something is on its way, in milliseconds.
    pub fn delay(&self, sim: &mut Sim, part: Part, name: &'static str) -> u64 {
        if self.occurs(sim, part, "slow", |rates| rates.slow_lines) {
            return sim.rng.between(part, name, 100, 4_000);
        }
        sim.rng.between(part, name, 1, 40)
    }

    /// Plans the fault periods of a run whose phase with faults lasts for this long.
    pub fn plan_periods(&mut self, sim: &mut Sim, fault_phase_ms: u64) {
        if self.is_off || self.rates.periods == 0 {
            return;
        }
        for _ in 0..sim.rng.below(Part::Faults, "number of periods", 5) {
            let period = match sim.rng.below(Part::Faults, "kind of period", 7) {
                0 => FaultPeriod::SlowCommits,
                1 => FaultPeriod::Offline(0),
                2 => FaultPeriod::Offline(1),
                3 => FaultPeriod::RedisRefuses(
                    [429, 401, 503, 400][sim.rng.below(Part::Faults, "refusal", 4) as usize],
                ),
                4 => FaultPeriod::RedisBreaks,
                _ => FaultPeriod::RedisDead,
            };
            let starts = sim.rng.below(Part::Faults, "period starts", fault_phase_ms);
            let lasts = sim.rng.between(Part::Faults, "period lasts", 1_000, 90_000);
            sim.after(starts, SimEvent::FaultPeriodBegins(period));
            sim.after(starts + lasts, SimEvent::FaultPeriodEnds(period));
        }
    }

    /// A fault period begins.
    pub fn begin(&mut self, period: FaultPeriod) {
        self.active.push(period);
    }

    /// A fault period ends.
    pub fn end(&mut self, period: FaultPeriod) {
        self.active.retain(|other| *other != period);
    }

    /// Ends all faults.
    pub fn stop(&mut self) {
        self.is_off = true;
        self.active.clear();
    }

    /// Whether a fault period is active.
    pub fn has(&self, period: FaultPeriod) -> bool {
        self.active.contains(&period) || self.lasting == Some(period)
    }

    /// The status with which Redis refuses everything, if it does.
    pub fn redis_refusal(&self) -> Option<u16> {
        self.active.iter().chain(&self.lasting).find_map(|period| match period {
            FaultPeriod::RedisRefuses(status) => Some(*status),
            _ => None,
        })
    }
}
