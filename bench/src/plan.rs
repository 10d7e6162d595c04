//! How much of everything is done.

use std::time::Duration;

/// How much of everything is done.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often floor and candidates take turns; what is reported is the median.
    pub rounds: usize,
    /// Messages of a round, one after the other.
    pub messages: usize,
    /// The same, where each takes ten milliseconds and more.
    pub slow_messages: usize,
    /// How long two people of each room send as fast as they can.
    pub span: Duration,
    /// How long a room is left alone to see what that costs.
    pub idle: Duration,
    /// How often each page is visited.
    pub visits: usize,
    /// How often a long room is opened.
    pub openings: usize,
    /// How often a Worker is started.
    pub starts: usize,
    /// How many rooms are kept open at once.
    pub rooms: usize,
    /// How many rooms in which two sit and say nothing.
    pub idle_rooms: usize,
    /// How many sockets come and go.
    pub passers_by: usize,
    /// How often as many rooms are made again and ended.
    pub again: usize,
    /// How long rooms are left before memory is read: the platform puts idle ones to sleep after ten seconds.
    pub settle: Duration,
    /// How long after their end: the platform lets go of an object after seventy.
    pub release: Duration,
}

impl Plan {
    /// What the figures in docs/benchmarks.md come from.
    pub const FULL: Self = Self {
        rounds: 5,
        messages: 500,
        slow_messages: 100,
        span: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        visits: 7,
        openings: 20,
        starts: 5,
        rooms: 1000,
        idle_rooms: 500,
        passers_by: 10_000,
        again: 5,
        settle: Duration::from_secs(15),
        release: Duration::from_secs(90),
    };

    /// Just enough to see that it works.
    pub const QUICK: Self = Self {
        rounds: 2,
        messages: 200,
        slow_messages: 30,
        span: Duration::from_secs(2),
        idle: Duration::from_secs(5),
        visits: 2,
        openings: 3,
        starts: 1,
        rooms: 50,
        idle_rooms: 50,
        passers_by: 400,
        again: 1,
        settle: Duration::from_secs(2),
        release: Duration::from_secs(2),
    };
}
