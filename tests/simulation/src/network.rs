//! The network between a client and the object. It loses calls, and answers to calls that took effect, and breaks
//! sockets together with the frames in transit. It keeps the order only within one direction of one socket.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use crate::{
    faults::{FaultInjector, FaultPeriod},
    rng::Part,
    sim::Sim,
    world::SimEvent,
};

/// Names a call of a client.
pub type CallKey = u64;
/// Names a socket that the object accepted. In contrast to a `SocketId`, it is never used twice.
pub type SocketKey = u64;
/// Names a connection from end to end.
pub type ConnectionKey = u64;

/// The owner of the outer end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// An honest client.
    Client(usize),
    /// A third person, or a program that looks for rooms. The number tells its identities apart.
    Stranger(usize),
    /// Something else on a participant's device that uses the same token.
    OtherProgram(usize),
}

/// A client's request.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named as in HTTP")]
pub struct ApiRequest {
    pub method: &'static str,
    pub path: &'static str,
    pub query: String,
    pub body: String,
    pub token: Option<String>,
    /// Whether it requests a WebSocket.
    pub is_upgrade: bool,
}

/// The answer to a client.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, empty where there is none.
    pub body: String,
}

/// A call in flight.
pub struct Call {
    /// The caller.
    pub caller: Caller,
    /// The request.
    pub request: Rc<ApiRequest>,
    /// The answer, once it is on its way back.
    pub answer: Option<Answer>,
}

/// What a client sends through a connection.
#[derive(Clone, Debug)]
pub enum Up {
    /// A text frame.
    Text(String),
    /// A frame that is no text.
    Binary,
    /// The platform answers it without waking the object.
    Ping,
    /// The client closed its end.
    Closed,
}

/// What a client receives through a connection.
#[derive(Clone, Debug)]
pub enum Down {
    /// The socket is open.
    Opened,
    /// A text frame.
    Text(Rc<str>),
    /// The answer to a ping.
    Pong,
    /// Closed with this code; 1006 if the connection was lost.
    Closed(u16),
}

/// A connection between a client and the object.
pub struct Connection {
    /// Its owner.
    pub caller: Caller,
    /// The object's id of the socket; `None` if the Worker answers in the object's place.
    pub socket: Option<SocketKey>,
    /// Whether the client still has its end.
    pub is_client_open: bool,
    /// Whether the object still has its end.
    pub is_server_open: bool,
    /// Whether the connection is broken.
    pub is_cut: bool,
    up: VecDeque<Up>,
    down: VecDeque<Down>,
    up_at: u64,
    down_at: u64,
}

/// All calls and sockets.
#[derive(Default)]
pub struct Network {
    /// Calls whose client still waits.
    pub calls: BTreeMap<CallKey, Call>,
    /// Connections of which somebody still has an end.
    pub connections: BTreeMap<ConnectionKey, Connection>,
    count: u64,
}

impl Network {
    fn next_key(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Sends a call.
    pub fn call(
        &mut self,
        caller: Caller,
        api_request: ApiRequest,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) -> CallKey {
        let key = self.next_key();
        sim.note("network", || {
            format!(
                "{caller:?} sends {} {} {} ({key})",
                api_request.method, api_request.path, api_request.query
            )
        });
        let is_create = api_request.path.ends_with("/create");
        self.calls.insert(key, Call { caller, request: Rc::new(api_request), answer: None });
        let is_offline = matches!(caller, Caller::Client(client) if faults.has(FaultPeriod::Offline(client)));
        let is_lost =
            !is_create && faults.occurs(sim, Part::Network, "lose a call", |rates| rates.lost_calls);
        if is_offline || is_lost {
            return key;
        }
        let delay = faults.delay(sim, Part::Network, "call");
        sim.after(delay, SimEvent::CallArrives(key));
        if !is_create && faults.occurs(sim, Part::Network, "repeat a call", |rates| rates.repeated_calls) {
            let delay = delay + sim.rng.between(Part::Network, "repeat after", 0, 3_000);
            sim.after(delay, SimEvent::CallArrives(key));
        }
        key
    }

    /// Sends the answer to a call back. Only the first one reaches the client.
    pub fn answer(&mut self, key: CallKey, answer: Answer, sim: &mut Sim, faults: &FaultInjector) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        if call.answer.is_some() {
            return;
        }
        call.answer = Some(answer);
        if matches!(call.caller, Caller::Client(client) if faults.has(FaultPeriod::Offline(client))) {
            return;
        }
        if !call.request.path.ends_with("/create")
            && faults.occurs(sim, Part::Network, "lose an answer", |rates| rates.lost_answers)
        {
            sim.note("network", || format!("the answer to {key} is lost"));
            return;
        }
        let delay = faults.delay(sim, Part::Network, "answer");
        sim.after(delay, SimEvent::AnswerArrives(key));
    }

