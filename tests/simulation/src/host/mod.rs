//! The platform around one object: its storage behind an output gate, its alarm and timer, its sockets, and the many
//! ways in which it loses its memory.
//!
//! Everything that leaves the object waits until the writes before it are durable. A crash drops what still waits.

mod disk;
mod edge;
mod events;
mod gate;
mod memory;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use duet::{
    config::RoomSettings,
    domain::{ParticipantId, RoomId, SocketId},
    replica::{RequestId, RestRequest},
    room::{CallId, Effects, LogEntry, Room},
    wire::{Answer, ApiError},
};

pub use disk::{Disk, EventFault};

use crate::{
    auditor::Dump,
    faults::FaultInjector,
    network::{CallKey, ConnectionKey, SocketKey},
    sim::Sim,
};

/// An effect that passed the gate.
#[allow(missing_docs, reason = "named as in the effects of the room")]
#[derive(Clone, Debug)]
pub enum Output {
    /// The answer to a call, after this many milliseconds in the object.
    Answered { call: CallKey, answer: Result<Answer, ApiError>, after_ms: u64 },
    /// The object accepted a socket.
    Accepted { call: CallKey, socket: SocketKey },
    /// The answer to a call that the Worker refuses without calling the object.
    Refused { call: CallKey, error: ApiError },
    /// A frame.
    Sent { to: Vec<SocketKey>, frame: Rc<str> },
    /// The object closes sockets.
    Closed { sockets: Vec<SocketKey>, code: u16 },
    /// A request to the database.
    Fetched { incarnation: u64, id: RequestId, request: RestRequest },
}

/// What one event did, for the auditor.
#[derive(Clone, Debug)]
pub struct HandledEvent {
    /// The object's clock.
    pub clock: u64,
    /// The journal before the event.
    pub before: Rc<Dump>,
    /// The journal after the event.
    pub after: Rc<Dump>,
    /// The call, if the event is one.
    pub call: Option<CallKey>,
    /// The status of the answer to that call.
    pub status: Option<u16>,
    /// The frame, if the event is one that came through an open socket.
    pub frame: Option<ReceivedFrame>,
    /// The incarnation of the object that handled the event.
    pub incarnation: u64,
    /// The sockets to which it sent something, or which it closed.
    pub reached: BTreeSet<SocketKey>,
    /// Sockets that it closed.
    pub closed: BTreeSet<SocketKey>,
    /// Whether it forwarded a typing notice.
    pub is_typing_forwarded: bool,
    /// Whether it sent an `expiry` frame.
    pub is_end_announced: bool,
    /// Whether it sent a `presence` frame.
    pub is_presence_sent: bool,
    /// Whether it sent a `message` frame.
    pub is_message_sent: bool,
    /// The type of the last frame, if the event ended the room.
    pub end_frame: Option<&'static str>,
    /// How many sockets were open when it began.
    pub open_sockets: usize,
    /// Whether the event is the end of a participant's last socket.
    pub is_departure: bool,
    /// Whether it woke the object.
    pub is_waking: bool,
    /// Whether it refused something because it came too fast.
    pub is_rate_limited: bool,
    /// Whether a request to the database was in flight when it began.
    pub is_request_in_flight: bool,
    /// Whether a statement failed.
    pub has_fault: bool,
    /// How many effects it had.
    pub effects: usize,
    /// An error that no event may cause.
    pub error: Option<&'static str>,
    /// Its log lines.
    pub logged: Vec<LogEntry>,
    /// The debug output of the event and its effects, if a trace is kept.
    pub debug_text: Option<String>,
}

/// A frame as received.
#[derive(Clone, Debug)]
pub struct ReceivedFrame {
    /// The socket.
    pub socket: SocketKey,
    /// The participant whose socket it is.
    pub owner: String,
    /// Its text; `None` if it is too large or not a text.
    pub text: Option<String>,
}

struct Socket {
    id: SocketId,
    owner: ParticipantId,
    /// The connection, once the client knows that the socket is open.
    connection: Option<ConnectionKey>,
    /// Whether the object can still write to it.
    is_open: bool,
}

/// How an object loses its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryLoss {
    /// The process ends, or a commit fails: everything in the gate and all sockets are lost. Of the writes that were
    /// not durable, the first ones, as many as this number, become durable.
    Reset(u64),
    /// A panic in this room or in another room of its isolate: the gate, the writes and the sockets remain.
    Wiped,
}

