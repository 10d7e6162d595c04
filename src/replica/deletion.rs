//! Deletes the keys of an ended room and repeats that until the database confirms it.

use super::{
    Purpose, RequestId,
    commands::{Batch, Keys},
    link::{InFlight, Link},
    replies::{Reply, Verdict, judge},
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
    link: Link<Purpose>,
    tombstone: Tombstone,
    /// When an earlier request was abandoned that may still run.
    earlier_doubt_at: Option<EpochMs>,
}

impl Deletion {
    /// A request under way could write the keys again. As long as its answer is missing it counts as abandoned, because
    /// the memory may be lost before the answer comes.
    pub(super) fn start(keys: Keys, link: Link<Purpose>, mut tombstone: Tombstone) -> Self {
        let earlier_doubt_at = tombstone.doubt_at;
        tombstone.doubt_at = link.in_flight().map(InFlight::given_up_at).or(earlier_doubt_at);
        Self { keys, link, tombstone, earlier_doubt_at }
    }

    /// Continues a deletion whose tombstone was loaded. `first_id` is the number of its first request.
    pub fn of_tombstone(room: &RoomId, tombstone: Tombstone, first_id: u64) -> Self {
        Self::start(Keys::of(room), Link::new(room, first_id), tombstone)
    }

    /// The state that the journal stores.
    pub fn tombstone(&self) -> &Tombstone {
        &self.tombstone
    }

    /// The number of the next request.
    pub fn next_id(&self) -> u64 {
        self.link.next_id()
    }

    /// The request that waits for an answer, if any.
    pub fn under_way(&self) -> Option<RequestId> {
        self.link.in_flight().map(|request| request.id)
    }

    /// Whether the database confirmed the deletion.
    pub fn is_confirmed(&self) -> bool {
        self.tombstone.confirmed_at.is_some()
    }

    /// Whether nothing is left to do: the deletion is confirmed and no request can undo it, or the keys expired by
    /// themselves.
    pub fn is_finished(&self, now: EpochMs) -> bool {
        self.tombstone.keys_until <= now || (self.link.in_flight().is_none() && self.next_at().is_none())
    }

    /// When the next deletion is due; the epoch means at once.
    fn next_at(&self) -> Option<EpochMs> {
        let Some(confirmed_at) = self.tombstone.confirmed_at else { return Some(EpochMs(0)) };
        let doubt_at = self.tombstone.doubt_at?;
        let mut sweeps = SWEEP_AFTER_SECONDS.iter().map(|seconds| doubt_at.plus_seconds(*seconds));
        sweeps.find(|at| *at > confirmed_at)
    }

    /// Handles the answer to a request. `None`: the request failed without one. A late answer is ignored.
    pub fn on_reply(&mut self, id: RequestId, reply: Option<Reply<'_>>, now: EpochMs) {
        let Some(request) = self.link.take(id) else { return };
        self.settle(request.purpose, judge(reply, &request.expected), request.sent_at, now);
    }

    fn settle(&mut self, purpose: Purpose, verdict: Verdict, sent_at: EpochMs, now: EpochMs) {
        match (purpose, verdict) {
            (Purpose::Delete, Verdict::AsExpected) => self.tombstone.confirmed_at = Some(sent_at),
            // A deletion that runs late does no harm.
            (Purpose::Delete, _) => self.link.failed(now, self.tombstone.ended_at),
            (_, Verdict::Unknown(_)) => self.tombstone.doubt_at = Some(now),
            _ => self.tombstone.doubt_at = self.earlier_doubt_at,
        }
    }

    /// Sends the request that is due at `now`, if any.
    pub fn drive(&mut self, now: EpochMs, effects: &mut Effects) {
        if let Some(late) = self.link.give_up(now, effects) {
            self.settle(late.purpose, Verdict::Unknown("no answer came in time"), late.sent_at, now);
        }
        if self.link.is_free(now) && self.next_at().is_some_and(|at| at <= now) {
            let mut batch = Batch::new();
            self.keys.delete(&mut batch);
            self.link.send(batch, Purpose::Delete, now, effects);
        }
    }

    /// When [`Self::drive`] must be called again at the latest.
    pub fn deadline(&self) -> EpochMs {
        let next = self.link.deadline(true).or(self.next_at()).unwrap_or(self.tombstone.keys_until);
        next.min(self.tombstone.keys_until)
    }
}
