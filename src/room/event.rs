//! What can happen to a room, and what the platform has to do about it.

use crate::{
    domain::{EpochMs, ParticipantId, SeatDigest, SocketId},
    replica::{Reply, RequestId, RestRequest},
    wire::{Answer, ApiError, Close, Request},
};

/// Names an HTTP call within one life of the object's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Something happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// An HTTP call came. `seat` is the digest of the caller's token, if it has one.
    #[allow(missing_docs, reason = "said above")]
    Request { call: CallId, seat: Option<SeatDigest>, request: Request },
    /// A client wants to open a socket.
    #[allow(missing_docs, reason = "said above")]
    SocketRequested { call: CallId, seat: Option<SeatDigest> },
    /// A frame came.
    #[allow(missing_docs, reason = "said above")]
    Frame { socket: SocketId, frame: Frame<'a> },
    /// A socket is closed, or its connection is lost. `owner` is whose it was, where the platform can say so: this may be
    /// the event that wakes the room, which then does not find the socket among the open ones.
    #[allow(missing_docs, reason = "said above")]
    SocketClosed { socket: SocketId, owner: Option<ParticipantId> },
    /// The object's alarm rang, and is no longer set. It says nothing about why: it may be early, late or a repetition.
    Alarm,
    /// The timer ran out.
    Timer,
    /// The answer to a request came; `None` where the request failed without one.
    #[allow(missing_docs, reason = "said above")]
    Reply { request: RequestId, reply: Option<Reply<'a>> },
}

impl Event<'_> {
    /// The call that waits for an answer.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Self::Request { call, .. } | Self::SocketRequested { call, .. } => Some(*call),
            _ => None,
        }
    }

    /// The socket that sent a frame.
    pub(super) fn sender(&self) -> Option<SocketId> {
        match self {
            Self::Frame { socket, .. } => Some(*socket),
            _ => None,
        }
    }
}

/// What came through a socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A text of at most [`crate::wire::limits::MAX_FRAME_BYTES`].
    Text(&'a str),
    /// A longer one, which was not read.
    TooLarge,
    /// No text.
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

/// What the platform has to do after an event: all of `storage` first, then all of `output`, each in order.
///
/// There are two lists because a message that leaves the object waits for the writes that were made before it, and
/// for no later ones.
#[derive(Debug, Default)]
pub struct Effects {
    /// Writes beside those that the journal made itself.
    pub storage: Vec<StorageEffect>,
    /// What leaves the object.
    pub output: Vec<OutputEffect>,
}

impl Effects {
    /// Forgets everything, and keeps the memory for the next event.
    pub fn clear(&mut self) {
        self.storage.clear();
        self.output.clear();
    }
}

/// A write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageEffect {
    /// Sets the object's only alarm.
    SetAlarm(EpochMs),
    /// Erases everything that the object stores, the alarm included.
    DeleteAll,
}

/// Something that leaves the object.
#[derive(Clone, PartialEq, Eq)]
pub enum OutputEffect {
    /// Answers a call; each call has one answer.
    Respond(CallId, Result<Answer, ApiError>),
    /// Accepts the socket that a call asked for. Its `Respond` follows.
    #[allow(missing_docs, reason = "said above")]
    AcceptSocket { call: CallId, socket: SocketId, participant: ParticipantId },
    /// Sends a frame. A socket that is gone stops no other.
    #[allow(missing_docs, reason = "said above")]
    Send { to: Vec<SocketId>, frame: String },
    /// Closes sockets.
    Close(Vec<SocketId>, Close),
    /// Sends a request to the database.
    Fetch(RequestId, RestRequest),
    /// Gives up a request; its answer is of no use any more.
    AbortFetch(RequestId),
    /// Sets the one timer, in place of an earlier one. It need not outlive the object's memory.
    SetTimer(EpochMs),
    /// Writes a log line.
    Log(LogEntry),
}

/// Shows what is done, without texts and ids.
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

/// What is worth a line in the log beside the calls. It never holds a value from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEntry {
    /// The database no longer holds what the journal holds.
    #[allow(missing_docs, reason = "said above")]
    ReplicaOutOfStep { cause: &'static str },
    /// The database holds what the journal holds again.
    ReplicaInStep,
    /// The room's storage failed; the room's memory is dropped and loaded again.
    #[allow(missing_docs, reason = "said above")]
    JournalFailed { cause: &'static str },
}
