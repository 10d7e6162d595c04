//! The events that a room handles and the effects that the platform carries out afterwards.

use crate::{
    domain::{EpochMs, ParticipantId, SeatDigest, SocketId},
    replica::{Reply, RequestId, RestRequest},
    wire::{Answer, ApiError, Close, Request},
};

/// Identifies an HTTP call. Unique until the object's memory is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// An event.
#[derive(Debug)]
pub enum Event<'a> {
    /// An HTTP call arrived. `seat` is the digest of the caller's token. For a caller without one, the platform draws a
    /// token, and the answer sets it as a cookie.
    #[allow(missing_docs, reason = "described above")]
    Request { call: CallId, seat: Option<SeatDigest>, request: Request },
    /// A client wants to open a socket.
    #[allow(missing_docs, reason = "described above")]
    SocketRequested { call: CallId, seat: Option<SeatDigest> },
    /// A client sent a frame.
    #[allow(missing_docs, reason = "described above")]
    Frame { socket: SocketId, frame: Frame<'a> },
    /// A socket closed or its connection was lost. When this event wakes the room, the socket is no longer among the
    /// open ones.
    #[allow(missing_docs, reason = "described above")]
    SocketClosed { socket: SocketId },
    /// The object's alarm rang and is no longer set. The room must not assume why: it may be early, late or repeated.
    Alarm,
    /// The timer ran out.
    Timer,
    /// The database answered a request. `None`: the request failed without an answer.
    #[allow(missing_docs, reason = "described above")]
    Reply { request: RequestId, reply: Option<Reply<'a>> },
}

impl Event<'_> {
    /// The call that this event has to answer, if any.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Self::Request { call, .. } | Self::SocketRequested { call, .. } => Some(*call),
            _ => None,
        }
    }
}

/// The payload of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Text of at most [`crate::wire::limits::MAX_FRAME_BYTES`].
    Text(&'a str),
    /// Longer text. It was not copied out of JavaScript.
    TooLarge,
    /// Binary data.
    Binary,
}

/// Hides the text.
impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::TooLarge => formatter.write_str("TooLarge"),
            Self::Binary => formatter.write_str("Binary"),
        }
    }
}

/// What the platform has to do after an event: first all of `storage`, then all of `output`, each in order.
///
/// The two lists are separate because the platform holds an outgoing message back until all earlier writes are durable,
/// but does not wait for later writes.
#[derive(Debug, Default)]
pub struct Effects {
    /// Writes in addition to those that the journal has already made.
    pub storage: Vec<StorageEffect>,
    /// Messages that leave the object.
    pub output: Vec<OutputEffect>,
}

impl Effects {
    /// Empties both lists and keeps their allocations for the next event.
    pub fn clear(&mut self) {
        self.storage.clear();
        self.output.clear();
    }
}

/// A storage operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageEffect {
    /// Sets the object's only alarm.
    SetAlarm(EpochMs),
    /// Deletes everything that the object stores, including the alarm.
    DeleteAll,
}

/// A message that leaves the object.
#[derive(Clone, PartialEq, Eq)]
pub enum OutputEffect {
    /// Answers a call. Each call gets exactly one answer.
    Respond(CallId, Result<Answer, ApiError>),
    /// Accepts the socket that a call requested. The call's `Respond` follows.
    #[allow(missing_docs, reason = "described above")]
    AcceptSocket { call: CallId, socket: SocketId, participant: ParticipantId },
    /// Sends a frame to each socket. A dead socket does not keep the others from receiving it.
    #[allow(missing_docs, reason = "described above")]
    Send { to: Vec<SocketId>, frame: String },
    /// Closes sockets.
    Close(Vec<SocketId>, Close),
    /// Sends a request to the database.
    Fetch(RequestId, RestRequest),
    /// Cancels a request whose answer is no longer needed.
    AbortFetch(RequestId),
    /// Sets the only timer and replaces an earlier one. The timer may be lost with the object's memory.
    SetTimer(EpochMs),
    /// Writes a log line.
    Log(LogEntry),
}

impl OutputEffect {
    /// The sockets that this effect closes.
    pub(super) fn closed_sockets(&self) -> &[SocketId] {
        if let Self::Close(sockets, _) = self { sockets } else { &[] }
    }
}

/// Prints the kind of effect, without texts and ids.
impl std::fmt::Debug for OutputEffect {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Respond(call, Ok(answer)) => write!(formatter, "Respond({}, {})", call.0, answer.status()),
            Self::Respond(call, Err(error)) => write!(formatter, "Respond({}, {})", call.0, error.code()),
            Self::AcceptSocket { socket, .. } => write!(formatter, "AcceptSocket({})", socket.0),
            Self::Send { to, frame } => write!(formatter, "Send({to:?}, {} bytes)", frame.len()),
            Self::Close(sockets, close) => write!(formatter, "Close({sockets:?}, {})", close.code),
            Self::Fetch(id, request) => write!(formatter, "Fetch({}, {request:?})", id.0),
            Self::AbortFetch(id) => write!(formatter, "AbortFetch({})", id.0),
            Self::SetTimer(at) => write!(formatter, "SetTimer({})", at.0),
            Self::Log(entry) => write!(formatter, "Log({entry:?})"),
        }
    }
}

/// A log line that does not belong to a call. It never contains a value from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEntry {
    /// The database no longer matches the journal.
    #[allow(missing_docs, reason = "described above")]
    ReplicaOutOfSync { cause: &'static str },
    /// The database matches the journal again.
    ReplicaInSync,
    /// The room's storage failed. The room drops its memory and reads the journal again.
    #[allow(missing_docs, reason = "described above")]
    JournalFailed { cause: &'static str },
}
