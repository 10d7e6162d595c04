//! Judges what crossed the object's boundary, after every step. It reads frames, answers, requests and the journal by
//! code of its own, and predicts nothing.
//!
//! Because the gate lets out each effect at the very write that it waited for, whatever leaves has to agree with the
//! safe journal of that moment to the last number. The invariants have the numbers of `docs/testing.md`.

mod dump;
mod journal;
mod leaving;
mod mirror;

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use duet::domain::SocketId;
use serde_json::Value;

pub use dump::{Dump, MessageRow, Said};

use crate::{host::Handled, wire::Ask};

/// What the invariants are about, by their numbers.
pub const INVARIANTS: [(u8, &str); 17] = [
    (0, "no panic, no internal error"),
    (1, "once: an id has one message for ever"),
    (2, "kept: what was told stays in the journal until the end"),
    (3, "one order: places 1 to n without holes, and only more of them"),
    (4, "explained: each message was sent by a seated person and not refused for good"),
    (5, "safe before said: what leaves agrees with the safe journal"),
    (6, "two seats: never a third, none replaced, each of somebody who can use it"),
    (7, "to the millisecond: a room ends at its end, and not before"),
    (8, "gone for good: nothing comes back after the end"),
    (9, "time to live: no key in Redis without one, none too long"),
    (10, "mirror: the list in Redis is a history of the room"),
    (11, "history: a page is exactly its places"),
    (12, "frames: ready first, news in order and once, nothing after the last word"),
    (13, "counts: one answer a call, one request on its way"),
    (14, "nothing for nothing: a GET and a refused call change nothing"),
    (15, "silence: no text and no token in a log or in debug output"),
    (16, "liveness: when faults stop, everything converges"),
];

/// An invariant does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in [`INVARIANTS`].
    pub invariant: u8,
    /// What was seen.
    pub what: String,
}

impl Violation {
    /// A violation of an invariant.
    pub fn new(invariant: u8, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// What an invariant says: it holds, or not.
pub type Verdict = Result<(), Violation>;

/// Fails with a violation of `invariant` unless `holds`.
fn demand(holds: bool, invariant: u8, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Violation::new(invariant, what())) }
}

/// Somebody who has a token.
#[derive(Clone, Debug)]
pub struct Known {
    /// The token itself.
    pub token: String,
    /// What a room stores of it.
    pub digest: String,
    /// Whether the person has the whole link.
    pub is_invited: bool,
}

impl Known {
    /// The participant behind the token.
    pub fn participant(&self) -> &str {
        self.digest.get(..16).unwrap_or_default()
    }
}

/// A message that somebody sent.
struct Sent {
    participant: String,
    id: Option<String>,
    is_refused: bool,
}

/// What went through a socket so far.
#[derive(Default)]
struct Socket {
    owner: String,
    is_ready: bool,
    is_over: bool,
    is_closed: bool,
    /// The newest message that it was told of.
    last: u64,
}

/// The auditor of one room.
pub struct Auditor {
    room: String,
    people: Vec<Known>,
    sent: BTreeMap<String, Sent>,
    /// What sockets sent again: the ids of messages by socket.
    told: BTreeMap<String, Said>,
    sockets: BTreeMap<SocketId, Socket>,
    safe: Rc<Dump>,
    /// Every message that was ever safe, as it is stored.
    rows: Vec<Rc<str>>,
    row_set: BTreeSet<Rc<str>>,
    max_clock: u64,
    latest_end_told: u64,
    ttl_seconds: u64,
    ends_by: u64,
    is_made: bool,
    is_creation_told: bool,
    is_destroy_asked: bool,
    is_gone: bool,
    /// Messages that the object stored just before it panicked: nobody was told.
    untold: BTreeSet<u64>,
    is_mirror_excused: bool,
    is_meddled: bool,
    strays: u32,
    may_lack_an_append: bool,
    is_list_foreign: bool,
    /// Rare states that were reached, and how often.
    pub marks: BTreeMap<&'static str, u64>,
}

impl Auditor {
    /// The auditor of the room with this id, before it is made.
    pub fn new(room: &str, safe: Rc<Dump>) -> Self {
        Self {
            room: room.to_owned(),
            people: vec![],
            sent: BTreeMap::new(),
            told: BTreeMap::new(),
            sockets: BTreeMap::new(),
            safe,
            rows: vec![],
            row_set: BTreeSet::new(),
            max_clock: 0,
            latest_end_told: 0,
            ttl_seconds: 0,
            ends_by: 0,
            is_made: false,
            is_creation_told: false,
            is_destroy_asked: false,
            is_gone: false,
            untold: BTreeSet::new(),
            is_mirror_excused: false,
            is_meddled: false,
            strays: 0,
            may_lack_an_append: false,
            is_list_foreign: false,
            marks: BTreeMap::new(),
        }
    }

