//! The network between a client and the object. It loses calls, and answers to calls that took effect, and breaks
//! sockets together with the frames in transit. It keeps the order only within one direction of one socket.

use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use crate::{
    dice::Part,
    stage::Stage,
    weather::{Spell, Weather},
    world::Happening,
};

/// Names a call of a client.
pub type CallKey = u64;
/// Names a socket that the object accepted. In contrast to a `SocketId`, it is never used twice.
pub type SocketKey = u64;
/// Names a connection from end to end.
pub type PipeKey = u64;

/// The owner of the outer end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// An honest client.
    Client(usize),
    /// A third person, or a program that looks for rooms. The number tells its identities apart.
    Stranger(usize),
    /// Something else on a participant's device that uses the same token.
    Nuisance(usize),
}

/// A client's request.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "named as in HTTP")]
pub struct Ask {
    pub method: &'static str,
    pub path: &'static str,
    pub query: String,
    pub body: String,
    pub token: Option<String>,
    /// Whether a WebSocket is asked for.
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

/// A call under way.
pub struct Call {
    /// The caller.
    pub who: Who,
    /// The request.
    pub ask: Rc<Ask>,
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
pub struct Pipe {
    /// Its owner.
    pub who: Who,
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
pub struct Wire {
    /// Calls whose client still waits.
    pub calls: BTreeMap<CallKey, Call>,
    /// Connections of which somebody still has an end.
    pub pipes: BTreeMap<PipeKey, Pipe>,
    count: u64,
}

impl Wire {
    fn next_key(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Sends a call.
    pub fn call(&mut self, who: Who, ask: Ask, stage: &mut Stage, weather: &Weather) -> CallKey {
        let key = self.next_key();
        stage.note("wire", || format!("{who:?} asks {} {} {} ({key})", ask.method, ask.path, ask.query));
        let is_create = ask.path.ends_with("/create");
        self.calls.insert(key, Call { who, ask: Rc::new(ask), answer: None });
        let is_offline = matches!(who, Who::Client(client) if weather.has(Spell::Offline(client)));
        let is_lost =
            !is_create && weather.strikes(stage, Part::Wire, "lose a call", |swarm| swarm.lost_calls);
        if is_offline || is_lost {
            return key;
        }
        let delay = weather.delay(stage, Part::Wire, "call");
        stage.after(delay, Happening::CallArrives(key));
        if !is_create && weather.strikes(stage, Part::Wire, "repeat a call", |swarm| swarm.repeated_calls) {
            let delay = delay + stage.dice.between(Part::Wire, "repeat after", 0, 3_000);
            stage.after(delay, Happening::CallArrives(key));
        }
        key
    }

    /// Sends the answer to a call back. Only the first one reaches the client.
    pub fn answer(&mut self, key: CallKey, answer: Answer, stage: &mut Stage, weather: &Weather) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        if call.answer.is_some() {
            return;
        }
        call.answer = Some(answer);
        if matches!(call.who, Who::Client(client) if weather.has(Spell::Offline(client))) {
            return;
        }
        if !call.ask.path.ends_with("/create")
            && weather.strikes(stage, Part::Wire, "lose an answer", |swarm| swarm.lost_answers)
        {
            stage.note("wire", || format!("the answer to {key} is lost"));
            return;
        }
        let delay = weather.delay(stage, Part::Wire, "answer");
        stage.after(delay, Happening::AnswerArrives(key));
    }

    /// Opens the socket that a call asked for. `socket` is the object's end.
    pub fn open(
        &mut self,
        call: CallKey,
        socket: Option<SocketKey>,
        stage: &mut Stage,
        weather: &Weather,
    ) -> PipeKey {
        let key = self.next_key();
        let caller = self.calls.remove(&call);
        let pipe = Pipe {
            who: caller.as_ref().map_or(Who::Stranger(0), |call| call.who),
            socket,
            // If the client gave up, or if this is the second copy of a call, nobody uses the client's end.
            is_client_open: caller.is_some(),
            is_server_open: socket.is_some(),
            is_cut: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            up_at: stage.now,
            down_at: stage.now,
        };
        self.pipes.insert(key, pipe);
        if caller.is_none() {
            self.send_up(key, Up::Closed, stage, weather);
            return key;
        }
        stage.note("wire", || format!("call {call} is socket {key}"));
        self.send_down(key, Down::Opened, stage, weather);
        if weather.strikes(stage, Part::Wire, "cut while opening", |swarm| swarm.cuts) {
            self.cut(key, stage, weather);
        }
        key
    }

