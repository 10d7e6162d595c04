//! The whole simulated world: one object with its platform, a Redis, people, and the network between them. A step takes
//! the next happening, carries it out, and calls the auditor.

mod arrivals;
mod departures;

use std::{collections::BTreeMap, rc::Rc};

use duet::{config::RoomSettings, domain::RoomId};

use crate::{
    auditor::{Auditor, Verdict, Violation},
    deeds::Habits,
    dice::{Dice, Part},
    host::{Host, Loss, Mishap},
    identity::Identity,
    person::{Means, Person, Timer},
    redis::Redis,
    stage::Stage,
    trace::Trace,
    weather::{Spell, Weather},
    wire::{Answer, Ask, CallKey, PipeKey, Who, Wire},
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
    RedisReplies { key: u64, is_answered: bool },
    GiveUp { client: usize, call: CallKey },
    ClientTimer { client: usize, timer: Timer, count: u64 },
    Acts(usize),
    StrangerActs,
    SpellBegins(Spell),
    SpellEnds(Spell),
}

/// The settings of a world.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether a Redis is configured.
    pub has_database: bool,
    /// The room's lifetime after its last activity, in seconds.
    pub ttl_seconds: u64,
    /// Its maximum lifetime, in seconds.
    pub longest_seconds: u64,
    /// Messages per participant and second; 0 means no limit.
    pub messages_per_second: u64,
    /// Whether the room requires a proof.
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
    /// The clock, the dice and the plan.
    pub stage: Stage,
    /// Calls and sockets.
    pub wire: Wire,
    /// The database.
    pub redis: Redis,
    /// The object.
    pub host: Host,
    /// The faults.
    pub weather: Weather,
    /// The auditor.
    pub auditor: Auditor,
    /// The clients: Ann, Ben, and a second one of Ann.
    pub people: Vec<Person>,
    /// Two strangers: one with the complete link, one without.
    pub strangers: Vec<Identity>,
    /// How often people do each action.
    pub habits: Habits,
    /// The settings.
    pub setup: Setup,
    /// The answer to `create`.
    pub creation: Option<Answer>,
    /// The number of steps so far.
    pub steps: u64,
    /// The number of events that the object has handled so far.
    pub events: u64,
    next_mishap: Option<Mishap>,
    asks: BTreeMap<CallKey, Rc<Ask>>,
    pipe_calls: BTreeMap<PipeKey, CallKey>,
}

impl World {
    /// A world without faults, in which people do nothing by themselves.
    pub fn quiet(setup: Setup) -> Self {
        Self::new(setup, Weather::calm(), Dice::calm(), Trace::kept(BEGIN))
    }

    /// A world before its room is created.
    pub fn new(setup: Setup, weather: Weather, dice: Dice, trace: Trace) -> Self {
        let settings = RoomSettings {
            ttl_seconds: setup.ttl_seconds,
            longest_seconds: setup.longest_seconds,
            messages_per_second: setup.messages_per_second,
            has_database: setup.has_database,
        };
        let host = Host::new(RoomId::parse(ROOM).expect("it is a room id"), settings);
        let mut auditor = Auditor::new(ROOM, setup.clone(), host.disk.safe_dump());
        if weather.swarm.clock_jumps > 0 {
            auditor.expect_clock_jumps();
        }
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

    /// One client, with everything that it needs to act.
    pub fn person(&mut self, place: usize) -> (&mut Person, Means<'_>) {
        let means = Means { stage: &mut self.stage, wire: &mut self.wire, weather: &self.weather };
        (&mut self.people[place], means)
    }

    /// Makes a call for somebody who is not an honest client.
    pub fn ask(&mut self, who: Who, ask: Ask) -> CallKey {
        let key = self.wire.call(who, ask, &mut self.stage, &self.weather);
        self.note_asks();
        key
    }

    /// Makes the call that creates the room.
    pub fn ask_create(&mut self) {
        let access = if self.setup.is_sealed {
            format!(r#"{{"access":"{}"}}"#, Identity::access())
        } else {
            String::new()
        };
        let ask = Ask { method: "POST", path: "/api/room/create", body: access, ..Ask::default() };
        self.ask(Who::Nuisance(0), ask);
    }

    /// Reports new calls to the auditor, including those that never arrive.
    fn note_asks(&mut self) {
        let next = self.asks.last_key_value().map_or(0, |(key, _)| key + 1);
        for (key, call) in self.wire.calls.range(next..) {
            self.auditor.asked(&call.ask);
            self.asks.insert(*key, call.ask.clone());
        }
    }

    /// Carries out the next happening up to a moment. `Ok(false)`: there is none.
    pub fn step(&mut self, until: u64) -> Result<bool, Violation> {
        if self.stage.next_at().is_none_or(|at| at > until) {
            self.stage.now = self.stage.now.max(until);
            return Ok(false);
        }
        let Some(happening) = self.stage.take_next() else { return Ok(false) };
        self.happen(happening)?;
        Ok(true)
    }

    /// Carries out everything up to a moment.
    pub fn run_until(&mut self, until: u64) -> Verdict {
        while self.step(until)? {}
        Ok(())
    }

    /// Carries out everything in the next milliseconds.
    pub fn run_for(&mut self, ms: u64) -> Verdict {
        self.run_until(self.stage.now + ms)
    }

    /// Carries out one happening, and lets the auditor check the result.
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

    /// A client loses its connection, and neither end notices at once.
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

    /// Sets the mishap of the next event.
    pub fn go_wrong(&mut self, mishap: Mishap) {
        self.next_mishap = Some(mishap);
    }
}
