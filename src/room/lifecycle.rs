//! How a room is created, loaded and ended, and when it wakes up.

use super::{
    Alarm, CallId, Confirmation, Effects, EndedRoom, EventError, Memory, OpenRoom, OutputEffect, Room,
    StorageEffect, WaitingCall,
};
use crate::{
    domain::{EpochMs, Lifetime, SeatDigest, Seq},
    journal::{Journal, JournalError, Loaded, ReplicaRecord, RoomRecord},
    replica::{Deletion, MemoryLoss, Progress, Replicator, Reply, RequestId, RoomView},
    wire::{Answer, ApiError, Close, CreateBody, ServerFrame},
};

/// How long `create` waits for the database to confirm.
const CREATE_WAIT_SECONDS: u64 = 5;
/// How long `destroy` waits for the database to confirm.
const DESTROY_WAIT_SECONDS: u64 = 3;
/// The platform hibernates an object after this long without an event.
const HIBERNATES_AFTER_MS: u64 = 10_000;
/// Deadlines within this time use the timer, because the object stays in memory at least that long. Later ones use the
/// alarm.
const TIMER_REACH_MS: u64 = HIBERNATES_AFTER_MS;

/// The answer to `create` if the database does not confirm.
const NOT_TAKEN: ApiError = ApiError::StoreUnavailable("the database did not take the room in time");

/// Why a room ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// A participant destroyed it.
    Destroyed,
    /// It expired.
    Expired,
    /// The database refused the new room.
    NeverCreated,
}

impl Room {
    /// Reads the journal if its content is not in memory. A room that wakes cannot know whether its last broadcast left
    /// the object, so it announces who is here and how many messages there are. Clients then request what they lack.
    fn load(&mut self, journal: Journal<'_>) -> Result<(), JournalError> {
        if !matches!(self.memory, Memory::Unknown) {
            return Ok(());
        }
        self.memory = match journal.load()? {
            Loaded::Nothing => Memory::Nothing,
            Loaded::Tombstone(tombstone) => {
                let deletion = Deletion::of_tombstone(&self.id, tombstone, self.next_request);
                Memory::Ended(Box::new(EndedRoom { deletion, stored: tombstone }))
            }
            Loaded::Room(record, last_seq) => Memory::Open(Box::new(self.loaded_room(*record, last_seq))),
        };
        self.is_presence_due = true;
        Ok(())
    }

    fn loaded_room(&mut self, mut record: RoomRecord, last_seq: Seq) -> OpenRoom {
        self.now = self.now.max(record.lifetime.active_at);
        let stored_replica = record.replica;
        let replica = self.settings.has_database.then(|| {
            let loss = self.memory_loss_cause(&record);
            Replicator::of_loaded_room(&self.id, &mut record, last_seq, loss, self.now, self.next_request)
        });
        OpenRoom { record, last_seq, replica, stored_replica }
    }

    /// Hibernation keeps the sockets open and starts only after a period without events. Anything else was a crash. So
    /// is a failed statement, which closes all sockets.
    fn memory_loss_cause(&self, record: &RoomRecord) -> MemoryLoss {
        let idle_ms = self.now.ms_since(record.lifetime.active_at);
        let has_hibernated = !self.sockets.is_empty() && idle_ms >= HIBERNATES_AFTER_MS;
        if has_hibernated { MemoryLoss::Hibernation } else { MemoryLoss::Crash }
    }

    /// Drops the memory, so that the next event reads the journal again. Cancels the request in flight.
    pub(super) fn drop_memory(&mut self, effects: &mut Effects) {
        self.record_next_request();
        let in_flight = match &self.memory {
            Memory::Open(open) => open.replica.as_ref().and_then(Replicator::in_flight_id),
            Memory::Ended(ended) => ended.deletion.in_flight_id(),
            Memory::Unknown | Memory::Nothing => None,
        };
        effects.output.extend(in_flight.map(OutputEffect::AbortFetch));
        self.memory = Memory::Unknown;
    }

