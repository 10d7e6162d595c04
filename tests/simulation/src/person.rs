//! An honest client, written from `docs/protocol.md`: text only, and no code shared with the room. It subscribes first
//! and then fetches, orders by number, asks again on a hole, keeps what it sent until that is confirmed, and sends what
//! waits in the order in which it was written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

use crate::{
    dice::Part,
    identity::Identity,
    stage::Stage,
    weather::Weather,
    wire::{Answer, Ask, CallKey, Down, PipeKey, Up, Who, Wire},
    world::Happening,
};

/// The longest pause before a client tries again.
const LONGEST_PAUSE_MS: u64 = 30_000;
const CALL_LIMIT_MS: u64 = 10_000;
const OPENING_LIMIT_MS: u64 = 5_000;
const PING_EVERY_MS: u64 = 20_000;
const PONG_LIMIT_MS: u64 = 5_000;
const CONFIRMATION_LIMIT_MS: u64 = 10_000;

/// What a client waits for; setting one again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// To connect again, or to join again.
    Reconnect,
    /// To send again what waits.
    Resend,
    /// To ask for the history again.
    Refetch,
    /// To send a ping.
    Ping,
    /// A pong that does not come.
    Pong,
    /// A confirmation that does not come.
    Confirmation,
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It did not come yet.
    Outside,
    /// It takes its seat.
    Joining,
    /// It has its seat.
    Inside,
    /// The room is over.
    Ended,
    /// It was refused for good.
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
    Open { pipe: PipeKey, is_ready: bool },
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
    /// Its place in the world.
    pub place: usize,
    /// Who it is.
    pub identity: Identity,
    /// Where it is.
    pub phase: Phase,
    /// The messages that it knows, by their numbers.
    pub messages: BTreeMap<u64, (String, String)>,
    /// Who is here, as it was told.
    pub online: BTreeSet<String>,
    /// Whether it sends by `POST` in place of its socket.
    pub posts: bool,
    /// How many messages it sends before the first one is confirmed.
    pub window: usize,
    /// Whether a message of its was refused, and sent again later.
    pub was_held_up: bool,
    /// The ids of its messages, in the order in which they were written.
    pub written: Vec<String>,
    /// How the answer to its `DELETE` was.
    pub destroyed: Option<u16>,
    part: Part,
    who: Who,
    room: String,
    known_ids: BTreeSet<String>,
    last_seq: u64,
    outbox: VecDeque<Draft>,
    link: Link,
    waiting: BTreeMap<CallKey, Purpose>,
    timers: BTreeMap<Timer, u64>,
    timer_count: u64,
    failures: u32,
    is_held: bool,
    wants_socket: bool,
}

/// What a client needs to act.
pub struct Means<'a> {
    /// Time and chance.
    pub stage: &'a mut Stage,
    /// The way to the object.
    pub wire: &'a mut Wire,
    /// What can go wrong on it.
    pub weather: &'a Weather,
}

