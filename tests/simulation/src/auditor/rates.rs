//! The auditor's own rate limits: everything that the object accepts must be within them.

use std::collections::BTreeMap;

use super::{Verdict, demand};

/// An action with its own rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rated {
    Message,
    Frame,
    Typing,
    Read,
    Keep,
}

/// The actions that participants have left. The object counts in its memory, so the counts start again when it is lost.
pub(super) struct Rates {
    messages_per_second: u64,
    /// Whether the object's clock jumps. The rates are not checked then.
    pub(super) is_clock_uneven: bool,
    life: u64,
    /// The latest time in this life of the memory.
    now: u64,
    /// The thousandths of an action that are left, and when they were counted.
    left: BTreeMap<(String, Rated), (u64, u64)>,
}

impl Rates {
    pub(super) fn new(messages_per_second: u64) -> Self {
        Self { messages_per_second, is_clock_uneven: false, life: 0, now: 0, left: BTreeMap::new() }
    }

    /// Sets the object's clock, and the life of its memory.
    pub(super) fn tick(&mut self, life: u64, clock: u64) {
        if life != self.life {
            self.left.clear();
            (self.life, self.now) = (life, 0);
        }
        self.now = self.now.max(clock);
    }

    /// The thousandths that are added in a second, and their maximum. `None` means no limit.
    fn limit(&self, rated: Rated) -> Option<(u64, u64)> {
        let rate = self.messages_per_second * 1000;
        let (per_second, at_once) = match rated {
            Rated::Typing => return Some((2_000, 4_000)),
            Rated::Keep => return Some((100, 1_000)),
            Rated::Message => (rate, 2 * rate),
            Rated::Frame => (5 * rate, 10 * rate),
            Rated::Read => (10_000, 20_000),
        };
        (rate > 0).then_some((per_second, at_once))
    }

    /// Counts an action. Returns whether it is within its rate.
    pub(super) fn take(&mut self, participant: &str, rated: Rated) -> bool {
        let Some((per_second, at_once)) = self.limit(rated).filter(|_| !self.is_clock_uneven) else {
            return true;
        };
        let now = self.now;
        let (left, at) = self.left.entry((participant.to_owned(), rated)).or_insert((at_once, now));
        // Rounded up, so that the auditor is never stricter than the protocol.
        let gained = ((now - *at) * per_second).div_ceil(1000);
        (*left, *at) = ((*left + gained).min(at_once), now);
        let is_within = *left >= 1_000;
        if is_within {
            *left -= 1_000;
        }
        is_within
    }

    /// Fails if the object accepted an action beyond its rate.
    pub(super) fn demand(&mut self, participant: &str, rated: Rated) -> Verdict {
        demand(self.take(participant, rated), 13, || format!("{rated:?} beyond its rate"))
    }
}
