//! The faults of a run: which ones, when, and when they end.
//!
//! Each seed switches every kind of fault on or off, and draws how often the others strike. With some faults switched
//! off, a run gets further with the others. In addition to single faults there are spells, because independent single
//! faults never make a long outage.

use crate::{
    dice::{Dice, Part},
    stage::Stage,
    world::Happening,
};

macro_rules! swarm {
    ($($(#[$doc:meta])* $name:ident: $most:expr,)+) => {
        /// How often each kind of fault strikes, in thousandths.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Swarm { $($(#[$doc])* pub $name: u64,)+ }

        impl Swarm {
            /// The names of all faults.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            fn drawn(dice: &mut Dice) -> Self {
                Self { $($name: rate(dice, stringify!($name), $most),)+ }
            }

            /// Switches off the fault with this name.
            pub fn calm(&mut self, name: &str) {
                $(if name == stringify!($name) { self.$name = 0; })+
            }

            /// The faults that are on, and how often they strike.
            pub fn on(&self) -> Vec<(&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter().filter(|(_, rate)| *rate > 0).collect()
            }
        }
    };
}

swarm! {
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
    /// Spells: Redis dead, a phone gone, commits slow.
    spells: 1000,
}

fn rate(dice: &mut Dice, name: &'static str, most: u64) -> u64 {
    if dice.chance(Part::Swarm, name, 1, 2) { dice.between(Part::Swarm, name, 1, most) } else { 0 }
}

/// A fault that lasts for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spell {
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
pub struct Weather {
    /// How often each strikes.
    pub swarm: Swarm,
    /// Whether the faults have ended.
    pub is_calm: bool,
    /// The current spells.
    spells: Vec<Spell>,
    /// A spell that continues when the faults end.
    pub lasting: Option<Spell>,
    /// Whether there is no fault from the beginning to the end.
    pub is_faultless: bool,
}

impl Weather {
    /// No faults at all.
    pub fn calm() -> Self {
        Self { swarm: Swarm::default(), is_calm: true, spells: vec![], lasting: None, is_faultless: false }
    }

    /// Draws the faults of a seed. One seed in eight has none.
    pub fn drawn(dice: &mut Dice) -> Self {
        if !dice.chance(Part::Swarm, "has faults", 7, 8) {
            return Self { is_faultless: true, ..Self::calm() };
        }
        Self { swarm: Swarm::drawn(dice), is_calm: false, ..Self::calm() }
    }

    /// Whether a kind of fault strikes now.
    pub fn strikes(
        &self,
        stage: &mut Stage,
        part: Part,
        name: &'static str,
        rate: impl FnOnce(&Swarm) -> u64,
    ) -> bool {
        !self.is_calm && stage.dice.chance(part, name, rate(&self.swarm), 1000)
    }

    /// How long something is on its way, in milliseconds.
    pub fn delay(&self, stage: &mut Stage, part: Part, name: &'static str) -> u64 {
        if self.strikes(stage, part, "slow", |swarm| swarm.slow_lines) {
            return stage.dice.between(part, name, 100, 4_000);
        }
        stage.dice.between(part, name, 1, 40)
    }

    /// Plans the spells of a run whose storm lasts for this long.
    pub fn plan_spells(&mut self, stage: &mut Stage, storm_ms: u64) {
        if self.is_calm || self.swarm.spells == 0 {
            return;
        }
        for _ in 0..stage.dice.below(Part::Weather, "spells", 5) {
            let spell = match stage.dice.below(Part::Weather, "spell", 7) {
                0 => Spell::SlowCommits,
                1 => Spell::Offline(0),
                2 => Spell::Offline(1),
                3 => Spell::RedisRefuses(
                    [429, 401, 503, 400][stage.dice.below(Part::Weather, "refusal", 4) as usize],
                ),
                4 => Spell::RedisBreaks,
                _ => Spell::RedisDead,
            };
            let starts = stage.dice.below(Part::Weather, "spell starts", storm_ms);
            let lasts = stage.dice.between(Part::Weather, "spell lasts", 1_000, 90_000);
            stage.after(starts, Happening::SpellBegins(spell));
            stage.after(starts + lasts, Happening::SpellEnds(spell));
        }
    }

    /// A spell begins.
    pub fn begin(&mut self, spell: Spell) {
        self.spells.push(spell);
    }

    /// A spell ends.
    pub fn end(&mut self, spell: Spell) {
        self.spells.retain(|other| *other != spell);
    }

    /// Ends all faults.
    pub fn calm_down(&mut self) {
        self.is_calm = true;
        self.spells.clear();
    }

    /// Whether a spell is active.
    pub fn has(&self, spell: Spell) -> bool {
        self.spells.contains(&spell) || self.lasting == Some(spell)
    }

    /// The status with which Redis refuses everything, if it does.
    pub fn redis_refusal(&self) -> Option<u16> {
        self.spells.iter().chain(&self.lasting).find_map(|spell| match spell {
            Spell::RedisRefuses(status) => Some(*status),
            _ => None,
        })
    }
}
