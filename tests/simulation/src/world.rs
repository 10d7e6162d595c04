//! Everything together: one object with its platform, a Redis, people, and what lies between them. A step takes the
//! next happening, lets it act, and asks the auditor.

use std::{collections::BTreeMap, rc::Rc};

use duet::{config::RoomSettings, domain::RoomId, replica::RequestId, wire};

use crate::{
    auditor::{Auditor, Verdict, Violation},
    deeds::Habits,
    dice::{Dice, Part},
    host::{Host, Leaving, Loss, Mishap},
    identity::Identity,
    person::{Means, Person, Timer},
    redis::{Outside, Redis},
    stage::Stage,
    trace::Trace,
    weather::{Spell, Weather},
    wire::{Answer, Ask, CallKey, Down, PipeKey, Up, Who, Wire},
};

/// When the simulated world begins, in milliseconds since the Unix epoch.
pub const BEGIN: u64 = 1_800_000_000_000;

/// The id of the one room.
pub const ROOM: &str = "room-of-the-simulator";

/// Something that is going to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as what happens")]
pub enum Happening {
    CallArrives(CallKey),
    AnswerArrives(CallKey),
    LineUp(PipeKey),
    LineDown(PipeKey),
    ClientNotices(PipeKey),
    ObjectNotices(PipeKey),
    Durable(u64),
    AlarmDue(u64),
    AlarmAgain,
    TimerDue(u64),
    IdleCheck(u64),
    RedisRuns { key: u64, is_again: bool },
    RedisReplies { key: u64, is_heard: bool },
    GiveUp { client: usize, call: CallKey },
    ClientTimer { client: usize, timer: Timer, count: u64 },
    Acts(usize),
    StrangerActs,
    SpellBegins(Spell),
    SpellEnds(Spell),
}

/// What a world is like.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether a Redis is configured.
    pub has_database: bool,
    /// The life of the room after its last activity.
    pub ttl_seconds: u64,
    /// Its longest life.
    pub longest_seconds: u64,
    /// Messages per participant and second; 0 for no limit.
    pub messages_per_second: u64,
    /// Whether the room asks for a proof.
    pub is_sealed: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            has_database: true,
            ttl_seconds: 600,
            longest_seconds: 86_400,
            messages_per_second: 10,
            is_sealed: false,
        }
    }
}

/// The simulated world.
pub struct World {
    /// Time, chance and the plan.
    pub stage: Stage,
    /// Calls and sockets.
    pub wire: Wire,
    /// The database.
    pub redis: Redis,
    /// The object.
    pub host: Host,
    /// The faults.
    pub weather: Weather,
    /// The judge.
    pub auditor: Auditor,
    /// The clients: Ann, Ben, and a second one of Ann.
    pub people: Vec<Person>,
    /// Third persons: one with the whole link, one without.
    pub strangers: Vec<Identity>,
    /// How often people do what.
    pub habits: Habits,
    /// What the room is like.
    pub setup: Setup,
    /// The answer to `create`.
    pub creation: Option<Answer>,
    /// Steps so far.
    pub steps: u64,
    /// Events that the object handled so far.
    pub events: u64,
    next_mishap: Option<Mishap>,
    asks: BTreeMap<CallKey, Rc<Ask>>,
    pipe_calls: BTreeMap<PipeKey, CallKey>,
}

impl World {
    /// A world without faults in which people do only what they are told.
    pub fn quiet(setup: Setup) -> Self {
        Self::new(setup, Weather::calm(), Dice::calm(), Trace::kept(BEGIN))
    }