    /// Sends something to the client.
    pub fn send_down(&mut self, key: PipeKey, line: Down, stage: &mut Stage, weather: &Weather) {
        let delay = weather.delay(stage, Part::Wire, "down");
        let Some(pipe) = self.pipes.get_mut(&key) else { return };
        if matches!(line, Down::Closed(_)) {
            pipe.is_server_open = false;
        }
        pipe.down_at = pipe.down_at.max(stage.now + delay);
        pipe.down.push_back(line);
        stage.at(pipe.down_at, Happening::LineDown(key));
    }

    /// Sends something to the object.
    pub fn send_up(&mut self, key: PipeKey, line: Up, stage: &mut Stage, weather: &Weather) {
        let delay = weather.delay(stage, Part::Wire, "up");
        let Some(pipe) = self.pipes.get_mut(&key) else { return };
        if matches!(line, Up::Closed) {
            pipe.is_client_open = false;
        }
        pipe.up_at = pipe.up_at.max(stage.now + delay);
        pipe.up.push_back(line);
        stage.at(pipe.up_at, Happening::LineUp(key));
    }

    /// What arrives at the client now; `None` if the connection was lost.
    pub fn take_down(&mut self, key: PipeKey) -> Option<(Who, Down)> {
        let pipe = self.pipes.get_mut(&key)?;
        let line = pipe.down.pop_front()?;
        let arrives = pipe.is_client_open && !pipe.is_cut;
        if arrives && matches!(line, Down::Closed(_)) {
            pipe.is_client_open = false;
        }
        arrives.then_some((pipe.who, line))
    }

    /// What arrives at the object now.
    pub fn take_up(&mut self, key: PipeKey) -> Option<(Option<SocketKey>, Up)> {
        let pipe = self.pipes.get_mut(&key)?;
        let line = pipe.up.pop_front()?;
        (!pipe.is_cut).then_some((pipe.socket, line))
    }

    /// Breaks a connection: everything in transit is lost, and each end notices by itself.
    pub fn cut(&mut self, key: PipeKey, stage: &mut Stage, weather: &Weather) {
        let Some(pipe) = self.pipes.get_mut(&key).filter(|pipe| !pipe.is_cut) else { return };
        pipe.is_cut = true;
        stage.note("wire", || format!("socket {key} is cut"));
        // Otherwise, the client notices by its pings.
        if stage.dice.chance(Part::Wire, "client notices", 1, 2) {
            stage.after(10, Happening::ClientNotices(key));
        }
        let server_ms = match stage.dice.below(Part::Wire, "object notices", 3) {
            0 => 100,
            1 => stage.dice.between(Part::Wire, "object notices after", 1_000, 60_000),
            _ if weather.swarm.half_open > 0 => {
                stage.dice.between(Part::Wire, "half-open for", 60_000, 240_000)
            }
            _ => 5_000,
        };
        stage.after(server_ms, Happening::ObjectNotices(key));
    }

    /// The connections of which this client has an end.
    pub fn pipes_of(&self, who: Who) -> Vec<PipeKey> {
        let is_own = |(_, pipe): &(&PipeKey, &Pipe)| pipe.who == who && pipe.is_client_open;
        self.pipes.iter().filter(is_own).map(|(key, _)| *key).collect()
    }

    /// Forgets connections that have no end left.
    pub fn sweep(&mut self) {
        self.pipes.retain(|_, pipe| pipe.is_client_open || pipe.is_server_open || !pipe.up.is_empty());
    }
}
