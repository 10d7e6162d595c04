//! Virtual time and the queue of scheduled events.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    rng::{Part, Rng},
    trace::Trace,
    world::SimEvent,
};

/// A scheduled event. A random number decides the order of events at the same time.
struct ScheduledEvent {
    at: u64,
    tie: u64,
    number: u64,
    event: SimEvent,
}

impl ScheduledEvent {
    fn key(&self) -> (u64, u64, u64) {
        (self.at, self.tie, self.number)
    }
}

impl PartialEq for ScheduledEvent {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ScheduledEvent {}

impl PartialOrd for ScheduledEvent {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ScheduledEvent {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// The core of the simulation: virtual time, random source, trace and event queue, which every part of the world needs.
pub struct Sim {
    /// Virtual time in milliseconds.
    pub now: u64,
    /// The random source.
    pub rng: Rng,
    /// The trace so far.
    pub trace: Trace,
    queue: BinaryHeap<Reverse<ScheduledEvent>>,
    count: u64,
}

impl Sim {
    /// An empty queue at the time `now`.
    pub fn new(now: u64, rng: Rng, trace: Trace) -> Self {
        Self { now, rng, trace, queue: BinaryHeap::new(), count: 0 }
    }

    /// Schedules an event for a moment. A past moment counts as now.
    pub fn at(&mut self, at: u64, event: SimEvent) {
        let tie = self.rng.below(Part::Ties, "tie", 4);
        self.count += 1;
        self.queue.push(Reverse(ScheduledEvent { at: at.max(self.now), tie, number: self.count, event }));
    }

    /// Schedules an event after this many milliseconds.
    pub fn after(&mut self, ms: u64, event: SimEvent) {
        self.at(self.now + ms, event);
    }

    /// The time of the next event.
    pub fn next_at(&self) -> Option<u64> {
        self.queue.peek().map(|Reverse(next)| next.at)
    }

    /// Removes the next event and advances the clock to its time.
    pub fn take_next(&mut self) -> Option<SimEvent> {
        let Reverse(next) = self.queue.pop()?;
        self.now = self.now.max(next.at);
        Some(next.event)
    }

    /// Adds a line to the trace, if one is kept.
    pub fn note(&mut self, part: &str, line: impl FnOnce() -> String) {
        self.trace.note(self.now, part, line);
    }
}
