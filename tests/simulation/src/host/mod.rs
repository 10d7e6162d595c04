//! The platform around one object: its storage behind an output gate, its alarm and timer, its sockets, and the many
//! ways in which it loses its memory.
//!
//! What leaves the object waits until the writes that were made before it are durable. A crash takes what waits.

mod disk;
mod edge;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use duet::{
    config::RoomSettings,
    domain::{EpochMs, ParticipantId, RoomId, SocketId},
    replica::{Reply, RequestId, RestRequest},
    room::{CallId, Effects, Event, Frame, LogEntry, OutputEffect, Room, StorageEffect},
    wire::{Answer, ApiError},
};

pub use disk::{Disk, Mishap};

use crate::{
    auditor::Dump,
    dice::Part,
    stage::Stage,
    weather::{Spell, Weather},
    wire::{Ask, CallKey, PipeKey},
    world::Happening,
};

/// How long an object without events stays in memory.
const IDLE_MS: u64 = 10_000;

/// Something that passed the gate.
#[allow(missing_docs, reason = "named as in the effects of the room")]
#[derive(Clone, Debug)]
pub enum Leaving {
    /// The answer to a call.
    Answered { call: CallKey, answer: Result<Answer, ApiError> },
    /// A frame.
    Sent { to: Vec<SocketId>, frame: Rc<str> },
    /// The end of sockets.
    Closed { sockets: Vec<SocketId>, code: u16 },
    /// A request to the database.
    Fetched { life: u64, id: RequestId, request: RestRequest },
}

/// What one event did, for the auditor.
#[derive(Clone, Debug)]
pub struct Handled {
    /// The object's clock.
    pub clock: u64,
    /// What stood in the journal before.
    pub before: Rc<Dump>,
    /// What stands there now.
    pub after: Rc<Dump>,
    /// The call that it was, if it was one.
    pub call: Option<CallKey>,
    /// The status of an answer to that call.
    pub status: Option<u16>,
    /// Whether it said that the time is over.
    pub says_expired: bool,
    /// Whether a statement failed.
    pub has_mishap: bool,
    /// How many effects it had.
    pub effects: usize,
    /// What must never happen, whatever the event.
    pub trouble: Option<&'static str>,
    /// What the log was told.
    pub logged: Vec<LogEntry>,
    /// The event and its effects as the product shows them, where a trace is kept.
    pub shown: Option<String>,
}

struct Socket {
    owner: ParticipantId,
    /// The connection, once the client was told that the socket is open.
    pipe: Option<PipeKey>,
    /// Whether the object can still write to it.
    is_open: bool,
}

/// How an object loses its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The process is gone, or a commit failed: what waits in the gate is lost, and the sockets are. Of the writes that
    /// are not durable, the first so many become so.
    Reset(u64),
    /// A panic, of this room or of another one in its isolate: gate, writes and sockets stay.
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
    /// What passed the gate and is to be carried away.
    pub leaving: Vec<Leaving>,
    /// Sockets whose end the object lost without a word.
    pub dropped: Vec<PipeKey>,
    /// Connections of sockets whose id another one has now.
    pub superseded: Vec<PipeKey>,
    /// Whether the memory was lost since somebody looked.
    pub has_crashed: bool,
    /// Calls that the object will not answer any more.
    pub failed_calls: Vec<CallKey>,
    /// What stood in the journal before and after events in which the object panicked.
    pub panicked: Vec<(Rc<Dump>, Rc<Dump>)>,
    /// What the events did since the auditor looked.
    pub handled: Vec<Handled>,
    /// How far the object's clock is from the world's.
    skew_ms: i64,
    /// Counts the lives of the object's memory.
    pub life: u64,
    /// How often the memory was lost to hibernation.
    pub naps: u64,
    settings: RoomSettings,
    room: Option<Room>,
    effects: Effects,
    gate: VecDeque<(u64, Leaving)>,
    alarm_count: u64,
    timer_count: u64,
    idle_count: u64,
    durable_at: u64,
    calls: BTreeMap<CallId, CallKey>,
    next_call: u64,
    fetches: BTreeSet<RequestId>,
    sockets: BTreeMap<SocketId, Socket>,
}

impl Host {
    /// An object that was never used.
    pub fn new(id: RoomId, settings: RoomSettings) -> Self {
        Self {
            id,
            disk: Disk::new(),
            alarm: None,
            timer: None,
            leaving: vec![],
            dropped: vec![],
            superseded: vec![],
            has_crashed: false,
            failed_calls: vec![],
            panicked: vec![],
            handled: vec![],
            skew_ms: 0,
            life: 0,
            naps: 0,
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
            fetches: BTreeSet::new(),
            sockets: BTreeMap::new(),
        }
    }

