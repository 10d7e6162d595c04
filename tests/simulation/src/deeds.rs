//! The actions of people, honest and hostile.

use serde_json::json;

use crate::{
    dice::{Dice, Part},
    person::Phase,
    wire::{Ask, Up, Who},
    world::{Happening, ROOM, World},
};

const PARTS: [Part; 3] = [Part::Ann, Part::Ben, Part::Tab];

/// The actions of a person.
const DEEDS: [Deed; 13] = [
    Deed::Pause,
    Deed::Say,
    Deed::Type,
    Deed::Keep,
    Deed::Look,
    Deed::ReadPage,
    Deed::Reload,
    Deed::Leave,
    Deed::GhostSocket,
    Deed::Nonsense,
    Deed::OthersId,
    Deed::Flood,
    Deed::Destroy,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Say,
    Type,
    Keep,
    Look,
    ReadPage,
    Pause,
    Reload,
    Leave,
    GhostSocket,
    Nonsense,
    OthersId,
    Flood,
    Destroy,
}

/// How often people do each action in this world.
#[derive(Clone, Debug, Default)]
pub struct Habits {
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

impl Habits {
    /// Draws the habits of a seed. Each action is switched on or off, but people always talk.
    pub fn drawn(dice: &mut Dice, until: u64) -> Self {
        let mut weights: Vec<u64> = DEEDS
            .iter()
            .map(|_| {
                if dice.chance(Part::Swarm, "deed", 1, 2) {
                    dice.between(Part::Swarm, "weight", 1, 100)
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
            longest_pause_ms: pauses[dice.below(Part::Swarm, "pause", 3) as usize],
            until,
            has_strangers: dice.chance(Part::Swarm, "strangers", 1, 2),
            padding: if dice.chance(Part::Swarm, "long texts", 1, 20) { 16_000 } else { 0 },
        }
    }

    /// People stop acting.
    pub fn stop(&mut self, now: u64) {
        self.until = now;
    }
}

impl World {
    /// Plans the first action of each person.
    pub fn plan_deeds(&mut self) {
        for (client, part) in PARTS.into_iter().enumerate().take(self.people.len()) {
            let delay = self.stage.dice.between(part, "first", 1, 3_000);
            self.stage.after(delay, Happening::Acts(client));
        }
        if self.habits.has_strangers {
            self.stage.after(500, Happening::StrangerActs);
        }
    }

    /// A person does something, and plans the next action.
    pub fn acts(&mut self, client: usize) {
        if self.stage.now >= self.habits.until {
            return;
        }
        let part = PARTS[client];
        // The calm choice is the longest pause.
        let longest = self.habits.longest_pause_ms;
        let pause = longest - self.stage.dice.below(part, "pause", longest - 20);
        self.stage.after(pause, Happening::Acts(client));
        let (person, mut means) = self.person(client);
        match person.phase {
            Phase::Outside => return person.enter(&mut means),
            Phase::Inside if person.is_away() => return person.reload(&mut means),
            Phase::Inside => {}
            _ => return,
        }
        let deed = DEEDS[self.stage.dice.pick(part, "deed", &self.habits.weights)];
        self.stage.note(self.people[client].identity.name, || format!("{deed:?}"));
        self.do_it(client, deed);
    }

    fn do_it(&mut self, client: usize, deed: Deed) {
        match deed {
            Deed::Say => self.says_something(client),
            Deed::Type => self.sends_frame(client, r#"{"type":"typing"}"#),
            Deed::Keep => self.sends_frame(client, r#"{"type":"keep"}"#),
            Deed::Look => self.looks(client),
            Deed::ReadPage => self.reads_page(client),
            Deed::Pause => {}
            Deed::Reload => {
                let (person, mut means) = self.person(client);
                person.reload(&mut means);
            }
            Deed::Leave => {
                let (person, mut means) = self.person(client);
                person.leave(&mut means);
            }
            Deed::GhostSocket => self.opens_ghost(client),
            Deed::Nonsense => self.sends_nonsense(client),
            Deed::OthersId => self.takes_others_id(client),
            Deed::Flood => self.floods(client),
            Deed::Destroy => {
                let (person, mut means) = self.person(client);
                person.destroy(&mut means);
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
        let padding = "x".repeat(self.habits.padding);
        self.says(client, format!("{name} says {number}{padding}"));
    }

    /// A person sends this text. Texts must differ.
    pub fn says(&mut self, client: usize, text: String) {
        let (person, mut means) = self.person(client);
        person.say(text, &mut means);
    }

    /// Does a rate-limited action thirty times at once.
    fn floods(&mut self, client: usize) {
        let choice = self.stage.dice.below(PARTS[client], "flood", 4);
        for number in 0..30 {
            match choice {
                0 => self.sends_frame(client, r#"{"type":"typing"}"#),
                1 => {
                    let (person, mut means) = self.person(client);
                    person.look("GET", "/api/messages", "&limit=1", &mut means);
                }
                2 => self.sends_frame(client, r#"{"type":"keep"}"#),
                _ => self.posts_beside(client, &format!("{number} of a flood at {}", self.steps)),
            }
        }
    }

    /// Posts a message without an id, from another program of the same person.
    fn posts_beside(&mut self, client: usize, text: &str) {
        let identity = &self.people[client].identity;
        let body = json!({"text": format!("{} posts {text}", identity.name)}).to_string();
        let (token, query) = (Some(identity.token.clone()), format!("roomId={ROOM}"));
        let ask = Ask { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
        self.ask(Who::Nuisance(client), ask);
    }

    fn sends_frame(&mut self, client: usize, frame: &str) {
        let (person, mut means) = self.person(client);
        person.frame(frame.to_owned(), &mut means);
    }

    fn looks(&mut self, client: usize) {
        let (method, path) = [
            ("GET", "/api/room"),
            ("GET", "/api/room/ttl"),
            ("POST", "/api/room/join"),
            ("POST", "/api/room/keep"),
            ("PUT", "/api/room"),
        ][self.stage.dice.below(PARTS[client], "look", 5) as usize];
        let (person, mut means) = self.person(client);
        person.look(method, path, "", &mut means);
    }

    fn reads_page(&mut self, client: usize) {
        let after = self.stage.dice.below(PARTS[client], "after", 12);
        let limit = self.stage.dice.between(PARTS[client], "limit", 1, 9);
        let (person, mut means) = self.person(client);
        person.look("GET", "/api/messages", &format!("&after={after}&limit={limit}"), &mut means);
    }

    /// Opens a socket of the person from which no client reads.
    pub fn opens_ghost(&mut self, client: usize) {
        let token = Some(self.people[client].identity.token.clone());
        let query = format!("roomId={ROOM}");
        let ask =
            Ask { method: "GET", path: "/api/realtime", query, token, is_upgrade: true, ..Ask::default() };
        self.ask(Who::Nuisance(client), ask);
    }

    fn sends_nonsense(&mut self, client: usize) {
        let Some(pipe) = self.wire.pipes_of(Who::Nuisance(client)).pop() else {
            return self.opens_ghost(client);
        };
        let nonsense = [
            "nonsense",
            "{}",
            r#"{"type":"wave"}"#,
            r#"{"type":"message","text":"no id"}"#,
            r#"{"type":"message","id":"Ann-99999999999999999","text":""}"#,
            "ping ",
        ];
        let choice = self.stage.dice.below(PARTS[client], "nonsense", 8) as usize;
        let line = match nonsense.get(choice) {
            Some(text) => Up::Text((*text).to_owned()),
            None if choice == 6 => Up::Binary,
            None => Up::Text("x".repeat(33_000)),
        };
        self.wire.send_up(pipe, line, &mut self.stage, &self.weather);
    }

    /// Sends a message under an id that the other person used.
    fn takes_others_id(&mut self, client: usize) {
        let other = &self.people[1 - client.min(1)];
        let Some(id) = other.written.last().cloned() else { return };
        let token = Some(self.people[client].identity.token.clone());
        let text = format!("{} takes {id} at {}", self.people[client].identity.name, self.steps);
        let body = json!({"id": id, "text": text}).to_string();
        let query = format!("roomId={ROOM}");
        let ask = Ask { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
        self.ask(Who::Nuisance(client), ask);
    }

    /// A third person tries something.
    pub fn stranger_acts(&mut self) {
        if self.stage.now >= self.habits.until {
            return;
        }
        let pause = self.stage.dice.between(Part::Stranger, "pause", 500, 20_000);
        self.stage.after(pause, Happening::StrangerActs);
        let stranger = self.stage.dice.below(Part::Stranger, "which", 2) as usize;
        let choice = self.stage.dice.below(Part::Stranger, "what", 11);
        let identity = &self.strangers[stranger];
        let ask = |method, path: &'static str, body: &str| Ask {
            method,
            path,
            query: format!("roomId={ROOM}"),
            body: body.to_owned(),
            token: Some(identity.token.clone()),
            is_upgrade: path == "/api/realtime",
        };
        let text = json!({"text": format!("{} says {}", identity.name, self.steps)}).to_string();
        let ask = match choice {
            0 => ask("GET", "/api/room", ""),
            1 => ask("GET", "/api/messages", ""),
            2 => ask("POST", "/api/messages", &text),
            3 => ask("GET", "/api/realtime", ""),
            4 => ask("DELETE", "/api/room", ""),
            5 => ask("POST", "/api/room/keep", ""),
            6 => Ask { query: "roomId=another-room-of-nobody".to_owned(), ..ask("GET", "/api/room", "") },
            7 => Ask { token: None, ..ask("GET", "/api/room", "") },
            8 => ask("POST", "/api/room/join", "{}"),
            9 => ask("POST", "/api/room/join", &identity.join_body_without_keys()),
            _ => ask("POST", "/api/room/join", &identity.join_body(self.steps as usize)),
        };
        self.ask(Who::Stranger(stranger), ask);
    }
}
