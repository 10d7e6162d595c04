//! The actions of people, honest and hostile.

use serde_json::json;

use crate::{
    network::{ApiRequest, Caller, Up},
    person::Phase,
    rng::{Part, Rng},
    world::{ROOM, SimEvent, World},
};

const PARTS: [Part; 3] = [Part::Ann, Part::Ben, Part::Tab];

/// The actions of a person.
const ACTIONS: [Action; 13] = [
    Action::Pause,
    Action::Say,
    Action::Type,
    Action::Keep,
    Action::OtherCall,
    Action::ReadPage,
    Action::Reload,
    Action::Leave,
    Action::UnreadSocket,
    Action::Nonsense,
    Action::ReuseOthersId,
    Action::Flood,
    Action::Destroy,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Say,
    Type,
    Keep,
    OtherCall,
    ReadPage,
    Pause,
    Reload,
    Leave,
    UnreadSocket,
    Nonsense,
    ReuseOthersId,
    Flood,
    Destroy,
}

/// How often people do each action in this world.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    weights: Vec<u64>,
    /// The longest pause between two actions, in milliseconds.
    longest_pause_ms: u64,
    /// When people stop.
    until: u64,
    /// Whether strangers act, too.
    has_strangers: bool,
    /// The number of bytes that are added to every text.
    padding: usize,
}

impl Behaviour {
    /// Draws the behaviour of a seed. Each action is switched on or off, but people always talk.
    pub fn drawn(rng: &mut Rng, until: u64) -> Self {
        let mut weights: Vec<u64> = ACTIONS
            .iter()
            .map(|_| {
                if rng.chance(Part::Setup, "action", 1, 2) {
                    rng.between(Part::Setup, "weight", 1, 100)
                } else {
                    0
                }
            })
            .collect();
        weights[1] += 60;
        // A room that is destroyed at once has no history.
        if let Some(destroy) = weights.last_mut() {
            *destroy = destroy.div_ceil(40);
        }
        let pauses = [800, 3_000, 20_000];
        Self {
            weights,
            longest_pause_ms: pauses[rng.below(Part::Setup, "pause", 3) as usize],
            until,
            has_strangers: rng.chance(Part::Setup, "strangers", 1, 2),
            padding: if rng.chance(Part::Setup, "long texts", 1, 20) { 16_000 } else { 0 },
        }
    }

    /// People stop acting.
    pub fn stop(&mut self, now: u64) {
        self.until = now;
    }
}

impl World {
    /// Plans the first action of each person.
    pub fn plan_actions(&mut self) {
        for (client, part) in PARTS.into_iter().enumerate().take(self.people.len()) {
            let delay = self.sim.rng.between(part, "first", 1, 3_000);
            self.sim.after(delay, SimEvent::Acts(client));
        }
        if self.behaviour.has_strangers {
            self.sim.after(500, SimEvent::StrangerActs);
        }
    }

    /// A person does something, and plans the next action.
    pub fn acts(&mut self, client: usize) {
        if self.sim.now >= self.behaviour.until {
            return;
        }
        let part = PARTS[client];
        // The default choice is the longest pause.
        let longest = self.behaviour.longest_pause_ms;
        let pause = longest - self.sim.rng.below(part, "pause", longest - 20);
        self.sim.after(pause, SimEvent::Acts(client));
        let (person, mut context) = self.person(client);
        match person.phase {
            Phase::Outside => return person.enter(&mut context),
            Phase::Inside if person.is_away() => return person.reload(&mut context),
            Phase::Inside => {}
            _ => return,
        }
        let action = ACTIONS[self.sim.rng.pick(part, "action", &self.behaviour.weights)];
        self.sim.note(self.people[client].identity.name, || format!("{action:?}"));
        self.perform(client, action);
    }