    /// The object's clock.
    pub fn clock(&self, now: u64) -> u64 {
        now.saturating_add_signed(self.skew_ms)
    }

    /// The object's clock jumps; its alarm goes by the same clock.
    pub fn set_clock(&mut self, skew_ms: i64, stage: &mut Stage, weather: &Weather) {
        self.skew_ms = skew_ms;
        self.plan_alarm(stage, weather);
    }

    /// A call arrives. What needs no object is answered by the Worker.
    pub fn call(&mut self, key: CallKey, ask: &Ask, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        self.next_call += 1;
        let random =
            std::array::from_fn(|place| (self.next_call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> place) as u8);
        let admitted = match edge::admit(ask, &self.id, random) {
            Ok(admitted) => admitted,
            Err(error) => return self.leaving.push(Leaving::Answered { call: key, answer: Err(error) }),
        };
        let call = CallId(self.next_call);
        self.calls.insert(call, key);
        self.handle(admitted.event(call), mishap, stage, weather);
    }

    /// A line of a socket arrives.
    pub fn frame(
        &mut self,
        socket: SocketId,
        text: Option<&str>,
        mishap: Mishap,
        stage: &mut Stage,
        weather: &Weather,
    ) {
        let frame = match text {
            Some(text) if text.len() > edge::MAX_FRAME_BYTES => Frame::TooLarge,
            Some(text) => Frame::Text(text),
            None => Frame::Binary,
        };
        self.handle(Event::Frame { socket, frame }, mishap, stage, weather);
    }

    /// A socket is closed by its client, or its connection is lost.
    pub fn socket_closed(&mut self, socket: SocketId, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        if let Some(Socket { owner, .. }) = self.sockets.remove(&socket) {
            self.handle(Event::SocketClosed { socket, owner: Some(owner) }, mishap, stage, weather);
        }
    }

    /// The answer to a request comes back; one of an earlier life reaches nobody.
    pub fn reply(
        &mut self,
        (life, request): (u64, RequestId),
        reply: Option<&(u16, String)>,
        mishap: Mishap,
        stage: &mut Stage,
        weather: &Weather,
    ) {
        if life == self.life && self.fetches.remove(&request) {
            let reply = reply.map(|(status, body)| Reply { status: *status, body });
            self.handle(Event::Reply { request, reply }, mishap, stage, weather);
        }
    }

    /// The alarm may be due.
    pub fn alarm_due(&mut self, count: u64, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        if count != self.alarm_count || self.alarm.is_none() {
            return;
        }
        if matches!(mishap, Mishap::Panic(_)) {
            // The platform calls a handler that failed again.
            self.handle(Event::Alarm, mishap, stage, weather);
            self.plan_alarm(stage, weather);
        } else {
            self.alarm = None;
            self.handle(Event::Alarm, mishap, stage, weather);
            if weather.strikes(stage, Part::Host, "alarm again", |swarm| swarm.repeated_alarms) {
                let delay = stage.dice.below(Part::Host, "again after", 5_000);
                stage.after(delay, Happening::AlarmAgain);
            }
        }
    }

    /// The alarm rings although it is not its time.
    pub fn alarm_again(&mut self, stage: &mut Stage, weather: &Weather) {
        self.handle(Event::Alarm, Mishap::None, stage, weather);
    }

    /// The timer may have run out.
    pub fn timer_due(&mut self, count: u64, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        if count == self.timer_count && self.timer.take().is_some() {
            self.handle(Event::Timer, mishap, stage, weather);
        }
    }

    fn handle(&mut self, event: Event<'_>, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        let clock = self.clock(stage.now);
        let before = self.disk.newest_dump();
        let call = match &event {
            Event::Request { call, .. } | Event::SocketRequested { call, .. } => Some(*call),
            _ => None,
        };
        let shown = stage.trace.is_kept().then(|| format!("{event:?}"));
        if self.room.is_none() {
            stage.note("object", || "wakes".to_owned());
        }
        let sockets = || open_sockets(&self.sockets);
        let room = self.room.get_or_insert_with(|| Room::new(self.id.clone(), self.settings, sockets()));
        self.disk.begin(mishap);
        let mut effects = std::mem::take(&mut self.effects);
        room.handle(event, EpochMs(clock), &self.disk, &mut effects);
        let shown = shown.map(|event| format!("{event} → {:?} {:?}", effects.storage, effects.output));
        if let Some(shown) = &shown {
            stage.note("object", || shown.clone());
        }
        if matches!(mishap, Mishap::Panic(_)) {
            stage.note("object", || "panics before it is done".to_owned());
            effects.clear();
            self.effects = effects;
            self.disk.keep_what_stood_at_panic(self.alarm);
            self.panicked.push((before, self.disk.newest_dump()));
            self.plan_commit(stage, weather);
            return self.lose_memory(Loss::Wiped, stage, weather);
        }
        self.carry_out(&mut effects, call, (clock, before, shown, mishap != Mishap::None), stage, weather);
        self.effects = effects;
        self.plan_nap(stage);
    }