impl Person {
    /// A client outside of the room with this id.
    pub fn new(place: usize, part: Part, identity: Identity, room: &str) -> Self {
        Self {
            place,
            identity,
            phase: Phase::Outside,
            messages: BTreeMap::new(),
            online: BTreeSet::new(),
            posts: false,
            window: 1,
            was_held_up: false,
            written: vec![],
            destroyed: None,
            part,
            who: Who::Client(place),
            room: room.to_owned(),
            known_ids: BTreeSet::new(),
            last_seq: 0,
            outbox: VecDeque::new(),
            link: Link::Closed,
            waiting: BTreeMap::new(),
            timers: BTreeMap::new(),
            timer_count: 0,
            failures: 0,
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
    pub fn pipe(&self) -> Option<PipeKey> {
        match self.link {
            Link::Open { pipe, .. } => Some(pipe),
            _ => None,
        }
    }

    /// The last place up to which it knows every message.
    pub fn complete_up_to(&self) -> u64 {
        (1..).take_while(|seq| self.messages.contains_key(seq)).last().unwrap_or(0)
    }

    /// Comes in: takes its seat, or its own again, and connects.
    pub fn enter(&mut self, means: &mut Means<'_>) {
        if matches!(self.phase, Phase::Ended)
            || self.waiting.values().any(|purpose| *purpose == Purpose::Join)
        {
            return;
        }
        self.phase = Phase::Joining;
        let body = self.identity.join_body();
        self.call("POST", "/api/room/join", "", body, Purpose::Join, means);
    }

    /// Writes a message.
    pub fn say(&mut self, text: String, means: &mut Means<'_>) {
        let id = self.identity.message_id(self.written.len());
        self.written.push(id.clone());
        self.outbox.push_back(Draft { id, text, is_sent: false });
        self.flush(means);
    }

    /// Sends a frame that is no message, if it can.
    pub fn frame(&mut self, text: String, means: &mut Means<'_>) {
        if let Link::Open { pipe, is_ready: true } = self.link {
            means.wire.send_up(pipe, Up::Text(text), means.stage, means.weather);
        }
    }

    /// Ends the room for both.
    pub fn destroy(&mut self, means: &mut Means<'_>) {
        self.call("DELETE", "/api/room", "", String::new(), Purpose::Destroy, means);
    }

    /// Makes a call whose answer it does not need.
    pub fn look(&mut self, method: &'static str, path: &'static str, query: &str, means: &mut Means<'_>) {
        self.call(method, path, query, String::new(), Purpose::Other, means);
    }

    /// Loads the page again: only the seat and what was not confirmed are left.
    pub fn reload(&mut self, means: &mut Means<'_>) {
        self.leave(means);
        self.messages.clear();
        self.known_ids.clear();
        self.last_seq = 0;
        self.wants_socket = true;
        self.enter(means);
    }

    /// Closes the page.
    pub fn leave(&mut self, means: &mut Means<'_>) {
        if let Link::Open { pipe, .. } = self.link {
            means.wire.send_up(pipe, Up::Closed, means.stage, means.weather);
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

    fn call(
        &mut self,
        method: &'static str,
        path: &'static str,
        query: &str,
        body: String,
        purpose: Purpose,
        means: &mut Means<'_>,
    ) -> CallKey {
        let query = format!("roomId={}{query}", self.room);
        let is_upgrade = purpose == Purpose::Open;
        let ask = Ask { method, path, query, body, token: Some(self.identity.token.clone()), is_upgrade };
        let key = means.wire.call(self.who, ask, means.stage, means.weather);
        self.waiting.insert(key, purpose);
        let limit = if is_upgrade { OPENING_LIMIT_MS } else { CALL_LIMIT_MS };
        means.stage.after(limit, Happening::GiveUp { client: self.place, call: key });
        key
    }

    fn set(&mut self, timer: Timer, ms: u64, stage: &mut Stage) {
        self.timer_count += 1;
        self.timers.insert(timer, self.timer_count);
        stage.after(ms, Happening::ClientTimer { client: self.place, timer, count: self.timer_count });
    }

    /// A pause that grows, with jitter.
    fn pause(&mut self, stage: &mut Stage) -> u64 {
        let longest = (500 << self.failures.min(6)).min(LONGEST_PAUSE_MS);
        self.failures += 1;
        longest / 2 + stage.dice.below(self.part, "jitter", longest / 2)
    }

    /// A timer ran out.
    pub fn on_timer(&mut self, timer: Timer, count: u64, means: &mut Means<'_>) {
        if self.timers.get(&timer) != Some(&count) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::Reconnect if self.phase == Phase::Joining => self.enter(means),
            Timer::Reconnect => self.connect(means),
            Timer::Resend => {
                self.is_held = false;
                self.flush(means);
            }
            Timer::Refetch => self.fetch(means),
            Timer::Ping => self.ping(means),
            Timer::Pong | Timer::Confirmation => self.lose_connection(means),
        }
    }

    /// A call took too long.
    pub fn give_up(&mut self, call: CallKey, means: &mut Means<'_>) {
        means.wire.calls.remove(&call);
        if let Some(purpose) = self.waiting.remove(&call) {
            self.on_failure(purpose, None, means);
        }
    }

    /// The answer to a call came.
    pub fn on_answer(&mut self, call: CallKey, answer: &Answer, means: &mut Means<'_>) {
        let Some(purpose) = self.waiting.remove(&call) else { return };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match (answer.status, purpose) {
            (404, _) => self.end(means),
            (401, _) => self.enter(means),
            (200, Purpose::Join) => self.on_joined(&body, means),
            (200, Purpose::Page) => self.on_page(&body, means),
            (200 | 201, Purpose::Post) => self.on_message(&body, means),
            (200..=299, Purpose::Destroy) => {
                self.destroyed = Some(answer.status);
                self.end(means);
            }
            (200..=299, _) => {}
            (400 | 403 | 409, Purpose::Join) => self.phase = Phase::Refused(answer.status),
            (400 | 409, Purpose::Post) => {
                self.outbox.pop_front();
                self.flush(means);
            }
            (_, purpose) => self.on_failure(purpose, Some(&body), means),
        }
    }

    fn on_failure(&mut self, purpose: Purpose, _body: Option<&Value>, means: &mut Means<'_>) {
        match purpose {
            Purpose::Join => {
                let pause = self.pause(means.stage);
                self.set(Timer::Reconnect, pause, means.stage);
            }
            Purpose::Open => self.lose_connection(means),
            Purpose::Page => self.set(Timer::Refetch, 1_000, means.stage),
            Purpose::Post => self.hold(1_000, means.stage),
            Purpose::Destroy if self.phase != Phase::Ended => self.destroy(means),
            Purpose::Destroy => {}
            Purpose::Other => {}
        }
    }

    fn on_joined(&mut self, body: &Value, means: &mut Means<'_>) {
        self.phase = Phase::Inside;
        self.failures = 0;
        self.note_last_seq(body, means);
        self.connect(means);
        self.flush(means);
    }

    fn connect(&mut self, means: &mut Means<'_>) {
        if self.phase != Phase::Inside || self.link != Link::Closed || !self.wants_socket {
            return;
        }
        let call = self.call("GET", "/api/realtime", "", String::new(), Purpose::Open, means);
        self.link = Link::Opening(call);
    }

    /// Something came through a socket.
    pub fn on_line(&mut self, pipe: PipeKey, call: Option<CallKey>, line: &Down, means: &mut Means<'_>) {
        if let (Down::Opened, Some(call)) = (line, call) {
            return self.on_opened(pipe, call, means);
        }
        if self.pipe() != Some(pipe) {
            return;
        }
        match line {
            Down::Opened => {}
            Down::Pong => {
                self.timers.remove(&Timer::Pong);
            }
            Down::Text(text) => {
                let frame: Value = serde_json::from_str(text).unwrap_or_default();
                self.on_frame(pipe, &frame, means);
            }
            Down::Closed(code) => self.on_closed(*code, means),
        }
    }

    fn on_opened(&mut self, pipe: PipeKey, call: CallKey, means: &mut Means<'_>) {
        self.waiting.remove(&call);
        if self.link == Link::Opening(call) {
            self.link = Link::Open { pipe, is_ready: false };
            self.set(Timer::Ping, PING_EVERY_MS, means.stage);
        } else {
            // It gave up meanwhile.
            means.wire.send_up(pipe, Up::Closed, means.stage, means.weather);
        }
    }

    fn ping(&mut self, means: &mut Means<'_>) {
        let Some(pipe) = self.pipe() else { return };
        means.wire.send_up(pipe, Up::Ping, means.stage, means.weather);
        self.set(Timer::Pong, PONG_LIMIT_MS, means.stage);
        self.set(Timer::Ping, PING_EVERY_MS, means.stage);
    }

    /// The connection is lost, by what it was told or by a pong that did not come.
    pub fn lose_connection(&mut self, means: &mut Means<'_>) {
        if let Link::Open { pipe, .. } = self.link {
            means.wire.send_up(pipe, Up::Closed, means.stage, means.weather);
        }
        self.drop_link();
        if self.phase == Phase::Inside && self.wants_socket {
            let pause = self.pause(means.stage);
            self.set(Timer::Reconnect, pause, means.stage);
        }
    }

    fn drop_link(&mut self) {
        self.link = Link::Closed;
        self.online.clear();
        self.timers.remove(&Timer::Ping);
        self.timers.remove(&Timer::Pong);
        self.timers.remove(&Timer::Confirmation);
        self.outbox.iter_mut().for_each(|draft| draft.is_sent = false);
    }

    fn on_closed(&mut self, code: u16, means: &mut Means<'_>) {
        self.drop_link();
        match code {
            4404 | 4410 | 4411 => self.end(means),
            4401 => self.enter(means),
            _ => self.lose_connection(means),
        }
    }

    fn end(&mut self, means: &mut Means<'_>) {
        self.phase = Phase::Ended;
        let destroying = self.waiting.iter().find(|(_, purpose)| **purpose == Purpose::Destroy);
        let destroying = destroying.map(|(call, purpose)| (*call, *purpose));
        self.leave(means);
        // Whether everything is erased is still worth knowing.
        self.waiting.extend(destroying);
    }

    fn on_frame(&mut self, pipe: PipeKey, frame: &Value, means: &mut Means<'_>) {
        match frame["type"].as_str().unwrap_or_default() {
            "ready" => {
                self.link = Link::Open { pipe, is_ready: true };
                self.failures = 0;
                self.note_online(frame);
                self.note_last_seq(frame, means);
                self.flush(means);
            }
            "message" => self.on_message(&frame["message"], means),
            "presence" => {
                self.note_online(frame);
                self.note_last_seq(frame, means);
            }
            "error" => self.on_error(frame, means),
            "destroy" | "expire" => self.phase = Phase::Ended,
            _ => {}
        }
    }

    fn note_online(&mut self, frame: &Value) {
        let online = frame["online"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.online = online.map(str::to_owned).collect();
    }

    /// The room has messages up to a number: those that are missing are asked for.
    fn note_last_seq(&mut self, value: &Value, means: &mut Means<'_>) {
        self.last_seq = self.last_seq.max(value["lastSeq"].as_u64().unwrap_or(0));
        self.fetch(means);
    }

    fn fetch(&mut self, means: &mut Means<'_>) {
        let complete = self.complete_up_to();
        let is_asking = self.waiting.values().any(|purpose| *purpose == Purpose::Page);
        if complete < self.last_seq && !is_asking && self.phase == Phase::Inside {
            self.call(
                "GET",
                "/api/messages",
                &format!("&after={complete}"),
                String::new(),
                Purpose::Page,
                means,
            );
        }
    }

    fn on_page(&mut self, body: &Value, means: &mut Means<'_>) {
        for message in body["messages"].as_array().into_iter().flatten() {
            self.insert(message);
        }
        self.note_last_seq(body, means);
    }

    fn on_message(&mut self, message: &Value, means: &mut Means<'_>) {
        self.insert(message);
        self.fetch(means);
        self.flush(means);
    }

    fn insert(&mut self, message: &Value) {
        let (Some(seq), Some(id)) = (message["seq"].as_u64(), message["id"].as_str()) else { return };
        let text = message["text"].as_str().unwrap_or_default();
        self.outbox.retain(|draft| draft.id != id);
        self.last_seq = self.last_seq.max(seq);
        if self.known_ids.insert(id.to_owned()) {
            self.messages.insert(seq, (id.to_owned(), text.to_owned()));
        }
    }

    fn on_error(&mut self, frame: &Value, means: &mut Means<'_>) {
        let id = frame["id"].as_str().unwrap_or_default().to_owned();
        match frame["error"].as_str().unwrap_or_default() {
            "bad-request" | "room-history-full" => self.outbox.retain(|draft| draft.id != id),
            _ if self.outbox.iter().any(|draft| draft.id == id) => {
                self.was_held_up = true;
                let seconds = frame["retryAfterSeconds"].as_u64().unwrap_or(1);
                self.hold(seconds * 1000, means.stage);
            }
            _ => {}
        }
        self.flush(means);
    }

    /// Sends nothing for a while, and then all that waits, in order.
    fn hold(&mut self, ms: u64, stage: &mut Stage) {
        self.is_held = true;
        self.outbox.iter_mut().for_each(|draft| draft.is_sent = false);
        self.set(Timer::Resend, ms, stage);
    }

    fn flush(&mut self, means: &mut Means<'_>) {
        if self.is_held || self.phase != Phase::Inside {
            return;
        }
        if self.posts {
            return self.post(means);
        }
        let Link::Open { pipe, is_ready: true } = self.link else { return };
        match self.outbox.front() {
            None => drop(self.timers.remove(&Timer::Confirmation)),
            Some(first) if !first.is_sent => {
                self.set(Timer::Confirmation, CONFIRMATION_LIMIT_MS, means.stage)
            }
            Some(_) => {}
        }
        for draft in self.outbox.iter_mut().take(self.window).filter(|draft| !draft.is_sent) {
            draft.is_sent = true;
            let frame = json!({"type": "message", "id": draft.id, "sender": "S", "text": draft.text});
            means.wire.send_up(pipe, Up::Text(frame.to_string()), means.stage, means.weather);
        }
    }

    fn post(&mut self, means: &mut Means<'_>) {
        let is_posting = self.waiting.values().any(|purpose| *purpose == Purpose::Post);
        let Some(draft) = self.outbox.front().filter(|_| !is_posting) else { return };
        let body = json!({"id": draft.id, "sender": "S", "text": draft.text}).to_string();
        self.call("POST", "/api/messages", "", body, Purpose::Post, means);
    }
}
