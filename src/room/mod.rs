//! A room, as a synchronous state machine: events in, effects out. It uses no platform API, no clock and no randomness.
//!
//! [`Room::handle`] is the only way in. When it returns, every decision is in the journal or in the effects.

mod event;
mod lifecycle;
mod messages;
mod presence;
mod rate_limit;
mod seats;
mod sockets;

pub use event::{CallId, Effects, Event, Frame, LogEntry, OutputEffect, StorageEffect};

use crate::{
    config::RoomSettings,
    domain::{EpochMs, ParticipantId, RoomId, SeatDigest, Seq, SocketId},
    journal::{Journal, JournalError, ReplicaRecord, RoomRecord, Tombstone, sql::Sql},
    replica::{Deletion, Replicator},
    wire::{Answer, ApiError, Request},
};
use rate_limit::{Action, RateLimits};
use sockets::Sockets;

/// How long a room waits after a storage failure before it tries again.
const RETRY_STORAGE_SECONDS: u64 = 300;

/// One room. Everything except the open sockets is a cache of the journal and can be lost at any time.
pub struct Room {
    id: RoomId,
    settings: RoomSettings,
    memory: Memory,
    sockets: Sockets,
    /// Whether the participants have to be told who is here.
    is_presence_due: bool,
    rates: RateLimits,
    /// Calls whose answer waits for the database.
    waiting: Vec<WaitingCall>,
    /// The latest time seen. It does not go back when the clock does.
    now: EpochMs,
    alarm: Alarm,
    timer: Option<EpochMs>,
    /// Keeps counting when the memory is dropped, so that a late answer is not mistaken for the answer to a newer
    /// request.
    next_request: u64,
}

/// The cached content of the journal.
enum Memory {
    /// Not loaded: the journal has to be read.
    Unknown,
    /// There is no room.
    Nothing,
    /// The room is open.
    Open(Box<OpenRoom>),
    /// The room ended, and the database has not confirmed the deletion yet.
    Ended(Box<EndedRoom>),
}

/// An open room.
struct OpenRoom {
    record: RoomRecord,
    last_seq: Seq,
    /// The copy in Redis, if one is configured.
    replica: Option<Replicator>,
    /// The replica's part of the record, as the journal holds it.
    stored_replica: ReplicaRecord,
}

/// A room that has ended.
struct EndedRoom {
    deletion: Deletion,
    /// The tombstone, as the journal holds it.
    stored: Tombstone,
}

/// The state of the object's alarm, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Alarm {
    /// It rang, was never set, or is unknown.
    NotSet,
    /// It was set before the memory was lost. It is never later than the room's end.
    NoLaterThanEnd,
    /// It is set for this time.
    At(EpochMs),
}

/// A call whose answer waits for the database.
struct WaitingCall {
    call: CallId,
    needs: Confirmation,
    until: EpochMs,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Confirmation {
    Creation,
    Deletion,
}

/// Why an event failed.
enum EventError {
    /// The caller gets this error.
    Api(ApiError),
    /// The journal failed: none of this event's effects may leave the object.
    Journal(JournalError),
}

impl From<ApiError> for EventError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<JournalError> for EventError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl Room {
    /// A room that has not been loaded yet. `sockets` are the sockets that are still open, with their owners.
    pub fn new(id: RoomId, settings: RoomSettings, sockets: Vec<(SocketId, ParticipantId)>) -> Self {
        // The alarm of a failed storage may be later than the room's end. It closes all sockets.
        let alarm = if sockets.is_empty() { Alarm::NotSet } else { Alarm::NoLaterThanEnd };
        Self {
            id,
            rates: RateLimits::new(settings.messages_per_second),
            settings,
            memory: Memory::Unknown,
            sockets: Sockets::new(sockets),
            is_presence_due: false,
            waiting: vec![],
            now: EpochMs(0),
            alarm,
            timer: None,
            next_request: 1,
        }
    }

    /// Handles an event that happened at `now`. The caller then carries out `effects`: first all of `storage`, then all
    /// of `output`, each in order.
    pub fn handle(&mut self, event: Event<'_>, now: EpochMs, sql: &dyn Sql, effects: &mut Effects) {
        self.now = self.now.max(now);
        let journal = Journal::new(sql);
        let call = event.call();
        let handled = self.dispatch(event, journal, effects).and_then(|()| self.follow_up(journal, effects));
        if let Err(error) = handled {
            self.recover(error, call, effects);
        }
    }

