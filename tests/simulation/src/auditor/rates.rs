//! The auditor's own rate limits: everything that the object accepts must be within them.

use std::collections::BTreeMap;

use super::{Verdict, ensure};

/// An action with its own rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RatedAction {
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
    pub(super) does_clock_jump: bool,
    incarnation: u64,
    /// The latest time in this incarnation of the object.
    now: u64,
    /// The thousandths of an action that are left, and when they were counted.
    left: BTreeMap<(String, RatedAction), (u64, u64)>,
}

impl Rates {
    pub(super) fn new(messages_per_second: u64) -> Self {
        Self { messages_per_second, does_clock_jump: false, incarnation: 0, now: 0, left: BTreeMap::new() }
    }

    /// Sets the object's clock, and its incarnation.
    pub(super) fn tick(&mut self, incarnation: u64, clock: u64) {
        if incarnation != self.incarnation {
            self.left.clear();
            (self.incarnation, self.now) = (incarnation, 0);
        }
        self.now = self.now.max(clock);
    }

    /// The thousandths that are added in a second, and their maximum. `None` means no limit.
    fn limit(&self, action: RatedAction) -> Option<(u64, u64)> {
        let rate = self.messages_per_second * 1000;
        let (per_second, at_once) = match action {
            RatedAction::Typing => return Some((2_000, 4_000)),
            RatedAction::Keep => return Some((100, 1_000)),
            RatedAction::Message => (rate, 2 * rate),
            RatedAction::Frame => (5 * rate, 10 * rate),
            RatedAction::Read => (10_000, 20_000),
        };
        (rate > 0).then_some((per_second, at_once))
    }

    /// Counts an action. Returns whether it is within its rate.
    pub(super) fn take(&mut self, participant: &str, action: RatedAction) -> bool {
        let Some((per_second, at_once)) = self.limit(action).filter(|_| !self.does_clock_jump) else {
            return true;
        };
        let now = self.now;
        let (left, at) = self.left.entry((participant.to_owned(), action)).or_insert((at_once, now));
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
    pub(super) fn check(&mut self, participant: &str, action: RatedAction) -> Verdict {
        ensure(self.take(participant, action), 13, || format!("{action:?} beyond its rate"))
    }
}
