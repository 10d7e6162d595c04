//! The clock, and the plan of everything that is going to happen.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    dice::{Dice, Part},
    trace::Trace,
    world::Happening,
};

/// A planned happening. The dice decide the order of happenings at the same time.
struct Planned {
    at: u64,
    tie: u64,
    number: u64,
    happening: Happening,
}

impl Planned {
    fn key(&self) -> (u64, u64, u64) {
        (self.at, self.tie, self.number)
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// The clock, the dice, the trace and the plan, which every part of the world needs.
pub struct Stage {
    /// Virtual time in milliseconds.
    pub now: u64,
    /// The dice.
    pub dice: Dice,
    /// The trace so far.
    pub trace: Trace,
    planned: BinaryHeap<Reverse<Planned>>,
    count: u64,
}

impl Stage {
    /// An empty plan that begins at `now`.
    pub fn new(now: u64, dice: Dice, trace: Trace) -> Self {
        Self { now, dice, trace, planned: BinaryHeap::new(), count: 0 }
    }

    /// Plans a happening for a moment. A past moment counts as now.
    pub fn at(&mut self, at: u64, happening: Happening) {
        let tie = self.dice.below(Part::Ties, "tie", 4);
        self.count += 1;
        self.planned.push(Reverse(Planned { at: at.max(self.now), tie, number: self.count, happening }));
    }

    /// Plans a happening after this many milliseconds.
    pub fn after(&mut self, ms: u64, happening: Happening) {
        self.at(self.now + ms, happening);
    }

    /// The time of the next happening.
    pub fn next_at(&self) -> Option<u64> {
        self.planned.peek().map(|Reverse(next)| next.at)
    }

    /// Removes the next happening and advances the clock to its time.
    pub fn take_next(&mut self) -> Option<Happening> {
        let Reverse(next) = self.planned.pop()?;
        self.now = self.now.max(next.at);
        Some(next.happening)
    }

    /// Adds a line to the trace, if one is kept.
    pub fn note(&mut self, part: &str, line: impl FnOnce() -> String) {
        self.trace.note(self.now, part, line);
    }
}