    /// A world before its room is made.
    pub fn new(setup: Setup, weather: Weather, dice: Dice, trace: Trace) -> Self {
        let settings = RoomSettings {
            ttl_seconds: setup.ttl_seconds,
            longest_seconds: setup.longest_seconds,
            messages_per_second: setup.messages_per_second,
            has_database: setup.has_database,
        };
        let host = Host::new(RoomId::parse(ROOM).expect("it is a room id"), settings);
        let mut auditor = Auditor::new(ROOM, host.disk.safe_dump());
        let identity = |name, has_link| Identity::new(name, ROOM, setup.is_sealed, has_link);
        let people = [("Ann", Part::Ann, "Ann"), ("Ben", Part::Ben, "Ben"), ("Tab", Part::Tab, "Ann")];
        let people = people.into_iter().enumerate().map(|(place, (name, part, owner))| {
            let identity = Identity { name, ..identity(owner, true) };
            Person::new(place, part, identity, ROOM)
        });
        let people: Vec<Person> = people.collect();
        let strangers = vec![identity("Cat", true), identity("Dan", false)];
        people.iter().take(2).for_each(|person| auditor.meet(person.identity.known(true)));
        auditor.meet(strangers[0].known(true));
        auditor.meet(strangers[1].known(!setup.is_sealed));
        Self {
            stage: Stage::new(BEGIN, dice, trace),
            wire: Wire::default(),
            redis: Redis::default(),
            host,
            weather,
            auditor,
            people,
            strangers,
            habits: Habits::default(),
            setup,
            creation: None,
            steps: 0,
            events: 0,
            next_mishap: None,
            asks: BTreeMap::new(),
            pipe_calls: BTreeMap::new(),
        }
    }

    /// Milliseconds since the world began.
    pub fn elapsed(&self) -> u64 {
        self.stage.now - BEGIN
    }

    /// One client with what it needs to act.
    pub fn person(&mut self, place: usize) -> (&mut Person, Means<'_>) {
        let means = Means { stage: &mut self.stage, wire: &mut self.wire, weather: &self.weather };
        (&mut self.people[place], means)
    }

    /// A call from somebody who is no honest client.
    pub fn ask(&mut self, who: Who, ask: Ask) -> CallKey {
        let key = self.wire.call(who, ask, &mut self.stage, &self.weather);
        self.note_asks();
        key
    }