    fn dispatch(
        &mut self,
        event: Event<'_>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        match event {
            Event::Request { call, seat, request } => {
                let outcome = self.on_request(call, seat, request, journal, effects);
                respond(call, outcome, effects)
            }
            Event::SocketRequested { call, seat } => {
                let outcome = self.on_socket_requested(call, seat.as_ref(), journal, effects);
                respond(call, outcome.map(|()| None), effects)
            }
            Event::Frame { socket, frame } => self.on_frame(socket, frame, journal, effects),
            Event::SocketClosed { socket } => {
                self.on_socket_closed(socket);
                Ok(())
            }
            Event::Alarm => {
                self.alarm = Alarm::NotSet;
                self.load_and_expire(journal, effects)
            }
            Event::Timer => {
                self.timer = None;
                self.load_and_expire(journal, effects)
            }
            Event::Reply { request, reply } => {
                self.on_reply(request, reply, journal, effects);
                Ok(())
            }
        }
    }

    /// Returns `None` for a call whose answer waits for the database.
    fn on_request(
        &mut self,
        call: CallId,
        seat: Option<SeatDigest>,
        request: Request,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Answer>, EventError> {
        let seat = seat.as_ref();
        match request {
            Request::Create(body) => self.on_create(call, body, journal, effects),
            Request::Destroy => self.on_destroy(call, seat, journal, effects),
            Request::Status { identified } => self.on_status(seat, identified, journal, effects).map(Some),
            Request::Join(body) => self.on_join(seat, body, journal, effects).map(Some),
            Request::Keep => self.on_keep_call(seat, journal, effects).map(Some),
            Request::Ttl => self.on_ttl(seat, journal, effects).map(Some),
            Request::History { after, limit } => {
                self.on_history(seat, after, limit, journal, effects).map(Some)
            }
            Request::Send { draft, fallback_id } => {
                self.on_send(seat, draft, fallback_id, journal, effects).map(Some)
            }
        }
    }

    /// The journal failed: drops the effects of the event and the memory, so that the journal is read again. Closes all
    /// sockets, also those that the event was about to close.
    fn recover(&mut self, error: JournalError, call: Option<CallId>, effects: &mut Effects) {
        effects.storage.clear();
        let dropped_answers = effects.output.iter().filter_map(|effect| match effect {
            OutputEffect::Respond(call, _) => Some(*call),
            _ => None,
        });
        let waiting = self.waiting.drain(..).map(|waiting| waiting.call);
        let mut calls: Vec<CallId> = call.into_iter().chain(dropped_answers).chain(waiting).collect();
        calls.sort_unstable();
        calls.dedup();
        let mut closing: Vec<SocketId> =
            effects.output.iter().flat_map(OutputEffect::closed_sockets).copied().collect();
        closing.extend(self.sockets.close_all());
        // A cancelled request is cancelled whatever else is dropped.
        effects.output.retain(|effect| matches!(effect, OutputEffect::AbortFetch(_)));
        self.drop_memory(effects);
        let reason = ApiError::from(error);
        effects.output.extend(calls.into_iter().map(|call| OutputEffect::Respond(call, Err(reason.clone()))));
        let (close, cause) = match error {
            // The stored room is unreadable, so it is of no use any more.
            JournalError::Corrupt => {
                effects.storage.push(StorageEffect::DeleteAll);
                self.memory = Memory::Nothing;
                (ApiError::RoomNotFound.close(), "the stored room cannot be read")
            }
            // Everybody reconnects and sends again. A room without sockets does not hibernate, so it checks Redis when
            // it wakes.
            JournalError::Failed(cause) => {
                self.set_alarm(self.now.plus_seconds(RETRY_STORAGE_SECONDS), effects);
                (reason.close(), cause)
            }
        };
        if !closing.is_empty() {
            effects.output.push(OutputEffect::Close(closing, close));
        }
        effects.output.push(OutputEffect::Log(LogEntry::JournalFailed { cause }));
    }

    /// Counts an action of a participant. Fails with `TooManyRequests` when it exceeds its limit.
    fn count(&mut self, participant: &ParticipantId, action: Action) -> Result<(), ApiError> {
        self.rates.take(participant, action, self.now)
    }
}

impl OpenRoom {
    fn expires_at(&self) -> EpochMs {
        self.record.lifetime.expires_at()
    }

    /// Writes the current record to the journal.
    fn save(&mut self, journal: Journal<'_>) -> Result<(), JournalError> {
        self.stored_replica = self.record.replica;
        journal.update(&self.record)
    }
}

/// Answers a call. `None`: the answer comes later or was already given.
fn respond(
    call: CallId,
    outcome: Result<Option<Answer>, EventError>,
    effects: &mut Effects,
) -> Result<(), JournalError> {
    let answer = match outcome {
        Ok(None) => return Ok(()),
        Ok(Some(answer)) => Ok(answer),
        Err(EventError::Api(error)) => Err(error),
        Err(EventError::Journal(error)) => return Err(error),
    };
    effects.output.push(OutputEffect::Respond(call, answer));
    Ok(())
}

#[cfg(test)]
mod tests;
