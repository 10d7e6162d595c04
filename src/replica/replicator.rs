//! Keeps the keys of an open room equal to its journal.

use super::{
    Deletion, Purpose, RequestId,
    commands::{Batch, Keys, is_renewal_due, keys_ttl_ms},
    connection::Connection,
    replies::{Outcome, Reply, classify},
};
use crate::{
    domain::{EpochMs, RoomId, Seq},
    journal::{Journal, JournalError, ReplicaRecord, RoomRecord, Tombstone},
    room::{Effects, LogEntry, OutputEffect},
    wire::limits::MAX_MESSAGES,
};

/// How long changes are collected before they are sent together.
const BATCH_WINDOW_MS: u64 = 50;
/// Bytes of messages in one request. JSON escaping may double them, so a request has at most about 1 MiB.
const MAX_BATCH_BYTES: usize = 512 * 1024;
/// An abandoned request may still run, so the list is counted this many seconds after it was abandoned.
const CHECK_AFTER_SECONDS: [u64; 3] = [5, 20, 60];
/// How long an abandoned request can still run.
const MAY_STILL_RUN_MS: u64 = 60_000;

/// What the list in the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// It should hold the messages 1 to this number, but has to be counted.
    Unknown(Seq),
    /// It holds the messages 1 to this number.
    At(Seq),
    /// It holds something else: both keys have to be rewritten.
    Diverged,
}

/// The state of the database after a write succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    up_to: Seq,
    /// The version of `meta` that it writes, if any.
    meta: Option<u32>,
    /// When the keys expire after the write, if it renews them.
    kept_until: Option<EpochMs>,
}

/// The state of the database, for calls that wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Both keys equal the journal.
    InSync,
    /// A change is not written or not confirmed yet.
    Behind,
    /// The database refused the last request. An immediate retry would not help.
    Refused(&'static str),
}

/// How the room's memory was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLoss {
    /// The object hibernated, which only happens when no request is in flight.
    Hibernation,
    /// A crash, a deployment, a failed statement, or an idle object without sockets. A request may still run.
    Crash,
}

/// What the replicator sees of its room.
pub struct RoomView<'a> {
    /// The current time.
    pub now: EpochMs,
    /// The room's record. The replicator changes only its `replica`.
    pub record: &'a mut RoomRecord,
    /// The sequence number of the newest message.
    pub last_seq: Seq,
    /// The journal that stores both.
    pub journal: Journal<'a>,
}

/// The state of the copy of one room.
pub struct Replicator {
    keys: Keys,
    connection: Connection<Purpose>,
    position: Position,
    /// Counts the changes of `meta` since the memory was loaded.
    meta_version: u32,
    /// The newest version of `meta` that the database confirmed.
    meta_stored: u32,
    batch_until: Option<EpochMs>,
    /// How many of the counts after a request with an unknown outcome are done.
    checks_done: usize,
    refused: Option<&'static str>,
    is_failing: bool,
}

impl Replicator {
    /// Replicates a new room, whose `meta` has to be written. `first_id` is the number of its first request.
    pub fn of_new_room(room: &RoomId, first_id: u64) -> Self {
        let mut replicator = Self::at(Position::At(0), room, first_id);
        replicator.meta_version = 1;
        replicator
    }

    /// Replicates a loaded room. After hibernation the database matches the journal unless the record says otherwise.
    pub fn of_loaded_room(
        room: &RoomId,
        record: &mut RoomRecord,
        last_seq: Seq,
        loss: MemoryLoss,
        now: EpochMs,
        first_id: u64,
    ) -> Self {
        let is_behind = record.replica.behind_since.is_some() || record.replica.kept_until == EpochMs(0);
        let position = match (is_behind, loss) {
            (true, _) => Position::Diverged,
            (false, MemoryLoss::Hibernation) => Position::At(last_seq),
            (false, MemoryLoss::Crash) => Position::Unknown(last_seq),
        };
        let is_recent = now.ms_since(record.lifetime.active_at) < MAY_STILL_RUN_MS;
        if loss == MemoryLoss::Crash && (is_behind || is_recent) {
            record.replica.unknown_outcome_at = Some(now);
        }
        let mut replicator = Self::at(position, room, first_id);
        replicator.checks_done = record.replica.unknown_outcome_at.map_or(0, |at| {
            // The last count always runs, however late.
            checks_due(at, now).min(CHECK_AFTER_SECONDS.len() - 1)
        });
        replicator
    }