    /// The call that makes the room.
    pub fn ask_create(&mut self) {
        let access = if self.setup.is_sealed {
            format!(r#"{{"access":"{}"}}"#, Identity::access())
        } else {
            String::new()
        };
        let ask = Ask { method: "POST", path: "/api/room/create", body: access, ..Ask::default() };
        self.ask(Who::Nuisance(0), ask);
    }

    /// New calls are remembered for the auditor, whatever becomes of them.
    fn note_asks(&mut self) {
        let next = self.asks.last_key_value().map_or(0, |(key, _)| key + 1);
        for (key, call) in self.wire.calls.range(next..) {
            self.auditor.asked(&call.ask);
            self.asks.insert(*key, call.ask.clone());
        }
    }

    /// Takes the next happening, up to a moment. `Ok(false)`: there is none.
    pub fn step(&mut self, until: u64) -> Result<bool, Violation> {
        if self.stage.next_at().is_none_or(|at| at > until) {
            self.stage.now = self.stage.now.max(until);
            return Ok(false);
        }
        let Some(happening) = self.stage.take_next() else { return Ok(false) };
        self.happen(happening)?;
        Ok(true)
    }

    /// Lets everything happen up to a moment.
    pub fn run_until(&mut self, until: u64) -> Verdict {
        while self.step(until)? {}
        Ok(())
    }

    /// Lets everything happen for so many milliseconds.
    pub fn run_for(&mut self, ms: u64) -> Verdict {
        self.run_until(self.stage.now + ms)
    }

    /// Lets one happening act, and judges what came of it.
    pub fn happen(&mut self, happening: Happening) -> Verdict {
        self.steps += 1;
        self.stage.dice.note(self.stage.now);
        self.act(happening)?;
        self.look_around()?;
        if self.weather.strikes(&mut self.stage, Part::Host, "crash", |swarm| swarm.crashes) {
            self.host.crash(&mut self.stage, &self.weather);
            self.look_around()?;
        }
        if self.weather.strikes(&mut self.stage, Part::Host, "clock", |swarm| swarm.clock_jumps) {
            let jump = self.stage.dice.below(Part::Host, "jump", 20_001) as i64;
            self.host.set_clock(jump - 10_000, &mut self.stage, &self.weather);
        }
        Ok(())
    }

    fn act(&mut self, happening: Happening) -> Verdict {
        match happening {
            Happening::CallArrives(key) => self.call_arrives(key),
            Happening::AnswerArrives(key) => self.answer_arrives(key),
            Happening::LineUp(pipe) => self.line_up(pipe),
            Happening::LineDown(pipe) => self.line_down(pipe),
            Happening::ClientNotices(pipe) => self.client_notices(pipe),
            Happening::ObjectNotices(pipe) => self.object_notices(pipe),
            Happening::Durable(number) => return self.durable(number),
            Happening::AlarmDue(count) => {
                let mishap = self.mishap();
                self.host.alarm_due(count, mishap, &mut self.stage, &self.weather);
            }
            Happening::AlarmAgain => self.host.alarm_again(&mut self.stage, &self.weather),
            Happening::TimerDue(count) => {
                let mishap = self.mishap();
                self.host.timer_due(count, mishap, &mut self.stage, &self.weather);
            }
            Happening::IdleCheck(count) => {
                self.host.idle_check(count, &mut self.stage);
            }
            Happening::RedisRuns { key, is_again } => return self.redis_runs(key, is_again),
            Happening::RedisReplies { key, is_heard } => self.redis_replies(key, is_heard),
            Happening::GiveUp { client, call } => {
                let (person, mut means) = self.person(client);
                person.give_up(call, &mut means);
            }
            Happening::ClientTimer { client, timer, count } => {
                let (person, mut means) = self.person(client);
                person.on_timer(timer, count, &mut means);
            }
            Happening::Acts(client) => self.acts(client),
            Happening::StrangerActs => self.stranger_acts(),
            Happening::SpellBegins(spell) => self.spell_begins(spell),
            Happening::SpellEnds(spell) => self.weather.end(spell),
        }
        Ok(())
    }

    /// What goes wrong with the next event.
    fn mishap(&mut self) -> Mishap {
        if let Some(mishap) = self.next_mishap.take() {
            return mishap;
        }
        let (stage, weather) = (&mut self.stage, &self.weather);
        if weather.strikes(stage, Part::Host, "panic", |swarm| swarm.panics) {
            Mishap::Panic(stage.dice.below(Part::Host, "panic after writes", 4) as u32)
        } else if weather.strikes(stage, Part::Host, "statement", |swarm| swarm.failing_statements) {
            Mishap::StatementFails(stage.dice.below(Part::Host, "which statement", 6) as u32)
        } else {
            Mishap::None
        }
    }

    fn call_arrives(&mut self, key: CallKey) {
        self.note_asks();
        let Some(ask) = self.asks.get(&key).cloned() else { return };
        let mishap = self.mishap();
        self.host.call(key, &ask, mishap, &mut self.stage, &self.weather);
    }

    fn answer_arrives(&mut self, key: CallKey) {
        let Some(call) = self.wire.calls.remove(&key) else { return };
        let Some(answer) = call.answer else { return };
        self.stage.note("wire", || format!("call {key} is answered {}", answer.status));
        match call.who {
            Who::Client(client) => {
                let (person, mut means) = self.person(client);
                person.on_answer(key, &answer, &mut means);
            }
            _ if call.ask.path.ends_with("/create") => self.creation = Some(answer),
            _ => {}
        }
    }

    fn line_up(&mut self, key: PipeKey) {
        let who = self.wire.pipes.get(&key).map(|pipe| pipe.who);
        let Some((Some(socket), line)) = self.wire.take_up(key) else { return };
        match line {
            Up::Ping if self.host.is_open(socket) => {
                self.wire.send_down(key, Down::Pong, &mut self.stage, &self.weather);
            }
            Up::Ping => {}
            Up::Closed => self.object_notices(key),
            Up::Text(text) => {
                let participant = match who {
                    Some(Who::Client(client) | Who::Nuisance(client)) => {
                        self.people[client].identity.participant()
                    }
                    _ => "",
                };
                self.auditor.framed(participant, &text);
                let mishap = self.mishap();
                self.host.frame(socket, Some(&text), mishap, &mut self.stage, &self.weather);
            }
            Up::Binary => self.host.frame(socket, None, Mishap::None, &mut self.stage, &self.weather),
        }
    }

    fn line_down(&mut self, key: PipeKey) {
        let Some((who, line)) = self.wire.take_down(key) else { return };
        if matches!(line, Down::Closed(_)) {
            // Closing takes two: the object hears that the client closed too.
            self.wire.send_up(key, Up::Closed, &mut self.stage, &self.weather);
        }
        let Who::Client(client) = who else { return };
        let call = self.pipe_calls.get(&key).copied();
        if !matches!(line, Down::Pong) {
            self.stage.note(self.people[client].identity.name, || format!("socket {key}: {}", shown(&line)));
        }
        let (person, mut means) = self.person(client);
        person.on_line(key, call, &line, &mut means);
    }

    fn client_notices(&mut self, key: PipeKey) {
        let Some(pipe) = self.wire.pipes.get_mut(&key).filter(|pipe| pipe.is_client_open) else { return };
        pipe.is_client_open = false;
        if let Who::Client(client) = pipe.who
            && self.people[client].pipe() == Some(key)
        {
            let (person, mut means) = self.person(client);
            person.lose_connection(&mut means);
        }
    }

    fn object_notices(&mut self, key: PipeKey) {
        let Some(pipe) = self.wire.pipes.get_mut(&key) else { return };
        pipe.is_server_open = false;
        if let Some(socket) = pipe.socket {
            self.auditor.forget_socket(socket);
            let mishap = self.mishap();
            self.host.socket_closed(socket, mishap, &mut self.stage, &self.weather);
        }
    }

    fn durable(&mut self, number: u64) -> Verdict {
        while self.host.commit_one(number) {
            self.auditor.safe_is(&self.host.disk.safe_dump())?;
            self.deliver()?;
        }
        Ok(())
    }

    fn redis_runs(&mut self, key: u64, is_again: bool) -> Verdict {
        let host = &self.host;
        let ran = self.redis.run(key, is_again, |life, id| host.awaits(life, id), self.stage.now);
        let Some(ran) = ran else { return Ok(()) };
        self.stage.note("redis", || {
            let verbs: Vec<&str> = ran.commands.iter().map(|command| command[0].as_str()).collect();
            format!("runs {key}: {}{}", verbs.join(" "), if ran.is_stray { ", late or again" } else { "" })
        });
        if ran.is_stray {
            self.auditor.mark("a request ran late or again");
        }
        self.auditor.ran(&ran, &self.redis, self.stage.now)
    }

    fn redis_replies(&mut self, key: u64, is_heard: bool) {
        let Some((life, id, reply)) = self.redis.reply(key, is_heard) else { return };
        let mishap = self.mishap();
        self.host.reply((life, id), reply.as_ref(), mishap, &mut self.stage, &self.weather);
    }

    fn spell_begins(&mut self, spell: Spell) {
        if self.weather.is_calm {
            return;
        }
        self.weather.begin(spell);
        if let Spell::Offline(client) = spell {
            self.cut_off(client);
        }
    }

    /// A client loses its connection without anybody being told.
    pub fn cut_off(&mut self, client: usize) {
        for pipe in self.wire.pipes_of(Who::Client(client)) {
            self.wire.cut(pipe, &mut self.stage, &self.weather);
        }
    }

    /// The object loses its memory.
    pub fn lose_memory(&mut self, loss: Loss) -> Verdict {
        self.host.lose_memory(loss, &mut self.stage, &self.weather);
        self.look_around()
    }

    /// The next event goes wrong in this way.
    pub fn go_wrong(&mut self, mishap: Mishap) {
        self.next_mishap = Some(mishap);
    }

    /// The auditor sees what the object did, and what left it is carried away.
    pub fn look_around(&mut self) -> Verdict {
        self.note_asks();
        for handled in std::mem::take(&mut self.host.handled) {
            self.events += 1;
            let ask = handled.call.and_then(|call| self.asks.get(&call)).cloned();
            self.auditor.handled(&handled, ask.as_deref())?;
        }
        for (before, after) in std::mem::take(&mut self.host.panicked) {
            self.auditor.panicked(&before, &after);
        }
        for pipe in std::mem::take(&mut self.host.superseded) {
            self.auditor.mark("a socket got the id of an older one");
            self.wire.pipes.entry(pipe).and_modify(|pipe| pipe.socket = None);
        }
        self.deliver()?;
        self.after_losses()?;
        self.note_asks();
        if self.steps.is_multiple_of(64) {
            self.wire.sweep();
        }
        Ok(())
    }

    fn after_losses(&mut self) -> Verdict {
        if !std::mem::take(&mut self.host.has_crashed) {
            return Ok(());
        }
        self.auditor.mark("a crash");
        self.auditor.memory_lost();
        self.auditor.safe_is(&self.host.disk.safe_dump())?;
        for pipe in std::mem::take(&mut self.host.dropped) {
            // What is still on its way to the object arrives nowhere.
            if let Some(socket) = self.wire.pipes.get_mut(&pipe).and_then(|pipe| pipe.socket.take()) {
                self.auditor.forget_socket(socket);
            }
            self.wire.send_down(pipe, Down::Closed(1006), &mut self.stage, &self.weather);
        }
        for call in std::mem::take(&mut self.host.failed_calls) {
            self.worker_answers(call, &wire::ApiError::StoreUnavailable("the room could not be reached"));
        }
        Ok(())
    }

    /// The Worker answers in place of the object.
    fn worker_answers(&mut self, call: CallKey, error: &wire::ApiError) {
        let is_upgrade = self.asks.get(&call).is_some_and(|ask| ask.is_upgrade);
        if is_upgrade {
            let pipe = self.open_pipe(call, None);
            self.wire.send_down(pipe, Down::Closed(error.close().code), &mut self.stage, &self.weather);
        } else {
            let answer = Answer { status: error.status(), body: error.to_json() };
            self.wire.answer(call, answer, &mut self.stage, &self.weather);
        }
    }

    fn open_pipe(&mut self, call: CallKey, socket: Option<duet::domain::SocketId>) -> PipeKey {
        let pipe = self.wire.open(call, socket, &mut self.stage, &self.weather);
        self.pipe_calls.insert(pipe, call);
        pipe
    }

    fn deliver(&mut self) -> Verdict {
        for leaving in std::mem::take(&mut self.host.leaving) {
            match leaving {
                Leaving::Answered { call, answer } => self.deliver_answer(call, answer)?,
                Leaving::Sent { to, frame } => {
                    self.auditor.sent(&to, &frame)?;
                    for pipe in self.writable(&to) {
                        self.wire.send_down(pipe, Down::Text(frame.clone()), &mut self.stage, &self.weather);
                    }
                }
                Leaving::Closed { sockets, code } => {
                    self.auditor.closed(&sockets, code)?;
                    for pipe in self.writable(&sockets) {
                        self.wire.send_down(pipe, Down::Closed(code), &mut self.stage, &self.weather);
                    }
                }
                Leaving::Fetched { life, id, request } => self.deliver_request(life, id, &request)?,
            }
        }
        Ok(())
    }

    /// The connections of sockets that the object did not close.
    fn writable(&self, sockets: &[duet::domain::SocketId]) -> Vec<PipeKey> {
        let pipes = sockets.iter().filter_map(|socket| self.host.pipe_of(*socket));
        pipes.filter(|pipe| self.wire.pipes.get(pipe).is_some_and(|pipe| pipe.is_server_open)).collect()
    }

    fn deliver_answer(&mut self, call: CallKey, answer: Result<wire::Answer, wire::ApiError>) -> Verdict {
        let Some(ask) = self.asks.get(&call).cloned() else { return Ok(()) };
        let is_about_room = ask.path.ends_with("/create") || ask.query.contains(ROOM);
        let (status, body) = match &answer {
            Ok(wire::Answer::SocketAccepted(socket)) => {
                self.auditor.socket_opened(*socket, ask.token.as_ref())?;
                let pipe = self.open_pipe(call, Some(*socket));
                self.host.connect(*socket, pipe);
                return Ok(());
            }
            Ok(answer) => (answer.status(), answer.body().unwrap_or_default()),
            Err(error) => (error.status(), error.to_json()),
        };
        if is_about_room {
            self.auditor.answered(&ask, status, &body)?;
        }
        match &answer {
            Err(error) if ask.is_upgrade => self.worker_answers(call, error),
            _ => self.wire.answer(call, Answer { status, body }, &mut self.stage, &self.weather),
        }
        Ok(())
    }

    fn deliver_request(&mut self, life: u64, id: RequestId, request: &duet::replica::RestRequest) -> Verdict {
        self.auditor.fetched(request)?;
        for (outside, name) in [(Outside::Wiped, "wiped"), (Outside::Tampered, "tampered")] {
            let is_hit = self.weather.strikes(&mut self.stage, Part::Redis, name, |swarm| match outside {
                Outside::Wiped => swarm.redis_wiped,
                Outside::Tampered => swarm.redis_tampered,
            });
            if is_hit {
                self.stage.note("redis", || format!("{outside:?}"));
                self.redis.meddle(outside);
                self.auditor.meddled(outside);
            }
        }
        self.redis.receive(life, id, request, &mut self.stage, &self.weather);
        Ok(())
    }
}

fn shown(line: &Down) -> String {
    match line {
        Down::Text(text) => text.chars().take(160).collect(),
        other => format!("{other:?}"),
    }
}
