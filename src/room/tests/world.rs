//! One room on an in-memory database, with short functions for the events that tests need.

use serde_json::{Value, json};

use super::super::{CallId, Effects, Event, Frame, LogEntry, OutputEffect, Room, StorageEffect};
use crate::{
    config::RoomSettings,
    domain::{EpochMs, MessageId, RoomId, SeatDigest, SocketId, Token},
    journal::memory::InMemory,
    replica::{Reply, RequestId, RestRequest},
    wire::{Answer, ApiError, Close, CreateBody, Draft, JoinBody, Request},
};

/// The time at which every test begins.
pub const START: EpochMs = EpochMs(1_000_000_000);
/// The room's life after its last activity, in milliseconds.
pub const TTL_MS: u64 = 600_000;

/// A person, identified by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person(pub u8);

pub const ANN: Person = Person(1);
pub const BEN: Person = Person(2);
pub const CAT: Person = Person(3);

/// A room and the effects that it has produced so far.
pub struct TestRoom {
    pub room: Room,
    pub sql: InMemory,
    pub now: EpochMs,
    pub frames: Vec<(SocketId, Value)>,
    pub closed: Vec<(SocketId, Close)>,
    pub answers: Vec<(CallId, Result<Answer, ApiError>)>,
    pub fetches: Vec<(RequestId, RestRequest)>,
    pub aborted: Vec<RequestId>,
    pub log: Vec<LogEntry>,
    pub alarm: Option<EpochMs>,
    pub alarms_set: usize,
    pub timer: Option<EpochMs>,
    settings: RoomSettings,
    calls: u64,
}

impl TestRoom {
    /// An object in which no room was ever created.
    pub fn empty(has_database: bool) -> Self {
        let settings = RoomSettings {
            ttl_seconds: TTL_MS / 1000,
            longest_seconds: 86_400,
            messages_per_second: 0,
            has_database,
        };
        Self {
            room: Room::new(room_id(), settings, vec![]),
            sql: InMemory::new(),
            now: START,
            frames: vec![],
            closed: vec![],
            answers: vec![],
            fetches: vec![],
            aborted: vec![],
            log: vec![],
            alarm: None,
            alarms_set: 0,
            timer: None,
            settings,
            calls: 0,
        }
    }

    /// A room without a database and without participants.
    pub fn created() -> Self {
        let mut room = Self::empty(false);
        room.call(ANN, Request::Create(CreateBody::default())).unwrap();
        room
    }

    /// Two people with a socket each. The frames of their arrival are dropped.
    pub fn with_two_people() -> (Self, SocketId, SocketId) {
        let mut room = Self::created();
        room.join(ANN);
        room.join(BEN);
        let sockets = (room.connect(ANN), room.connect(BEN));
        room.frames.clear();
        (room, sockets.0, sockets.1)
    }

    /// Passes an event to the room and records its effects.
    pub fn handle(&mut self, event: Event<'_>) {
        let mut effects = Effects::default();
        self.room.handle(event, self.now, &self.sql, &mut effects);
        for effect in effects.storage {
            match effect {
                StorageEffect::SetAlarm(at) => {
                    self.alarm = Some(at);
                    self.alarms_set += 1;
                }
                StorageEffect::DeleteAll => {
                    self.sql.delete_all();
                    self.alarm = None;
                }
            }
        }
        effects.output.into_iter().for_each(|effect| self.record(effect));
    }

    fn record(&mut self, effect: OutputEffect) {
        match effect {
            OutputEffect::Respond(call, answer) => self.answers.push((call, answer)),
            OutputEffect::Send { to, frame } => {
                let frame: Value = serde_json::from_str(&frame).unwrap();
                self.frames.extend(to.into_iter().map(|socket| (socket, frame.clone())));
            }
            OutputEffect::Close(sockets, close) => {
                self.closed.extend(sockets.into_iter().map(|socket| (socket, close)));
            }
            OutputEffect::Fetch(id, request) => self.fetches.push((id, request)),
            OutputEffect::SetTimer(at) => self.timer = Some(at),
            OutputEffect::AbortFetch(id) => self.aborted.push(id),
            OutputEffect::Log(entry) => self.log.push(entry),
            OutputEffect::AcceptSocket { .. } => {}
        }
    }

