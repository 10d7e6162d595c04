//! The whole simulated world: one object with its platform, a Redis, people, and the network between them. A step takes
//! the next event, carries it out, and calls the auditor.

mod dispatch;
mod output;

use std::{collections::BTreeMap, rc::Rc};

use duet::{config::RoomSettings, domain::RoomId};

use crate::{
    actions::Behaviour,
    auditor::{Auditor, Verdict, Violation},
    faults::{FaultInjector, FaultPeriod},
    host::{EventFault, Host, MemoryLoss},
    identity::Identity,
    network::{Answer, ApiRequest, CallKey, Caller, ConnectionKey, Network},
    person::{ClientContext, Person, Timer},
    redis::Redis,
    rng::{Part, Rng},
    sim::Sim,
    trace::Trace,
};

/// When the simulated world begins, in milliseconds since the Unix epoch.
pub const BEGIN: u64 = 1_800_000_000_000;

/// The id of the one room.
pub const ROOM: &str = "room-of-the-simulator";

/// A scheduled event of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as what happens")]
pub enum SimEvent {
    CallArrives(CallKey),
    AnswerArrives(CallKey),
    ObjectReceives(ConnectionKey),
    ClientReceives(ConnectionKey),
    ClientNoticesLoss(ConnectionKey),
    ObjectNoticesLoss(ConnectionKey),
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
    FaultPeriodBegins(FaultPeriod),
    FaultPeriodEnds(FaultPeriod),
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
    pub is_encrypted: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            has_database: true,
            ttl_seconds: 600,
            longest_seconds: 86_400,
            messages_per_second: 10,
            is_encrypted: false,
        }
    }
}

/// The simulated world.
pub struct World {
    /// The clock, the random source and the event queue.
    pub sim: Sim,
    /// Calls and sockets.
    pub network: Network,
    /// The database.
    pub redis: Redis,
    /// The object.
    pub host: Host,
    /// The faults.
    pub faults: FaultInjector,
    /// The auditor.
    pub auditor: Auditor,
    /// The clients: Ann, Ben, and a second one of Ann.
    pub people: Vec<Person>,
    /// Two strangers: one with the complete link, one without.
    pub strangers: Vec<Identity>,
    /// How often people do each action.
    pub behaviour: Behaviour,
    /// The settings.
    pub setup: Setup,
    /// The answer to `create`.
    pub creation: Option<Answer>,
    /// The number of steps so far.
    pub steps: u64,
    /// The number of events that the object has handled so far.
    pub events: u64,
    next_event_fault: Option<EventFault>,
    api_requests: BTreeMap<CallKey, Rc<ApiRequest>>,
    connection_calls: BTreeMap<ConnectionKey, CallKey>,
}

impl World {
    /// A world without faults, in which people do nothing by themselves.
    pub fn quiet(setup: Setup) -> Self {
        Self::new(setup, FaultInjector::off(), Rng::defaults(), Trace::kept(BEGIN))
    }

    /// A world before its room is created.
    pub fn new(setup: Setup, faults: FaultInjector, rng: Rng, trace: Trace) -> Self {
        let settings = RoomSettings {
            ttl_seconds: setup.ttl_seconds,
            longest_seconds: setup.longest_seconds,
            messages_per_second: setup.messages_per_second,
            has_database: setup.has_database,
        };
        let host = Host::new(RoomId::parse(ROOM).expect("it is a room id"), settings);
        let mut auditor = Auditor::new(ROOM, setup.clone(), host.disk.durable_dump());
        if faults.rates.clock_jumps > 0 {
            auditor.expect_clock_jumps();
        }
        let identity = |name, has_link| Identity::new(name, ROOM, setup.is_encrypted, has_link);
        let people = [("Ann", Part::Ann, "Ann"), ("Ben", Part::Ben, "Ben"), ("Tab", Part::Tab, "Ann")];
        let people = people.into_iter().enumerate().map(|(index, (name, part, owner))| {
            let identity = Identity { name, ..identity(owner, true) };
            Person::new(index, part, identity, ROOM)
        });
        let people: Vec<Person> = people.collect();
        let strangers = vec![identity("Cat", true), identity("Dan", false)];
        people.iter().take(2).for_each(|person| auditor.add_token_holder(person.identity.token_holder(true)));
        auditor.add_token_holder(strangers[0].token_holder(true));
        auditor.add_token_holder(strangers[1].token_holder(!setup.is_encrypted));
        Self {
            sim: Sim::new(BEGIN, rng, trace),
            network: Network::default(),
            redis: Redis::default(),
            host,
            faults,
            auditor,
            people,
            strangers,
            behaviour: Behaviour::default(),
            setup,
            creation: None,
            steps: 0,
            events: 0,
            next_event_fault: None,
            api_requests: BTreeMap::new(),
            connection_calls: BTreeMap::new(),
        }
    }

