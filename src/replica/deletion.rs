//! Removes the keys of a room that ended, until the database has confirmed it.

use super::{
    Purpose, RequestId,
    commands::{Batch, Keys},
    link::Link,
    replies::{Reply, Verdict, judge},
};
use crate::{
    domain::{EpochMs, RoomId},
    journal::Tombstone,
    room::Effects,
};

/// When the keys are removed again after a request that may still run: seconds after that request was given up.
const SWEEP_AFTER_SECONDS: [u64; 3] = [5, 15, 60];

/// The removal of one room's keys.
pub struct Deletion {
    keys: Keys,
    link: Link<Purpose>,
    tombstone: Tombstone,
}

impl Deletion {
    pub(super) fn start(keys: Keys, link: Link<Purpose>, tombstone: Tombstone) -> Self {
        Self { keys, link, tombstone }
    }

    /// Goes on with a removal whose tombstone was loaded.
    pub fn of_tombstone(room: &RoomId, tombstone: Tombstone, first_id: u64) -> Self {
        Self { keys: Keys::of(room), link: Link::new(room, first_id), tombstone }
    }

    /// What the journal keeps of it.
    pub fn tombstone(&self) -> &Tombstone {
        &self.tombstone
    }

    /// The number that the next request gets.
    pub fn next_id(&self) -> u64 {
        self.link.next_id()
    }

    /// The request on its way.
    pub fn under_way(&self) -> Option<RequestId> {
        self.link.in_flight().map(|request| request.id)
    }

    /// Whether the database confirmed that the keys are gone.
    pub fn is_confirmed(&self) -> bool {
        self.tombstone.confirmed_at.is_some()
    }

    /// Whether there is nothing left to do: confirmed, and nothing can come back; or the keys' own time is over.
    pub fn is_finished(&self, now: EpochMs) -> bool {
        self.tombstone.keys_until <= now || (self.link.in_flight().is_none() && self.next_at().is_none())
    }

    /// When the keys have to be removed next; the epoch means at once.
    fn next_at(&self) -> Option<EpochMs> {
        let Some(confirmed_at) = self.tombstone.confirmed_at else { return Some(EpochMs(0)) };
        let doubt_at = self.tombstone.doubt_at?;
        let mut sweeps = SWEEP_AFTER_SECONDS.iter().map(|seconds| doubt_at.plus_seconds(*seconds));
        sweeps.find(|at| *at > confirmed_at)
    }

    /// Takes the answer to a request; `None` where there is none. An answer that comes too late is ignored.
    pub fn on_reply(&mut self, id: RequestId, reply: Option<Reply<'_>>, now: EpochMs) {
        let Some(request) = self.link.take(id) else { return };
        self.settle(request.purpose, judge(reply, &request.expected), request.sent_at, now);
    }

    fn settle(&mut self, purpose: Purpose, verdict: Verdict, sent_at: EpochMs, now: EpochMs) {
        match (purpose, verdict) {
            (Purpose::Delete, Verdict::AsExpected) => self.tombstone.confirmed_at = Some(sent_at),
            // A removal that runs late does no harm.
            (Purpose::Delete, _) => self.link.failed(now, self.tombstone.ended_at),
            (_, Verdict::Unknown(_)) => self.tombstone.doubt_at = Some(now),
            _ => {}
        }
    }

    /// Looks at the clock and sends what has to be sent.
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

    /// When the removal needs to look at the clock again.
    pub fn deadline(&self) -> EpochMs {
        let next = self.link.deadline(true).or(self.next_at()).unwrap_or(self.tombstone.keys_until);
        next.min(self.tombstone.keys_until)
    }
}