    fn at(position: Position, room: &RoomId, first_id: u64) -> Self {
        Self {
            keys: Keys::of(room),
            connection: Connection::new(room, first_id),
            position,
            meta_version: 0,
            meta_stored: 0,
            batch_until: None,
            checks_done: 0,
            refused: None,
            is_failing: false,
        }
    }

    /// The number of the next request.
    pub fn next_id(&self) -> u64 {
        self.connection.next_id()
    }

    /// The request that waits for an answer, if any.
    pub fn in_flight_id(&self) -> Option<RequestId> {
        self.connection.in_flight().map(|request| request.id)
    }

    /// The room's record changed, so `meta` has to be written.
    pub fn on_meta_changed(&mut self) {
        self.meta_version += 1;
    }

    /// Whether the database has everything that the journal has.
    pub fn progress(&self, last_seq: Seq) -> Progress {
        match self.refused {
            Some(cause) => Progress::Refused(cause),
            None if self.is_complete(last_seq) => Progress::InSync,
            None => Progress::Behind,
        }
    }

    fn is_complete(&self, last_seq: Seq) -> bool {
        self.position == Position::At(last_seq) && self.meta_stored == self.meta_version
    }

    /// Handles the answer to a request. `None`: the request failed without one. A late answer is ignored.
    pub fn on_reply(
        &mut self,
        id: RequestId,
        reply: Option<Reply<'_>>,
        view: &mut RoomView<'_>,
        effects: &mut Effects,
    ) {
        let Some(request) = self.connection.take(id) else { return };
        match classify(reply, &request.expected) {
            Outcome::AsExpected => self.on_success(request.purpose, request.sent_at, view, effects),
            Outcome::Differs => self.on_failure("the database held something else", view, effects),
            Outcome::Refused(cause) => {
                self.refused = Some(cause);
                self.on_failure(cause, view, effects);
            }
            Outcome::Unknown(cause) => self.on_unknown_outcome(cause, view, effects),
        }
    }

    fn on_success(
        &mut self,
        purpose: Purpose,
        sent_at: EpochMs,
        view: &mut RoomView<'_>,
        effects: &mut Effects,
    ) {
        self.refused = None;
        match purpose {
            Purpose::Write(written) => {
                self.position = Position::At(written.up_to);
                self.meta_stored = written.meta.unwrap_or(self.meta_stored);
                if let Some(kept_until) = written.kept_until {
                    view.record.replica.kept_until = kept_until;
                }
            }
            Purpose::Check(length) => {
                self.position = Position::At(length);
                self.record_check(sent_at, &mut view.record.replica);
            }
            Purpose::Delete => {}
        }
        if self.is_complete(view.last_seq) {
            view.record.replica.behind_since = None;
            if std::mem::take(&mut self.is_failing) {
                effects.output.push(OutputEffect::Log(LogEntry::ReplicaInSync));
            }
        }
    }

    /// A count that was sent at `sent_at` returned the right number.
    fn record_check(&mut self, sent_at: EpochMs, replica: &mut ReplicaRecord) {
        let Some(unknown_outcome_at) = replica.unknown_outcome_at else { return };
        self.checks_done = checks_due(unknown_outcome_at, sent_at);
        if self.checks_done == CHECK_AFTER_SECONDS.len() {
            replica.unknown_outcome_at = None;
        }
    }

    /// The request may still run later, so the list is counted several times.
    fn on_unknown_outcome(&mut self, cause: &'static str, view: &mut RoomView<'_>, effects: &mut Effects) {
        view.record.replica.unknown_outcome_at = Some(view.now);
        self.checks_done = 0;
        self.on_failure(cause, view, effects);
    }