    fn perform(&mut self, client: usize, action: Action) {
        match action {
            Action::Say => self.says_something(client),
            Action::Type => self.sends_frame(client, r#"{"type":"typing"}"#),
            Action::Keep => self.sends_frame(client, r#"{"type":"keep"}"#),
            Action::OtherCall => self.makes_other_call(client),
            Action::ReadPage => self.reads_page(client),
            Action::Pause => {}
            Action::Reload => {
                let (person, mut context) = self.person(client);
                person.reload(&mut context);
            }
            Action::Leave => {
                let (person, mut context) = self.person(client);
                person.leave(&mut context);
            }
            Action::UnreadSocket => self.opens_unread_socket(client),
            Action::Nonsense => self.sends_nonsense(client),
            Action::ReuseOthersId => self.reuses_others_id(client),
            Action::Flood => self.floods(client),
            Action::Destroy => {
                let (person, mut context) = self.person(client);
                person.destroy(&mut context);
            }
        }
    }

    /// A person sends the next message.
    pub fn says_something(&mut self, client: usize) {
        // A person whose messages are not confirmed stops writing.
        if self.people[client].unconfirmed() >= 5 {
            return;
        }
        let name = self.people[client].identity.name;
        let number = self.people[client].written.len();
        let padding = "x".repeat(self.behaviour.padding);
        self.says(client, format!("{name} says {number}{padding}"));
    }

    /// A person sends this text. Texts must differ.
    pub fn says(&mut self, client: usize, text: String) {
        let (person, mut context) = self.person(client);
        person.say(text, &mut context);
    }

    /// Does a rate-limited action thirty times at once.
    fn floods(&mut self, client: usize) {
        let choice = self.sim.rng.below(PARTS[client], "flood", 4);
        for number in 0..30 {
            match choice {
                0 => self.sends_frame(client, r#"{"type":"typing"}"#),
                1 => {
                    let (person, mut context) = self.person(client);
                    person.call_and_ignore("GET", "/api/messages", "&limit=1", &mut context);
                }
                2 => self.sends_frame(client, r#"{"type":"keep"}"#),
                _ => self.posts_without_id(client, &format!("{number} of a flood at {}", self.steps)),
            }
        }
    }

    /// Posts a message without an id, from another program of the same person.
    fn posts_without_id(&mut self, client: usize, text: &str) {
        let identity = &self.people[client].identity;
        let body = json!({"text": format!("{} posts {text}", identity.name)}).to_string();
        let (token, query) = (Some(identity.token.clone()), format!("roomId={ROOM}"));
        let api_request =
            ApiRequest { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
        self.send_request(Caller::OtherProgram(client), api_request);
    }

    fn sends_frame(&mut self, client: usize, frame: &str) {
        let (person, mut context) = self.person(client);
        person.frame(frame.to_owned(), &mut context);
    }

    fn makes_other_call(&mut self, client: usize) {
        let (method, path) = [
            ("GET", "/api/room"),
            ("GET", "/api/room/ttl"),
            ("POST", "/api/room/join"),
            ("POST", "/api/room/keep"),
            ("PUT", "/api/room"),
        ][self.sim.rng.below(PARTS[client], "look", 5) as usize];
        let (person, mut context) = self.person(client);
        person.call_and_ignore(method, path, "", &mut context);
    }

    fn reads_page(&mut self, client: usize) {
        let after = self.sim.rng.below(PARTS[client], "after", 12);
        let limit = self.sim.rng.between(PARTS[client], "limit", 1, 9);
        let (person, mut context) = self.person(client);
        person.call_and_ignore(
            "GET",
            "/api/messages",
            &format!("&after={after}&limit={limit}"),
            &mut context,
        );
    }

    /// Opens a socket of the person from which no client reads.
    pub fn opens_unread_socket(&mut self, client: usize) {
        let token = Some(self.people[client].identity.token.clone());
        let query = format!("roomId={ROOM}");
        let api_request = ApiRequest {
            method: "GET",
            path: "/api/realtime",
            query,
            token,
            is_upgrade: true,
            ..ApiRequest::default()
        };
        self.send_request(Caller::OtherProgram(client), api_request);
    }

    fn sends_nonsense(&mut self, client: usize) {
        let Some(connection) = self.network.connections_of(Caller::OtherProgram(client)).pop() else {
            return self.opens_unread_socket(client);
        };
        let nonsense = [
            "nonsense",
            "{}",
            r#"{"type":"wave"}"#,
            r#"{"type":"message","text":"no id"}"#,
            r#"{"type":"message","id":"Ann-99999999999999999","text":""}"#,
            "ping ",
        ];
        let choice = self.sim.rng.below(PARTS[client], "nonsense", 8) as usize;
        let packet = match nonsense.get(choice) {
            Some(text) => Up::Text((*text).to_owned()),
            None if choice == 6 => Up::Binary,
            None => Up::Text("x".repeat(33_000)),
        };
        self.network.send_up(connection, packet, &mut self.sim, &self.faults);
    }

    /// Sends a message under an id that the other person used.
    fn reuses_others_id(&mut self, client: usize) {
        let other = &self.people[1 - client.min(1)];
        let Some(id) = other.written.last().cloned() else { return };
        let token = Some(self.people[client].identity.token.clone());
        let text = format!("{} takes {id} at {}", self.people[client].identity.name, self.steps);
        let body = json!({"id": id, "text": text}).to_string();
        let query = format!("roomId={ROOM}");
        let api_request =
            ApiRequest { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
        self.send_request(Caller::OtherProgram(client), api_request);
    }

    /// A third person tries something.
    pub fn stranger_acts(&mut self) {
        if self.sim.now >= self.behaviour.until {
            return;
        }
        let pause = self.sim.rng.between(Part::Stranger, "pause", 500, 20_000);
        self.sim.after(pause, SimEvent::StrangerActs);
        let stranger = self.sim.rng.below(Part::Stranger, "which", 2) as usize;
        let choice = self.sim.rng.below(Part::Stranger, "what", 11);
        let identity = &self.strangers[stranger];
        let request_to = |method, path: &'static str, body: &str| ApiRequest {
            method,
            path,
            query: format!("roomId={ROOM}"),
            body: body.to_owned(),
            token: Some(identity.token.clone()),
            is_upgrade: path == "/api/realtime",
        };
        let text = json!({"text": format!("{} says {}", identity.name, self.steps)}).to_string();
        let api_request = match choice {
            0 => request_to("GET", "/api/room", ""),
            1 => request_to("GET", "/api/messages", ""),
            2 => request_to("POST", "/api/messages", &text),
            3 => request_to("GET", "/api/realtime", ""),
            4 => request_to("DELETE", "/api/room", ""),
            5 => request_to("POST", "/api/room/keep", ""),
            6 => ApiRequest {
                query: "roomId=another-room-of-nobody".to_owned(),
                ..request_to("GET", "/api/room", "")
            },
            7 => ApiRequest { token: None, ..request_to("GET", "/api/room", "") },
            8 => request_to("POST", "/api/room/join", "{}"),
            9 => request_to("POST", "/api/room/join", &identity.join_body_without_keys()),
            _ => request_to("POST", "/api/room/join", &identity.join_body(self.steps as usize)),
        };
        self.send_request(Caller::Stranger(stranger), api_request);
    }
}