    fn carry_out(
        &mut self,
        effects: &mut Effects,
        call: Option<CallId>,
        (clock, before, shown, has_mishap): (u64, Rc<Dump>, Option<String>, bool),
        stage: &mut Stage,
        weather: &Weather,
    ) {
        let count = effects.storage.len() + effects.output.len();
        let alarm_before = self.alarm;
        for effect in effects.storage.drain(..) {
            self.store(effect);
        }
        if self.disk.has_written() || self.disk.newest_alarm() != self.alarm {
            self.disk.keep(self.alarm);
            self.plan_commit(stage, weather);
        }
        if alarm_before != self.alarm {
            self.plan_alarm(stage, weather);
        }
        let after = self.disk.newest_dump();
        let key = call.and_then(|call| self.calls.get(&call).copied());
        let mut handled = Handled {
            clock,
            before,
            after,
            call: key,
            status: None,
            says_expired: false,
            has_mishap,
            effects: count,
            trouble: None,
            logged: vec![],
            shown,
        };
        for effect in effects.output.drain(..) {
            self.put_out(effect, &mut handled, stage);
        }
        self.handled.push(handled);
        self.let_out();
    }

    fn store(&mut self, effect: StorageEffect) {
        match effect {
            StorageEffect::SetAlarm(EpochMs(at)) => {
                self.alarm = Some(at);
            }
            StorageEffect::DeleteAll => {
                self.disk.delete_all();
                self.alarm = None;
            }
        }
    }

