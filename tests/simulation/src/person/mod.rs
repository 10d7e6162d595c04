//! An honest client, written from `docs/protocol.md`. It handles frames and bodies as text and shares no code with the
//! room. It subscribes first and then fetches, orders messages by number, requests missing ones, keeps a message until
//! it is confirmed, and sends waiting messages in the order in which they were written.

mod calls;
mod outbox;
mod socket;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    faults::FaultInjector,
    identity::Identity,
    network::{CallKey, Caller, ConnectionKey, Network, Up},
    rng::Part,
    sim::Sim,
};

/// The longest pause before a client tries again.
const LONGEST_PAUSE_MS: u64 = 30_000;
const CALL_LIMIT_MS: u64 = 10_000;
const OPENING_LIMIT_MS: u64 = 5_000;
const PING_EVERY_MS: u64 = 20_000;
const PONG_LIMIT_MS: u64 = 5_000;
const CONFIRMATION_LIMIT_MS: u64 = 10_000;

/// The client's timers. Setting one again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The client connects or joins again.
    Reconnect,
    /// The client sends waiting messages again.
    Resend,
    /// The client requests the history again.
    Refetch,
    /// The client sends a ping.
    Ping,
    /// A pong is overdue.
    Pong,
    /// A confirmation is overdue.
    Confirmation,
}

/// The phase of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not joined yet.
    Outside,
    /// It is taking its seat.
    Joining,
    /// It has its seat.
    Inside,
    /// The room has ended.
    Ended,
    /// It was refused permanently.
    Refused(u16),
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Join,
    Open,
    Page,
    Post,
    Destroy,
    Other,
}

/// The client's end of its socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Closed,
    Opening(CallKey),
    Open { connection: ConnectionKey, is_ready: bool },
}

/// A message that is not confirmed yet.
#[derive(Clone, Debug)]
struct Draft {
    id: String,
    text: String,
    is_sent: bool,
}

/// A client of a person.
pub struct Person {
    /// Its index in the world.
    pub index: usize,
    /// Its identity.
    pub identity: Identity,
    /// Its phase.
    pub phase: Phase,
    /// The messages that it has, by sequence number.
    pub messages: BTreeMap<u64, (String, String)>,
    /// When the room ends, as far as the client knows.
    pub expires_at: u64,
    /// Who is online, as far as the client knows.
    pub online: BTreeSet<String>,
    /// Whether it sends by `POST` instead of its socket.
    pub posts: bool,
    /// How many messages it sends before the first one is confirmed.
    pub window: usize,
    /// Whether one of its messages was refused and sent again later.
    pub was_held_up: bool,
    /// The ids of its messages, in the order in which they were written.
    pub written: Vec<String>,
    /// The status of the answer to its `DELETE`.
    pub destroyed: Option<u16>,
    part: Part,
    caller: Caller,
    room: String,
    known_ids: BTreeSet<String>,
    last_seq: u64,
    outbox: VecDeque<Draft>,
    link: Link,
    waiting: BTreeMap<CallKey, Purpose>,
    timers: BTreeMap<Timer, u64>,
    timer_count: u64,
    failures: u32,
    joins: usize,
    is_held: bool,
    wants_socket: bool,
}

/// What a client needs to act.
pub struct ClientContext<'a> {
    /// Time and chance.
    pub sim: &'a mut Sim,
    /// The network to the object.
    pub network: &'a mut Network,
    /// The faults.
    pub faults: &'a FaultInjector,
}

impl Person {
    /// A client that has not joined the room with this id.
    pub fn new(index: usize, part: Part, identity: Identity, room: &str) -> Self {
        Self {
            index,
            identity,
            phase: Phase::Outside,
            messages: BTreeMap::new(),
            expires_at: 0,
            online: BTreeSet::new(),
            posts: false,
            window: 1,
            was_held_up: false,
            written: vec![],
            destroyed: None,
            part,
            caller: Caller::Client(index),
            room: room.to_owned(),
            known_ids: BTreeSet::new(),
            last_seq: 0,
            outbox: VecDeque::new(),
            link: Link::Closed,
            waiting: BTreeMap::new(),
            timers: BTreeMap::new(),
            timer_count: 0,
            failures: 0,
            joins: 0,
            is_held: false,
            wants_socket: true,
        }
    }

    /// Messages that are not confirmed.
    pub fn unconfirmed(&self) -> usize {
        self.outbox.len()
    }

    /// Whether its socket is open and ready.
    pub fn is_connected(&self) -> bool {
        matches!(self.link, Link::Open { is_ready: true, .. })
    }

    /// Its socket, while it has one.
    pub fn connection(&self) -> Option<ConnectionKey> {
        match self.link {
            Link::Open { connection, .. } => Some(connection),
            _ => None,
        }
    }

    /// The last sequence number up to which it has every message.
    pub fn complete_up_to(&self) -> u64 {
        (1..).take_while(|seq| self.messages.contains_key(seq)).last().unwrap_or(0)
    }

    /// Joins the room, or joins it again, and connects.
    pub fn enter(&mut self, context: &mut ClientContext<'_>) {
        if matches!(self.phase, Phase::Ended)
            || self.waiting.values().any(|purpose| *purpose == Purpose::Join)
        {
            return;
        }
        self.phase = Phase::Joining;
        let body = self.identity.join_body(self.joins);
        self.joins += 1;
        self.call("POST", "/api/room/join", "", body, Purpose::Join, context);
    }

    /// Writes a message.
    pub fn say(&mut self, text: String, context: &mut ClientContext<'_>) {
        let id = self.identity.message_id(self.written.len());
        self.written.push(id.clone());
        self.outbox.push_back(Draft { id, text, is_sent: false });
        self.flush(context);
    }

    /// Sends a frame that is not a message, if it is connected.
    pub fn frame(&mut self, text: String, context: &mut ClientContext<'_>) {
        if let Link::Open { connection, is_ready: true } = self.link {
            context.network.send_up(connection, Up::Text(text), context.sim, context.faults);
        }
    }

    /// Ends the room for both.
    pub fn destroy(&mut self, context: &mut ClientContext<'_>) {
        self.call("DELETE", "/api/room", "", String::new(), Purpose::Destroy, context);
    }

    /// Makes a call and ignores the answer.
    pub fn call_and_ignore(
        &mut self,
        method: &'static str,
        path: &'static str,
        query: &str,
        context: &mut ClientContext<'_>,
    ) {
        self.call(method, path, query, String::new(), Purpose::Other, context);
    }

    /// Reloads the page: only the seat and the unconfirmed messages remain.
    pub fn reload(&mut self, context: &mut ClientContext<'_>) {
        self.leave(context);
        self.messages.clear();
        self.known_ids.clear();
        self.last_seq = 0;
        self.wants_socket = true;
        self.enter(context);
    }

    /// Closes the page.
    pub fn leave(&mut self, context: &mut ClientContext<'_>) {
        if let Link::Open { connection, .. } = self.link {
            context.network.send_up(connection, Up::Closed, context.sim, context.faults);
        }
        self.drop_link();
        self.waiting.clear();
        self.timers.clear();
        self.is_held = false;
        self.wants_socket = false;
    }

    /// Whether it closed its page.
    pub fn is_away(&self) -> bool {
        !self.wants_socket
    }
}
