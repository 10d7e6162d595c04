//! Sends one request at a time, with a timeout and a pause after each failure.

use super::{
    RequestId,
    commands::{Batch, Expected},
};
use crate::{
    domain::{EpochMs, RoomId},
    room::{Effects, OutputEffect},
};

/// A request without an answer for this long is abandoned.
const TIMEOUT_MS: u64 = 5_000;
/// After this long without an answer, Redis counts as behind.
const SLOW_AFTER_MS: u64 = 1_000;
/// The pause after the first failure, in milliseconds.
const MIN_BACKOFF_MS: u64 = 250;
/// The longest pause, in milliseconds.
const MAX_BACKOFF_MS: u64 = 60_000;

/// A request that waits for its answer.
pub(super) struct InFlight<T> {
    /// Its number.
    pub(super) id: RequestId,
    /// When it was sent.
    pub(super) sent_at: EpochMs,
    /// The expected result of each of its commands.
    pub(super) expected: Vec<Expected>,
    /// What it is for.
    pub(super) purpose: T,
}

impl<T> InFlight<T> {
    /// When it is abandoned if no answer comes.
    pub(super) fn timeout_at(&self) -> EpochMs {
        self.sent_at.plus_ms(TIMEOUT_MS)
    }
}

/// The connection to the database for requests of purpose `T`.
pub(super) struct Connection<T> {
    in_flight: Option<InFlight<T>>,
    retry_at: Option<EpochMs>,
    jitter: u64,
    next_id: u64,
}

impl<T> Connection<T> {
    pub(super) fn new(room: &RoomId, first_id: u64) -> Self {
        // Spreads the retries of different rooms. No randomness is needed, only a number that differs between rooms.
        let jitter = room.as_str().bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
        Self { in_flight: None, retry_at: None, jitter, next_id: first_id }
    }

    /// The number of the next request, so that a later connection continues the count.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id
    }

    pub(super) fn in_flight(&self) -> Option<&InFlight<T>> {
        self.in_flight.as_ref()
    }

    /// Whether a request may be sent now.
    pub(super) fn is_free(&self, now: EpochMs) -> bool {
        self.in_flight.is_none() && self.retry_at.is_none_or(|at| at <= now)
    }

    pub(super) fn send(&mut self, batch: Batch, purpose: T, now: EpochMs, effects: &mut Effects) {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        effects.output.push(OutputEffect::Fetch(id, batch.request()));
        self.in_flight = Some(InFlight { id, sent_at: now, expected: batch.expected, purpose });
        self.retry_at = None;
    }

    /// Takes the request that a reply belongs to. `None`: it was abandoned.
    pub(super) fn take(&mut self, id: RequestId) -> Option<InFlight<T>> {
        self.in_flight.take_if(|request| request.id == id)
    }

    /// Takes and cancels a request that has waited too long for its answer.
    pub(super) fn take_timed_out(&mut self, now: EpochMs, effects: &mut Effects) -> Option<InFlight<T>> {
        let late = self.in_flight.take_if(|request| request.timeout_at() <= now)?;
        effects.output.push(OutputEffect::AbortFetch(late.id));
        Some(late)
    }

    /// Whether the request in flight is slow.
    pub(super) fn is_slow(&self, now: EpochMs) -> bool {
        self.in_flight.as_ref().is_some_and(|request| request.sent_at.plus_ms(SLOW_AFTER_MS) <= now)
    }

    /// Starts a pause that is as long as the failure has lasted, so that the pauses double. `since` is stored, so the
    /// pauses stay long even if the memory is lost between them.
    pub(super) fn back_off(&mut self, now: EpochMs, since: EpochMs) {
        let pause_ms = now.ms_since(since).clamp(MIN_BACKOFF_MS, MAX_BACKOFF_MS);
        self.jitter = self.jitter.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The pause is between three quarters of its length and its full length.
        let spread_ms = (self.jitter >> 33) % (pause_ms / 4);
        self.retry_at = Some(now.plus_ms(pause_ms - spread_ms));
    }

    /// When the connection needs attention again: the answer is slow or overdue, or the pause is over.
    pub(super) fn deadline(&self, is_slow_known: bool) -> Option<EpochMs> {
        match &self.in_flight {
            Some(request) if is_slow_known => Some(request.timeout_at()),
            Some(request) => Some(request.sent_at.plus_ms(SLOW_AFTER_MS)),
            None => self.retry_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: EpochMs = EpochMs(1_000_000);

    fn connection() -> Connection<()> {
        Connection::new(&RoomId::from_random([7; 32]), 5)
    }

    fn send(connection: &mut Connection<()>) -> Effects {
        let mut effects = Effects::default();
        connection.send(Batch::new(), (), START, &mut effects);
        effects
    }

    #[test]
    fn requests_are_numbered_from_the_first_id() {
        let mut connection = connection();

        for id in [5, 6, 7] {
            send(&mut connection);
            assert!(connection.take(RequestId(id)).is_some());
        }

        assert_eq!(connection.next_id(), 8);
    }

    #[test]
    fn a_request_is_slow_after_a_second_and_abandoned_after_five() {
        let mut connection = connection();
        send(&mut connection);
        let after = |ms| START.plus_ms(ms);
        let mut effects = Effects::default();

        assert_eq!((connection.is_slow(after(999)), connection.is_slow(after(1_000))), (false, true));
        assert_eq!(connection.deadline(false), Some(after(1_000)));
        assert_eq!(connection.deadline(true), Some(after(5_000)));
        assert!(connection.take_timed_out(after(4_999), &mut effects).is_none());
        assert!(connection.take_timed_out(after(5_000), &mut effects).is_some());
        assert_eq!(effects.output, [OutputEffect::AbortFetch(RequestId(5))]);
    }

    #[test]
    fn a_pause_is_as_long_as_the_failure_has_lasted_or_up_to_a_quarter_shorter() {
        for (lasted_ms, most_ms) in
            [(0, 250), (250, 250), (8_000, 8_000), (60_000, 60_000), (600_000, 60_000)]
        {
            let mut connection = connection();
            let now = START.plus_ms(lasted_ms);

            let pauses = [(); 20].map(|()| {
                connection.back_off(now, START);
                connection.deadline(false).expect("it pauses").ms_since(now)
            });

            let allowed = most_ms * 3 / 4..=most_ms;
            assert!(pauses.iter().all(|pause| allowed.contains(pause)), "{most_ms}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{most_ms}: {pauses:?}");
        }
    }
}
