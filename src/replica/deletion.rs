//! Deletes the keys of an ended room and repeats that until the database confirms it.

use super::{
    Purpose, RequestId,
    commands::{Batch, Keys},
    connection::{Connection, InFlight},
    replies::{Outcome, Reply, classify},
};
use crate::{
    domain::{EpochMs, RoomId},
    journal::Tombstone,
    room::Effects,
};

/// An abandoned request may still run and write the keys again, so they are deleted again this many seconds after it
/// was abandoned.
const SWEEP_AFTER_SECONDS: [u64; 3] = [5, 15, 60];

/// The deletion of one room's keys.
pub struct Deletion {
    keys: Keys,
    connection: Connection<Purpose>,
    tombstone: Tombstone,
    /// When an earlier request was abandoned that may still run.
    earlier_unknown_outcome_at: Option<EpochMs>,
}

impl Deletion {
    /// A request in flight could write the keys again. As long as its answer is missing it counts as abandoned, because
    /// the memory may be lost before the answer comes.
    pub(super) fn start(keys: Keys, connection: Connection<Purpose>, mut tombstone: Tombstone) -> Self {
        let earlier_unknown_outcome_at = tombstone.unknown_outcome_at;
        tombstone.unknown_outcome_at =
            connection.in_flight().map(InFlight::timeout_at).or(earlier_unknown_outcome_at);
        Self { keys, connection, tombstone, earlier_unknown_outcome_at }
    }

    /// Continues a deletion whose tombstone was loaded. `first_id` is the number of its first request.
    pub fn of_tombstone(room: &RoomId, tombstone: Tombstone, first_id: u64) -> Self {
        Self::start(Keys::of(room), Connection::new(room, first_id), tombstone)
    }

    /// The state that the journal stores.
    pub fn tombstone(&self) -> &Tombstone {
        &self.tombstone
    }

    /// The number of the next request.
    pub fn next_id(&self) -> u64 {
        self.connection.next_id()
    }

    /// The request that waits for an answer, if any.
    pub fn in_flight_id(&self) -> Option<RequestId> {
        self.connection.in_flight().map(|request| request.id)
    }

    /// Whether the database confirmed the deletion.
    pub fn is_confirmed(&self) -> bool {
        self.tombstone.confirmed_at.is_some()
    }

    /// Whether nothing is left to do: the deletion is confirmed and no request can undo it, or the keys expired by
    /// themselves.
    pub fn is_finished(&self, now: EpochMs) -> bool {
        self.tombstone.keys_until <= now
            || (self.connection.in_flight().is_none() && self.next_at().is_none())
    }

    /// When the next deletion is due; the epoch means at once.
    fn next_at(&self) -> Option<EpochMs> {
        let Some(confirmed_at) = self.tombstone.confirmed_at else { return Some(EpochMs(0)) };
        let unknown_outcome_at = self.tombstone.unknown_outcome_at?;
        let mut sweeps = SWEEP_AFTER_SECONDS.iter().map(|seconds| unknown_outcome_at.plus_seconds(*seconds));
        sweeps.find(|at| *at > confirmed_at)
    }

    /// Handles the answer to a request. `None`: the request failed without one. A late answer is ignored.
    pub fn on_reply(&mut self, id: RequestId, reply: Option<Reply<'_>>, now: EpochMs) {
        let Some(request) = self.connection.take(id) else { return };
        self.record_outcome(request.purpose, classify(reply, &request.expected), request.sent_at, now);
    }

    fn record_outcome(&mut self, purpose: Purpose, outcome: Outcome, sent_at: EpochMs, now: EpochMs) {
        match (purpose, outcome) {
            (Purpose::Delete, Outcome::AsExpected) => self.tombstone.confirmed_at = Some(sent_at),
            // A deletion that runs late does no harm.
            (Purpose::Delete, _) => self.connection.back_off(now, self.tombstone.ended_at),
            (_, Outcome::Unknown(_)) => self.tombstone.unknown_outcome_at = Some(now),
            _ => self.tombstone.unknown_outcome_at = self.earlier_unknown_outcome_at,
        }
    }

    /// Sends the request that is due at `now`, if any.
    pub fn drive(&mut self, now: EpochMs, effects: &mut Effects) {
        if let Some(late) = self.connection.take_timed_out(now, effects) {
            self.record_outcome(late.purpose, Outcome::Unknown("no answer came in time"), late.sent_at, now);
        }
        if self.connection.is_free(now) && self.next_at().is_some_and(|at| at <= now) {
            let mut batch = Batch::new();
            self.keys.delete(&mut batch);
            self.connection.send(batch, Purpose::Delete, now, effects);
        }
    }

    /// When [`Self::drive`] must be called again at the latest.
    pub fn deadline(&self) -> EpochMs {
        let next = self.connection.deadline(true).or(self.next_at()).unwrap_or(self.tombstone.keys_until);
        next.min(self.tombstone.keys_until)
    }
}