    /// Somebody has a token.
    pub fn meet(&mut self, known: Known) {
        self.people.push(known);
    }

    /// Counts a rare state.
    pub fn mark(&mut self, name: &'static str) {
        *self.marks.entry(name).or_default() += 1;
    }

    /// Whether the room was made and is over.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Whether the room's creator was told that it is there.
    pub fn is_creation_told(&self) -> bool {
        self.is_creation_told
    }

    fn who(&self, token: Option<&String>) -> Option<&Known> {
        self.people.iter().find(|known| Some(&known.token) == token)
    }

    fn is_seated(&self, known: Option<&Known>) -> bool {
        let seats = self.safe.room.iter().flat_map(|room| &room.seats);
        known.is_some_and(|known| seats.clone().any(|digest| *digest == known.digest))
    }

    /// Somebody makes a call.
    pub fn asked(&mut self, ask: &Ask) {
        let Some(known) = self.who(ask.token.as_ref()) else { return };
        let participant = known.participant().to_owned();
        match (ask.method, ask.path) {
            ("POST", "/api/messages") => {
                let body: Value = serde_json::from_str(&ask.body).unwrap_or_default();
                self.note_send(&body, participant);
            }
            ("DELETE", _) => self.is_destroy_asked = true,
            _ => {}
        }
    }

    /// Somebody sends a frame.
    pub fn framed(&mut self, participant: &str, text: &str) {
        let Ok(body) = serde_json::from_str::<Value>(text) else { return };
        if body["type"] == "message" {
            self.note_send(&body, participant.to_owned());
        }
    }

    fn note_send(&mut self, body: &Value, participant: String) {
        let Some(text) = body["text"].as_str() else { return };
        let id = body["id"].as_str().map(str::to_owned);
        self.sent.entry(text.to_owned()).or_insert(Sent { participant, id, is_refused: false });
    }

    /// The object stored something and failed before it told anybody. Sockets that stay open may miss it, and find
    /// the hole at the next frame.
    pub fn panicked(&mut self, before: &Dump, after: &Dump) {
        if before.last_seq() < after.last_seq() {
            self.mark("a message was stored and nobody was told");
        }
        self.untold.extend(before.last_seq() + 1..=after.last_seq());
    }

    /// The object handled an event.
    pub fn handled(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        self.max_clock = self.max_clock.max(handled.clock);
        let (before, after) = (&handled.before, &handled.after);
        demand(handled.status != Some(500), 0, || "an internal error".to_owned())?;
        demand(handled.trouble.is_none(), 13, || handled.trouble.unwrap_or_default().to_owned())?;
        demand(handled.effects <= 64, 13, || format!("an event had {} effects", handled.effects))?;
        self.check_silence(handled)?;
        let is_over = before.is_room() && handled.clock >= before.expires_at();
        demand(!is_over || !after.is_room() || handled.has_mishap, 7, || {
            format!("the room goes on {} ms after its end", handled.clock - before.expires_at())
        })?;
        if before.is_room() && !after.is_room() {
            self.check_end(handled, ask)?;
        }
        let changes_nothing =
            ask.is_some_and(|ask| ask.method == "GET") || handled.status.is_some_and(|it| it >= 400);
        if handled.has_mishap {
            // Nothing of the event counts, but what it had written stays.
            self.panicked(before, after);
            return Ok(());
        }
        let seen = |dump: &Dump| (dump.participants().len(), dump.messages.len(), dump.expires_at());
        let is_same = !before.is_room() || !after.is_room() || seen(before) == seen(after);
        demand(!changes_nothing || is_same, 14, || {
            format!("a call that changes nothing changed the journal: {ask:?}")
        })
    }

    fn check_end(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        let is_destroyed =
            ask.is_some_and(|ask| ask.method == "DELETE" && self.is_seated(self.who(ask.token.as_ref())));
        let is_expired = self.max_clock >= handled.before.expires_at();
        let was_never_told = !self.is_creation_told;
        demand(is_destroyed || is_expired || was_never_told, 7, || {
            format!("the room ended {} ms too early", handled.before.expires_at() - self.max_clock)
        })
    }

    fn check_silence(&self, handled: &Handled) -> Verdict {
        let Some(shown) = &handled.shown else { return Ok(()) };
        let token = self.people.iter().find(|known| shown.contains(&known.token));
        demand(token.is_none(), 15, || format!("a token is shown: {shown}"))?;
        let text = self.sent.keys().find(|text| text.len() > 4 && shown.contains(*text));
        demand(text.is_none(), 15, || format!("a text is shown: {shown}"))
    }
}