/// The object and its platform.
pub struct Host {
    /// The object's name.
    pub id: RoomId,
    /// Its storage.
    pub disk: Disk,
    /// When the alarm rings.
    pub alarm: Option<u64>,
    /// When the timer runs out.
    pub timer: Option<u64>,
    /// Output that passed the gate and is not delivered yet.
    pub released: Vec<Output>,
    /// Connections that ended together with the object.
    pub dropped: Vec<ConnectionKey>,
    /// Whether the memory was lost since the auditor's last check.
    pub has_crashed: bool,
    /// Calls that the object can no longer answer.
    pub failed_calls: Vec<CallKey>,
    /// The journal before and after each event in which the object panicked.
    pub panicked: Vec<(Rc<Dump>, Rc<Dump>)>,
    /// Rare states that were reached since the auditor's last check.
    pub rare_states: Vec<&'static str>,
    /// What the events did since the auditor's last check.
    pub handled: Vec<HandledEvent>,
    /// The difference between the object's clock and the world's.
    skew_ms: i64,
    /// Counts the incarnations of the object: a new one begins when its memory is lost.
    pub incarnation: u64,
    /// How often the memory was lost to hibernation.
    pub hibernations: u64,
    settings: RoomSettings,
    room: Option<Room>,
    effects: Effects,
    gate: VecDeque<(u64, Output)>,
    alarm_count: u64,
    timer_count: u64,
    idle_count: u64,
    durable_at: u64,
    /// Calls without an answer, and when they came.
    calls: BTreeMap<CallId, (CallKey, u64)>,
    next_call: u64,
    /// Requests to the database without an answer, and whether they only delete the keys.
    fetches: BTreeMap<RequestId, bool>,
    /// Whether the next event is the end of a participant's last socket.
    is_departure: bool,
    /// When the last request to the database failed in this incarnation, and whether it was a deletion of the
    /// keys.
    failed_at: Option<(u64, bool)>,
    next_socket: SocketKey,
    sockets: BTreeMap<SocketKey, Socket>,
}

impl Host {
    /// An object that was never used.
    pub fn new(id: RoomId, settings: RoomSettings) -> Self {
        Self {
            id,
            disk: Disk::new(),
            alarm: None,
            timer: None,
            released: vec![],
            dropped: vec![],
            has_crashed: false,
            failed_calls: vec![],
            panicked: vec![],
            rare_states: vec![],
            handled: vec![],
            skew_ms: 0,
            incarnation: 0,
            hibernations: 0,
            settings,
            room: None,
            effects: Effects::default(),
            gate: VecDeque::new(),
            alarm_count: 0,
            timer_count: 0,
            idle_count: 0,
            durable_at: 0,
            calls: BTreeMap::new(),
            next_call: 0,
            fetches: BTreeMap::new(),
            is_departure: false,
            failed_at: None,
            next_socket: 0,
            sockets: BTreeMap::new(),
        }
    }

    /// The object's clock.
    pub fn clock(&self, now: u64) -> u64 {
        now.saturating_add_signed(self.skew_ms)
    }

    /// Makes the object's clock jump. Its alarm uses the same clock.
    pub fn set_clock(&mut self, skew_ms: i64, sim: &mut Sim, faults: &FaultInjector) {
        if skew_ms < self.skew_ms {
            self.rare_states.push("the clock went back");
        }
        self.skew_ms = skew_ms;
        self.plan_alarm(sim, faults);
    }

    /// The client of a socket learns that the socket is open.
    pub fn connect(&mut self, socket: SocketKey, connection: ConnectionKey) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.connection = Some(connection);
        }
    }

    /// The connection of a socket.
    pub fn connection_of(&self, socket: SocketKey) -> Option<ConnectionKey> {
        self.sockets.get(&socket).and_then(|socket| socket.connection)
    }

    /// The id by which the room knows a socket. The adapter knows none if an open socket has the id of this closed one.
    fn id_of(&self, socket: SocketKey) -> Option<SocketId> {
        let known = self.sockets.get(&socket)?;
        let is_of_another = !known.is_open && self.key_of(known.id).is_some();
        (!is_of_another).then_some(known.id)
    }

    /// The open socket that has this id.
    fn key_of(&self, id: SocketId) -> Option<SocketKey> {
        self.sockets.iter().find(|(_, socket)| socket.is_open && socket.id == id).map(|(key, _)| *key)
    }

    /// Whether the object still has this socket open.
    pub fn is_open(&self, socket: SocketKey) -> bool {
        self.sockets.get(&socket).is_some_and(|socket| socket.is_open)
    }

    /// The participants who have an open socket.
    pub fn online(&self) -> BTreeSet<String> {
        open_sockets(&self.sockets).into_iter().map(|(_, owner)| owner.as_str().to_owned()).collect()
    }

    /// Whether the object waits for the answer to a request.
    pub fn awaits(&self, incarnation: u64, request: RequestId) -> bool {
        incarnation == self.incarnation && self.fetches.contains_key(&request)
    }

    /// The number of effects that the output gate holds back.
    pub fn held(&self) -> usize {
        self.gate.len()
    }

    /// Calls that have no answer yet.
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }

    /// Requests to the database that have no answer yet.
    pub fn open_fetches(&self) -> usize {
        self.fetches.len()
    }
}

fn open_sockets(sockets: &BTreeMap<SocketKey, Socket>) -> Vec<(SocketId, ParticipantId)> {
    let open = sockets.values().filter(|socket| socket.is_open);
    open.map(|socket| (socket.id, socket.owner.clone())).collect()
}