    fn on_failure(&mut self, cause: &'static str, view: &mut RoomView<'_>, effects: &mut Effects) {
        self.position = Position::Diverged;
        let since = *view.record.replica.behind_since.get_or_insert(view.now);
        self.connection.back_off(view.now, since);
        if !std::mem::replace(&mut self.is_failing, true) {
            effects.output.push(OutputEffect::Log(LogEntry::ReplicaOutOfSync { cause }));
        }
    }

    /// Sends the request that is due, if any.
    pub fn drive(&mut self, view: &mut RoomView<'_>, effects: &mut Effects) -> Result<(), JournalError> {
        if self.connection.take_timed_out(view.now, effects).is_some() {
            self.on_unknown_outcome("no answer came in time", view, effects);
        }
        if self.connection.is_slow(view.now) {
            view.record.replica.behind_since.get_or_insert(view.now);
        }
        if self.has_unsent_changes(view) {
            self.batch_until.get_or_insert(self.batch_end(view.now));
        }
        if self.connection.is_free(view.now)
            && let Some((batch, purpose)) = self.next_request(view)?
        {
            self.batch_until = None;
            self.connection.send(batch, purpose, view.now, effects);
        }
        Ok(())
    }

    fn next_request(&mut self, view: &mut RoomView<'_>) -> Result<Option<(Batch, Purpose)>, JournalError> {
        match self.position {
            Position::Unknown(seq) => Ok(Some(self.count(seq))),
            Position::Diverged => self.rewrite(view).map(Some),
            Position::At(seq) if self.has_unsent_changes(view) => {
                let is_batch_ready = self.batch_until.is_none_or(|at| at <= view.now);
                if is_batch_ready { self.append(seq, view).map(Some) } else { Ok(None) }
            }
            Position::At(seq) => {
                let is_due = self.check_at(&view.record.replica).is_some_and(|at| at <= view.now);
                Ok(is_due.then(|| self.check(seq, view)))
            }
        }
    }

    /// Whether there is a change that no request has sent yet.
    fn has_unsent_changes(&self, view: &RoomView<'_>) -> bool {
        let in_flight = self.connection.in_flight().map(|request| request.purpose);
        let (seq, meta) = match (in_flight, self.position) {
            (Some(Purpose::Write(written)), _) => (written.up_to, written.meta.unwrap_or(self.meta_stored)),
            (_, Position::At(seq)) => (seq, self.meta_stored),
            _ => return false,
        };
        seq < view.last_seq
            || meta < self.meta_version
            || (in_flight.is_none() && is_renewal_due(view.record, view.record.lifetime.active_at))
    }

    /// A new room is written at once, because its creator waits. So is the first new seat of a loaded room.
    fn batch_end(&self, now: EpochMs) -> EpochMs {
        if self.meta_stored == 0 && self.meta_version == 1 { now } else { now.plus_ms(BATCH_WINDOW_MS) }
    }

    fn count(&self, expected: Seq) -> (Batch, Purpose) {
        let mut batch = Batch::new();
        self.keys.count(&mut batch, expected);
        (batch, Purpose::Check(expected))
    }

    /// Counts the list after a request that may have run late. Also rewrites `meta`, which the late request may have
    /// changed and no count would show.
    fn check(&self, expected: Seq, view: &RoomView<'_>) -> (Batch, Purpose) {
        let mut batch = Batch::new();
        self.keys.write_meta(&mut batch, view.record, keys_ttl_ms(view.record, view.now));
        self.keys.count(&mut batch, expected);
        (batch, Purpose::Check(expected))
    }