    /// Opens the socket that a call requested. `socket` is the object's end.
    pub fn open(
        &mut self,
        call: CallKey,
        socket: Option<SocketKey>,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) -> ConnectionKey {
        let key = self.next_key();
        let opening = self.calls.remove(&call);
        let connection = Connection {
            caller: opening.as_ref().map_or(Caller::Stranger(0), |call| call.caller),
            socket,
            // If the client gave up, or if this is the second copy of a call, nobody uses the client's end.
            is_client_open: opening.is_some(),
            is_server_open: socket.is_some(),
            is_cut: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_at: sim.now,
            down_at: sim.now,
        };
        self.connections.insert(key, connection);
        if opening.is_none() {
            self.send_up(key, Up::Closed, sim, faults);
            return key;
        }
        sim.note("network", || format!("call {call} is socket {key}"));
        self.send_down(key, Down::Opened, sim, faults);
        if faults.occurs(sim, Part::Network, "cut while opening", |rates| rates.cuts) {
            self.cut(key, sim, faults);
        }
        key
    }

    /// Sends something to the client.
    pub fn send_down(&mut self, key: ConnectionKey, packet: Down, sim: &mut Sim, faults: &FaultInjector) {
        let delay = faults.delay(sim, Part::Network, "down");
        let Some(connection) = self.connections.get_mut(&key) else { return };
        if matches!(packet, Down::Closed(_)) {
            connection.is_server_open = false;
        }
        connection.down_at = connection.down_at.max(sim.now + delay);
        connection.down.push_back(packet);
        sim.at(connection.down_at, SimEvent::ClientReceives(key));
    }

    /// Sends something to the object.
    pub fn send_up(&mut self, key: ConnectionKey, packet: Up, sim: &mut Sim, faults: &FaultInjector) {
        let delay = faults.delay(sim, Part::Network, "up");
        let Some(connection) = self.connections.get_mut(&key) else { return };
        if matches!(packet, Up::Closed) {
            connection.is_client_open = false;
        }
        connection.up_at = connection.up_at.max(sim.now + delay);
        connection.up.push_back(packet);
        sim.at(connection.up_at, SimEvent::ObjectReceives(key));
    }

    /// What arrives at the client now; `None` if the connection was lost.
    pub fn take_down(&mut self, key: ConnectionKey) -> Option<(Caller, Down)> {
        let connection = self.connections.get_mut(&key)?;
        let packet = connection.down.pop_front()?;
        let arrives = connection.is_client_open && !connection.is_cut;
        if arrives && matches!(packet, Down::Closed(_)) {
            connection.is_client_open = false;
        }
        arrives.then_some((connection.caller, packet))
    }

    /// What arrives at the object now.
    pub fn take_up(&mut self, key: ConnectionKey) -> Option<(Option<SocketKey>, Up)> {
        let connection = self.connections.get_mut(&key)?;
        let packet = connection.up.pop_front()?;
        (!connection.is_cut).then_some((connection.socket, packet))
    }

    /// Breaks a connection: everything in transit is lost, and each end notices by itself.
    pub fn cut(&mut self, key: ConnectionKey, sim: &mut Sim, faults: &FaultInjector) {
        let Some(connection) = self.connections.get_mut(&key).filter(|connection| !connection.is_cut) else {
            return;
        };
        connection.is_cut = true;
        sim.note("network", || format!("socket {key} is cut"));
        // Otherwise, the client notices by its pings.
        if sim.rng.chance(Part::Network, "client notices", 1, 2) {
            sim.after(10, SimEvent::ClientNoticesLoss(key));
        }
        let server_ms = match sim.rng.below(Part::Network, "object notices", 3) {
            0 => 100,
            1 => sim.rng.between(Part::Network, "object notices after", 1_000, 60_000),
            _ if faults.rates.half_open > 0 => {
                sim.rng.between(Part::Network, "half-open for", 60_000, 240_000)
            }
            _ => 5_000,
        };
        sim.after(server_ms, SimEvent::ObjectNoticesLoss(key));
    }

    /// The connections of which this client has an end.
    pub fn connections_of(&self, caller: Caller) -> Vec<ConnectionKey> {
        let is_own = |(_, connection): &(&ConnectionKey, &Connection)| {
            connection.caller == caller && connection.is_client_open
        };
        self.connections.iter().filter(is_own).map(|(key, _)| *key).collect()
    }

    /// Forgets connections that have no end left.
    pub fn sweep(&mut self) {
        self.connections.retain(|_, connection| {
            connection.is_client_open || connection.is_server_open || !connection.up.is_empty()
        });
    }
}