    fn put_out(&mut self, effect: OutputEffect, handled: &mut Handled, stage: &mut Stage) {
        let leaving = match effect {
            OutputEffect::Respond(call, answer) => {
                let Some(key) = self.calls.remove(&call) else {
                    handled.trouble = Some("a call is answered twice");
                    return;
                };
                if handled.call == Some(key) {
                    handled.status = Some(answer.as_ref().map_or_else(ApiError::status, Answer::status));
                }
                Leaving::Answered { call: key, answer }
            }
            OutputEffect::AcceptSocket { socket, participant, .. } => {
                // An id is used twice only where the clock went back; nothing of the older socket arrives any more.
                let older =
                    self.sockets.insert(socket, Socket { owner: participant, pipe: None, is_open: true });
                self.superseded.extend(older.and_then(|older| older.pipe));
                return;
            }
            OutputEffect::Send { to, frame } => {
                handled.says_expired |= frame.contains(r#""type":"expire""#);
                Leaving::Sent { to, frame: frame.into() }
            }
            OutputEffect::Close(sockets, close) => {
                handled.says_expired |= close.code == 4411;
                sockets.iter().for_each(|socket| self.mark_closed(*socket));
                Leaving::Closed { sockets, code: close.code }
            }
            OutputEffect::Fetch(id, request) => {
                if !self.fetches.is_empty() {
                    handled.trouble = Some("two requests are on their way");
                }
                self.fetches.insert(id);
                Leaving::Fetched { life: self.life, id, request }
            }
            OutputEffect::AbortFetch(id) => {
                self.fetches.remove(&id);
                // One that did not leave yet never does.
                let is_it =
                    |out: &Leaving| matches!(out, Leaving::Fetched { id: waiting, .. } if *waiting == id);
                self.gate.retain(|(_, out)| !is_it(out));
                return;
            }
            OutputEffect::SetTimer(EpochMs(at)) => {
                self.timer = Some(at);
                self.timer_count += 1;
                let delay = at.saturating_sub(self.clock(stage.now));
                return stage.after(delay, Happening::TimerDue(self.timer_count));
            }
            OutputEffect::Log(entry) => return handled.logged.push(entry),
        };
        self.gate.push_back((self.disk.newest(), leaving));
    }

    fn mark_closed(&mut self, socket: SocketId) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.is_open = false;
        }
    }

    /// Lets out what waits for nothing any more.
    fn let_out(&mut self) {
        while self.gate.front().is_some_and(|(number, _)| *number <= self.disk.safe()) {
            self.leaving.extend(self.gate.pop_front().map(|(_, leaving)| leaving));
        }
    }

    /// One more write is durable. Returns `false` where there is none up to `number`.
    pub fn commit_one(&mut self, number: u64) -> bool {
        let is_new = self.disk.settle_one(number);
        self.let_out();
        is_new
    }

    fn plan_commit(&mut self, stage: &mut Stage, weather: &Weather) {
        let is_slow = weather.has(Spell::SlowCommits)
            || weather.strikes(stage, Part::Host, "slow commit", |swarm| swarm.slow_commits);
        let delay = stage.dice.between(Part::Host, "commit", 1, if is_slow { 3_000 } else { 5 });
        // Commits are durable in order.
        self.durable_at = self.durable_at.max(stage.now + delay);
        stage.at(self.durable_at, Happening::Durable(self.disk.newest()));
    }

    /// Plans when the alarm rings.
    pub fn plan_alarm(&mut self, stage: &mut Stage, weather: &Weather) {
        let Some(at) = self.alarm else { return };
        self.alarm_count += 1;
        let late = if weather.strikes(stage, Part::Host, "late alarm", |swarm| swarm.late_alarms) {
            stage.dice.between(Part::Host, "late by", 1, 60_000)
        } else {
            0
        };
        let delay = at.saturating_sub(self.clock(stage.now)) + late;
        stage.after(delay, Happening::AlarmDue(self.alarm_count));
    }

    fn plan_nap(&mut self, stage: &mut Stage) {
        self.idle_count += 1;
        stage.after(IDLE_MS, Happening::IdleCheck(self.idle_count));
    }

    /// The object may sleep: it was idle, and nothing in it waits. Its memory goes, its sockets stay.
    pub fn idle_check(&mut self, count: u64, stage: &mut Stage) -> bool {
        let is_idle =
            self.timer.is_none() && self.fetches.is_empty() && self.calls.is_empty() && self.gate.is_empty();
        if count != self.idle_count || self.room.is_none() {
            return false;
        }
        if !is_idle {
            self.plan_nap(stage);
            return false;
        }
        stage.note("object", || "sleeps".to_owned());
        self.forget_memory();
        self.naps += 1;
        true
    }

    fn forget_memory(&mut self) {
        self.room = None;
        self.life += 1;
        self.timer = None;
        self.timer_count += 1;
        self.fetches.clear();
    }

    /// The object loses its memory at any moment.
    pub fn crash(&mut self, stage: &mut Stage, weather: &Weather) {
        let writes = self.disk.newest() - self.disk.safe();
        let loss = match stage.dice.below(Part::Host, "loss", 3) {
            0 => Loss::Wiped,
            _ => Loss::Reset(stage.dice.below(Part::Host, "writes kept", writes + 1)),
        };
        self.lose_memory(loss, stage, weather);
    }

    /// The object loses its memory in a certain way.
    pub fn lose_memory(&mut self, loss: Loss, stage: &mut Stage, weather: &Weather) {
        stage.note("object", || format!("loses its memory: {loss:?}"));
        self.has_crashed = true;
        let calls = std::mem::take(&mut self.calls).into_values();
        self.forget_memory();
        if let Loss::Reset(kept) = loss {
            self.failed_calls.extend(calls);
            self.gate.clear();
            self.alarm = self.disk.go_back(self.disk.safe() + kept);
            self.durable_at = 0;
            self.plan_alarm(stage, weather);
            self.dropped.extend(self.sockets.values().filter_map(|socket| socket.pipe));
            self.sockets.clear();
        }
    }

    /// The client of a socket was told that it is open.
    pub fn connect(&mut self, socket: SocketId, pipe: PipeKey) {
        if let Some(socket) = self.sockets.get_mut(&socket) {
            socket.pipe = Some(pipe);
        }
    }

    /// The connection of a socket.
    pub fn pipe_of(&self, socket: SocketId) -> Option<PipeKey> {
        self.sockets.get(&socket).and_then(|socket| socket.pipe)
    }

    /// Whether the object still has this socket open.
    pub fn is_open(&self, socket: SocketId) -> bool {
        self.sockets.get(&socket).is_some_and(|socket| socket.is_open)
    }

    /// The participants who have an open socket.
    pub fn online(&self) -> BTreeSet<String> {
        open_sockets(&self.sockets).into_iter().map(|(_, owner)| owner.as_str().to_owned()).collect()
    }

    /// Whether the object waits for the answer to a request.
    pub fn awaits(&self, life: u64, request: RequestId) -> bool {
        life == self.life && self.fetches.contains(&request)
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

fn open_sockets(sockets: &BTreeMap<SocketId, Socket>) -> Vec<(SocketId, ParticipantId)> {
    let open = sockets.iter().filter(|(_, socket)| socket.is_open);
    open.map(|(id, socket)| (*id, socket.owner.clone())).collect()
}