    fn record_next_request(&mut self) {
        self.next_request = match &self.memory {
            Memory::Open(open) => open.replica.as_ref().map_or(self.next_request, Replicator::next_id),
            Memory::Ended(ended) => ended.deletion.next_id(),
            Memory::Unknown | Memory::Nothing => self.next_request,
        };
    }

    /// Loads the journal if necessary, and ends the room if it has expired.
    pub(super) fn load_and_expire(
        &mut self,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        self.load(journal)?;
        match &self.memory {
            Memory::Open(open) if open.expires_at() <= self.now => {
                self.end(Ending::Expired, journal, effects)?;
            }
            Memory::Open(_) | Memory::Unknown => {}
            // The event that ended the room failed before it closed the sockets.
            Memory::Nothing | Memory::Ended(_) => self.close_all(ApiError::RoomNotFound.close(), effects),
        }
        Ok(())
    }

    /// The open room. Fails with `RoomNotFound` if there is none.
    pub(super) fn load_open_room(
        &mut self,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<&mut OpenRoom, EventError> {
        self.load_and_expire(journal, effects)?;
        match &mut self.memory {
            Memory::Open(open) => Ok(open),
            _ => Err(ApiError::RoomNotFound.into()),
        }
    }

    /// Creates the room. With a database, the answer waits until the database confirms.
    pub(super) fn on_create(
        &mut self,
        call: CallId,
        body: CreateBody,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Answer>, EventError> {
        self.load(journal)?;
        if !matches!(self.memory, Memory::Nothing) {
            // Ids are random: a collision means a defect, not bad luck.
            return Err(ApiError::Internal.into());
        }
        let open = self.new_room(body);
        journal.create(&open.record)?;
        let expires_at = open.expires_at();
        let waits = open.replica.is_some();
        self.memory = Memory::Open(Box::new(open));
        self.set_alarm(expires_at, effects);
        if waits {
            let until = self.now.plus_seconds(CREATE_WAIT_SECONDS);
            self.waiting.push(WaitingCall { call, needs: Confirmation::Creation, until });
            return Ok(None);
        }
        Ok(Some(self.created(expires_at)))
    }

    fn new_room(&self, body: CreateBody) -> OpenRoom {
        let ttl_seconds = body.ttl_seconds.unwrap_or(self.settings.ttl_seconds);
        let lifetime = Lifetime::starting(self.now, ttl_seconds, self.settings.longest_seconds);
        let has_database = self.settings.has_database;
        let replica =
            ReplicaRecord { behind_since: has_database.then_some(self.now), ..ReplicaRecord::default() };
        OpenRoom {
            record: RoomRecord { lifetime, access: body.access, seats: vec![], replica },
            stored_replica: replica,
            last_seq: 0,
            replica: has_database.then(|| Replicator::of_new_room(&self.id, self.next_request)),
        }
    }

    fn created(&self, expires_at: EpochMs) -> Answer {
        Answer::Created { room_id: self.id.clone(), ttl: expires_at.seconds_left(self.now), expires_at }
    }

    /// Destroys the room for both participants. With a database, the answer waits until the database confirms.
    pub(super) fn on_destroy(
        &mut self,
        call: CallId,
        seat: Option<&SeatDigest>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Answer>, EventError> {
        self.load_open_room(journal, effects)?;
        self.participant(seat)?;
        self.end(Ending::Destroyed, journal, effects)?;
        if !matches!(self.memory, Memory::Ended(_)) {
            return Ok(Some(Answer::Destroyed));
        }
        let until = self.now.plus_seconds(DESTROY_WAIT_SECONDS);
        self.waiting.push(WaitingCall { call, needs: Confirmation::Deletion, until });
        Ok(None)
    }

    /// Deletes the room, and notifies and closes all sockets.
    fn end(
        &mut self,
        ending: Ending,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        self.record_next_request();
        let open = match std::mem::replace(&mut self.memory, Memory::Nothing) {
            Memory::Open(open) => open,
            // The room has ended already, and its deletion continues.
            ended => {
                self.memory = ended;
                return Ok(());
            }
        };
        match open.replica.filter(|replica| replica.may_have_written(&open.record)) {
            Some(replica) => {
                let deletion = replica.into_deletion(&open.record, self.now);
                let stored = *deletion.tombstone();
                self.memory = Memory::Ended(Box::new(EndedRoom { deletion, stored }));
                journal.replace_with_tombstone(&stored)?;
            }
            None => self.erase(effects),
        }
        match ending {
            Ending::Destroyed => self.broadcast_and_close(&ServerFrame::Destroy, Close::DESTROYED, effects),
            Ending::Expired => self.broadcast_and_close(&ServerFrame::Expire, Close::EXPIRED, effects),
            Ending::NeverCreated => {}
        }
        Ok(())
    }

    /// Deletes everything that the object stores.
    fn erase(&mut self, effects: &mut Effects) {
        effects.storage.push(StorageEffect::DeleteAll);
        self.record_next_request();
        self.memory = Memory::Nothing;
        self.alarm = Alarm::NotSet;
    }

    /// The database answered a request.
    pub(super) fn on_reply(
        &mut self,
        id: RequestId,
        reply: Option<Reply<'_>>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) {
        let now = self.now;
        match &mut self.memory {
            Memory::Open(open) => {
                let OpenRoom { record, last_seq, replica: Some(replica), .. } = &mut **open else { return };
                replica.on_reply(
                    id,
                    reply,
                    &mut RoomView { now, record, last_seq: *last_seq, journal },
                    effects,
                );
            }
            Memory::Ended(ended) => ended.deletion.on_reply(id, reply, now),
            Memory::Unknown | Memory::Nothing => {}
        }
    }

    /// Runs after every event: broadcasts who is here if that changed, answers calls that waited for the database,
    /// drives the replica, and sets the next wake-up.
    pub(super) fn follow_up(
        &mut self,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        self.load_and_expire(journal, effects)?;
        self.broadcast_presence(effects);
        // Before the replica, because a room that is given up has nothing more to write to Redis.
        self.answer_waiting_calls(journal, effects)?;
        self.drive_replica(journal, effects)?;
        self.drive_deletion(journal, effects)?;
        self.schedule_wake_up(effects);
        Ok(())
    }

    fn drive_replica(&mut self, journal: Journal<'_>, effects: &mut Effects) -> Result<(), JournalError> {
        let now = self.now;
        if let Memory::Open(open) = &mut self.memory
            && let OpenRoom { record, last_seq, replica: Some(replica), stored_replica, .. } = &mut **open
        {
            replica.drive(&mut RoomView { now, record, last_seq: *last_seq, journal }, effects)?;
            if record.replica != *stored_replica {
                open.save(journal)?;
            }
        }
        Ok(())
    }

    fn drive_deletion(&mut self, journal: Journal<'_>, effects: &mut Effects) -> Result<(), JournalError> {
        let now = self.now;
        let Memory::Ended(ended) = &mut self.memory else { return Ok(()) };
        ended.deletion.drive(now, effects);
        if ended.deletion.is_finished(now) {
            self.erase(effects);
        } else if *ended.deletion.tombstone() != ended.stored {
            ended.stored = *ended.deletion.tombstone();
            journal.update_tombstone(&ended.stored)?;
        }
        Ok(())
    }

    /// Answers the calls that no longer have to wait.
    fn answer_waiting_calls(
        &mut self,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        let mut is_creation_refused = false;
        for waiting in std::mem::take(&mut self.waiting) {
            match self.outcome_of(&waiting) {
                None => self.waiting.push(waiting),
                Some(outcome) => {
                    is_creation_refused |= outcome.is_err() && waiting.needs == Confirmation::Creation;
                    effects.output.push(OutputEffect::Respond(waiting.call, outcome));
                }
            }
        }
        // Last, because it may fail, and then every call still gets an answer.
        if is_creation_refused {
            self.end(Ending::NeverCreated, journal, effects)?;
        }
        Ok(())
    }

    /// The answer to a call that waits for the database. `None`: it has to wait longer.
    fn outcome_of(&self, waiting: &WaitingCall) -> Option<Result<Answer, ApiError>> {
        let is_over = waiting.until <= self.now;
        match (waiting.needs, &self.memory) {
            (Confirmation::Creation, Memory::Open(open)) => {
                match open
                    .replica
                    .as_ref()
                    .map_or(Progress::InSync, |replica| replica.progress(open.last_seq))
                {
                    Progress::InSync => Some(Ok(self.created(open.expires_at()))),
                    Progress::Refused(cause) => Some(Err(ApiError::StoreUnavailable(cause))),
                    Progress::Behind if is_over => Some(Err(NOT_TAKEN)),
                    Progress::Behind => None,
                }
            }
            // It expired before the database confirmed it.
            (Confirmation::Creation, _) => Some(Err(NOT_TAKEN)),
            (Confirmation::Deletion, Memory::Ended(ended)) if !ended.deletion.is_confirmed() => {
                is_over.then_some(Ok(Answer::Deleting))
            }
            (Confirmation::Deletion, _) => Some(Ok(Answer::Destroyed)),
        }
    }

    /// Sets the alarm and the timer for the next deadlines, unless they are already set.
    fn schedule_wake_up(&mut self, effects: &mut Effects) {
        let (end, next, is_durable) = match &self.memory {
            Memory::Unknown | Memory::Nothing => return,
            Memory::Open(open) => {
                let replica = open.replica.as_ref();
                let next = replica.and_then(|replica| replica.deadline(&open.record));
                let is_durable = replica.is_some_and(|replica| replica.is_deadline_durable(&open.record));
                (open.expires_at(), next, is_durable)
            }
            Memory::Ended(ended) => (ended.stored.keys_until, Some(ended.deletion.deadline()), true),
        };
        let waits_until = self.waiting.iter().map(|waiting| waiting.until).min();
        let timer_reach = self.now.plus_ms(TIMER_REACH_MS);
        let next_short = next.into_iter().chain(waits_until).min().filter(|at| *at <= timer_reach);
        if let Some(at) = next_short {
            self.set_timer(at, effects);
        }
        // The timer is lost with the memory; the alarm is not. So the alarm is the fallback, and rings only after the
        // timer should have fired.
        let next_durable = next.filter(|_| is_durable).map(|at| at.max(timer_reach));
        self.set_alarm_by(end, next_durable, effects);
    }

    fn set_timer(&mut self, at: EpochMs, effects: &mut Effects) {
        if self.timer.is_none_or(|set| at < set) {
            self.timer = Some(at);
            effects.output.push(OutputEffect::SetTimer(at));
        }
    }

    /// Each new alarm costs a written row, and an early alarm does no harm. So a sufficiently early one is kept.
    fn set_alarm_by(&mut self, end: EpochMs, sooner: Option<EpochMs>, effects: &mut Effects) {
        let wanted = sooner.map_or(end, |sooner| sooner.min(end));
        let is_early_enough = match self.alarm {
            Alarm::NotSet => false,
            Alarm::NoLaterThanEnd => sooner.is_none(),
            Alarm::At(set) => set <= wanted,
        };
        if !is_early_enough {
            self.set_alarm(wanted, effects);
        }
    }

    pub(super) fn set_alarm(&mut self, at: EpochMs, effects: &mut Effects) {
        self.alarm = Alarm::At(at);
        effects.storage.push(StorageEffect::SetAlarm(at));
    }
}