    /// Makes a call whose answer may come later.
    pub fn begin_call(&mut self, person: Person, request: Request) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.handle(Event::Request { call, seat: Some(seat(person)), request });
        call
    }

    /// Makes a call that is answered at once.
    pub fn call(&mut self, person: Person, request: Request) -> Result<Answer, ApiError> {
        let call = self.begin_call(person, request);
        self.answer(call).expect("the call is answered at once")
    }

    /// The answer to a call, if it has arrived.
    pub fn answer(&self, call: CallId) -> Option<Result<Answer, ApiError>> {
        self.answers.iter().find(|(answered, _)| *answered == call).map(|(_, answer)| answer.clone())
    }

    pub fn join(&mut self, person: Person) {
        self.call(person, Request::Join(JoinBody::default())).unwrap();
    }

    pub fn connect(&mut self, person: Person) -> SocketId {
        self.calls += 1;
        let call = CallId(self.calls);
        self.handle(Event::SocketRequested { call, seat: Some(seat(person)) });
        match self.answer(call) {
            Some(Ok(Answer::SocketAccepted(socket))) => socket,
            other => panic!("{other:?}"),
        }
    }

    pub fn frame(&mut self, socket: SocketId, frame: &Value) {
        self.handle(Event::Frame { socket, frame: Frame::Text(&frame.to_string()) });
    }

    /// The frames of type `kind` that a socket received.
    pub fn frames_to(&self, socket: SocketId, kind: &str) -> Vec<Value> {
        let to_it = self.frames.iter().filter(|(to, frame)| *to == socket && frame["type"] == kind);
        to_it.map(|(_, frame)| frame.clone()).collect()
    }

    /// Answers the oldest open request to the database.
    pub fn reply(&mut self, status: u16, body: &str) {
        let (request, _) = self.fetches.remove(0);
        self.handle(Event::Reply { request, reply: Some(Reply { status, body }) });
    }

    /// Moves the clock to the timer and runs it.
    pub fn run_timer(&mut self) {
        self.now = self.timer.take().expect("a timer is set").max(self.now);
        self.handle(Event::Timer);
    }

    /// Moves the clock to the alarm and runs it.
    pub fn run_alarm(&mut self) {
        self.now = self.alarm.take().expect("an alarm is set").max(self.now);
        self.handle(Event::Alarm);
    }

    /// Drops the room's memory: hibernation if `sockets` stayed open, a crash otherwise.
    pub fn lose_memory(&mut self, sockets: &[(SocketId, Person)]) {
        let open = sockets
            .iter()
            .map(|(socket, person)| (*socket, crate::domain::ParticipantId::of(&seat(*person))));
        self.room = Room::new(room_id(), self.settings, open.collect());
        self.timer = None;
        self.fetches.clear();
    }

    pub fn after_ms(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.plus_ms(ms);
        self
    }
}

pub fn room_id() -> RoomId {
    RoomId::parse(&"r".repeat(21)).unwrap()
}

pub fn seat(person: Person) -> SeatDigest {
    Token::from_random([person.0; 32]).seat_in(&room_id())
}

pub fn participant(person: Person) -> String {
    crate::domain::ParticipantId::of(&seat(person)).as_str().to_owned()
}

/// A message id that ends in `name`.
pub fn id(name: &str) -> String {
    format!("{name:->21}")
}

/// A message frame as a client sends it.
pub fn message(name: &str, text: &str) -> Value {
    json!({ "type": "message", "id": id(name), "text": text })
}

/// A message as a call to `POST /api/messages`.
pub fn post(name: &str, text: &str) -> Request {
    let draft = Draft::parse(&json!({ "id": id(name), "text": text }).to_string()).unwrap();
    Request::Send { draft, fallback_id: MessageId::from_random([9; 32]) }
}