    /// Sends the messages after `seq`: usually one plain `RPUSHX`.
    fn append(&self, seq: Seq, view: &RoomView<'_>) -> Result<(Batch, Purpose), JournalError> {
        let mut batch = Batch::new();
        let ttl_ms = keys_ttl_ms(view.record, view.now);
        let messages = view.journal.page(seq, MAX_MESSAGES, MAX_BATCH_BYTES)?;
        let up_to = seq + messages.len() as Seq;
        let writes_meta = self.meta_stored < self.meta_version;
        let makes_list = seq == 0 && !messages.is_empty();
        if !messages.is_empty() {
            self.keys.append(&mut batch, seq, &messages);
        }
        let renews = writes_meta || makes_list || is_renewal_due(view.record, view.record.lifetime.active_at);
        if writes_meta {
            if up_to > 0 {
                self.keys.renew_messages(&mut batch, ttl_ms);
            }
            self.keys.write_meta(&mut batch, view.record, ttl_ms);
        } else if renews {
            self.keys.renew(&mut batch, ttl_ms, up_to > 0);
        }
        Ok((batch, Purpose::Write(self.written(up_to, writes_meta, renews.then_some(ttl_ms), view.now))))
    }

    /// Rewrites both keys with as many messages as fit into one request. The remaining messages follow as usual.
    fn rewrite(&self, view: &RoomView<'_>) -> Result<(Batch, Purpose), JournalError> {
        let mut batch = Batch::new();
        let ttl_ms = keys_ttl_ms(view.record, view.now);
        self.keys.delete(&mut batch);
        self.keys.write_meta(&mut batch, view.record, ttl_ms);
        let messages = view.journal.page(0, MAX_MESSAGES, MAX_BATCH_BYTES)?;
        if !messages.is_empty() {
            self.keys.append(&mut batch, 0, &messages);
            self.keys.renew_messages(&mut batch, ttl_ms);
        }
        let up_to = messages.len() as Seq;
        Ok((batch, Purpose::Write(self.written(up_to, true, Some(ttl_ms), view.now))))
    }

    fn written(&self, up_to: Seq, writes_meta: bool, ttl_ms: Option<u64>, now: EpochMs) -> Written {
        let meta = writes_meta.then_some(self.meta_version);
        Written { up_to, meta, kept_until: ttl_ms.map(|ttl_ms| now.plus_ms(ttl_ms)) }
    }

    /// When the list has to be counted next.
    fn check_at(&self, replica: &ReplicaRecord) -> Option<EpochMs> {
        let after_seconds = CHECK_AFTER_SECONDS.get(self.checks_done)?;
        replica.unknown_outcome_at.map(|at| at.plus_seconds(*after_seconds))
    }

    /// When [`Self::drive`] must be called again at the latest.
    pub fn deadline(&self, record: &RoomRecord) -> Option<EpochMs> {
        self.connection
            .deadline(record.replica.behind_since.is_some())
            .or(self.batch_until)
            .or(self.check_at(&record.replica))
    }

    /// Whether the deadline must be met even if the object's memory is lost before it.
    pub fn is_deadline_durable(&self, record: &RoomRecord) -> bool {
        self.is_failing || record.replica.unknown_outcome_at.is_some()
    }

    /// Whether the database can hold anything of this room.
    pub fn may_have_written(&self, record: &RoomRecord) -> bool {
        let replica = &record.replica;
        replica.kept_until > EpochMs(0)
            || replica.unknown_outcome_at.is_some()
            || self.connection.in_flight().is_some()
    }

    /// The room ended: its keys have to be deleted. The deletion waits for a request in flight, which could write the
    /// keys again.
    pub fn into_deletion(self, record: &RoomRecord, now: EpochMs) -> Deletion {
        let keys_until = now.plus_seconds(record.lifetime.ttl_seconds.saturating_mul(2)).plus_seconds(60);
        let unknown_outcome_at = record.replica.unknown_outcome_at;
        Deletion::start(
            self.keys,
            self.connection,
            Tombstone { ended_at: now, unknown_outcome_at, keys_until, confirmed_at: None },
        )
    }
}

/// How many of the counts after a request with an unknown outcome are due at `now`.
fn checks_due(unknown_outcome_at: EpochMs, now: EpochMs) -> usize {
    CHECK_AFTER_SECONDS.iter().filter(|seconds| unknown_outcome_at.plus_seconds(**seconds) <= now).count()
}