    /// Milliseconds since the world began.
    pub fn elapsed(&self) -> u64 {
        self.sim.now - BEGIN
    }

    /// One client, with everything that it needs to act.
    pub fn person(&mut self, index: usize) -> (&mut Person, ClientContext<'_>) {
        let context = ClientContext { sim: &mut self.sim, network: &mut self.network, faults: &self.faults };
        (&mut self.people[index], context)
    }

    /// Makes a call for somebody who is not an honest client.
    pub fn send_request(&mut self, caller: Caller, api_request: ApiRequest) -> CallKey {
        let key = self.network.call(caller, api_request, &mut self.sim, &self.faults);
        self.report_api_requests();
        key
    }

    /// Makes the call that creates the room.
    pub fn request_room(&mut self) {
        let access = if self.setup.is_encrypted {
            format!(r#"{{"access":"{}"}}"#, Identity::access())
        } else {
            String::new()
        };
        let api_request =
            ApiRequest { method: "POST", path: "/api/room/create", body: access, ..ApiRequest::default() };
        self.send_request(Caller::OtherProgram(0), api_request);
    }

    /// Reports new calls to the auditor, including those that never arrive.
    fn report_api_requests(&mut self) {
        let next = self.api_requests.last_key_value().map_or(0, |(key, _)| key + 1);
        for (key, call) in self.network.calls.range(next..) {
            self.auditor.request_sent(&call.request);
            self.api_requests.insert(*key, call.request.clone());
        }
    }

    /// Carries out the next event up to a moment. `Ok(false)`: there is none.
    pub fn step(&mut self, until: u64) -> Result<bool, Violation> {
        if self.sim.next_at().is_none_or(|at| at > until) {
            self.sim.now = self.sim.now.max(until);
            return Ok(false);
        }
        let Some(event) = self.sim.take_next() else { return Ok(false) };
        self.dispatch(event)?;
        Ok(true)
    }

    /// Carries out everything up to a moment.
    pub fn run_until(&mut self, until: u64) -> Verdict {
        while self.step(until)? {}
        Ok(())
    }

    /// Carries out everything in the next milliseconds.
    pub fn run_for(&mut self, ms: u64) -> Verdict {
        self.run_until(self.sim.now + ms)
    }

    /// Carries out one event, and lets the auditor check the result.
    pub fn dispatch(&mut self, event: SimEvent) -> Verdict {
        self.steps += 1;
        self.sim.rng.mix(self.sim.now);
        self.handle(event)?;
        self.process_output()?;
        if self.faults.occurs(&mut self.sim, Part::Host, "crash", |rates| rates.crashes) {
            self.host.crash(&mut self.sim, &self.faults);
            self.process_output()?;
        }
        if self.faults.occurs(&mut self.sim, Part::Host, "clock", |rates| rates.clock_jumps) {
            let jump = self.sim.rng.below(Part::Host, "jump", 20_001) as i64;
            self.host.set_clock(jump - 10_000, &mut self.sim, &self.faults);
        }
        Ok(())
    }

    /// A client loses its connection, and neither end notices at once.
    pub fn cut_off(&mut self, client: usize) {
        for connection in self.network.connections_of(Caller::Client(client)) {
            self.network.cut(connection, &mut self.sim, &self.faults);
        }
    }

    /// The object loses its memory.
    pub fn lose_memory(&mut self, loss: MemoryLoss) -> Verdict {
        self.host.lose_memory(loss, &mut self.sim, &self.faults);
        self.process_output()
    }

    /// Sets the fault of the next event of the object.
    pub fn set_next_event_fault(&mut self, fault: EventFault) {
        self.next_event_fault = Some(fault);
    }
}
