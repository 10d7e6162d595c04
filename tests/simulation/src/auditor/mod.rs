//! Checks everything that entered or left the object, after every step. It parses frames, answers, requests and the
//! journal with its own code, and predicts nothing.
//!
//! The output gate releases each effect together with the write that it waits for. Everything that leaves the object
//! therefore agrees exactly with the durable journal at that moment. The invariants have the same numbers as in
//! `docs/testing.md`.

mod dump;
mod events;
mod journal;
mod leaving;
mod marks;
mod mirror;
mod rates;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

pub use dump::{Dump, MessageRow, Said};
pub use marks::MARKS;

use crate::{wire::SocketKey, world::Setup};
use rates::Rates;

/// The invariants, by number.
pub const INVARIANTS: [(u8, &str); 17] = [
    (0, "no panic, no internal error"),
    (1, "once: an id has one message for ever"),
    (2, "kept: an announced message stays in the journal until the end"),
    (3, "one order: places 1 to n without holes, and only more of them"),
    (4, "explained: each message was sent by a seated person and not refused for good"),
    (5, "safe before said: everything that leaves agrees with the safe journal"),
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

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in [`INVARIANTS`].
    pub invariant: u8,
    /// What was observed.
    pub what: String,
}

impl Violation {
    /// A violation of an invariant.
    pub fn new(invariant: u8, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// The result of a check.
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
    /// The digest of it that a room stores.
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

/// The frames that went through a socket so far.
#[derive(Default)]
struct Socket {
    owner: String,
    is_ready: bool,
    is_over: bool,
    is_closed: bool,
    /// The number of the newest message that was sent through it.
    last: u64,
}

/// The auditor of one room.
pub struct Auditor {
    room: String,
    people: Vec<Known>,
    sent: BTreeMap<String, Sent>,
    /// The messages that left the object, by their ids.
    announced: BTreeMap<String, Said>,
    sockets: BTreeMap<SocketKey, Socket>,
    /// Participants whose join was answered.
    joined: BTreeSet<String>,
    safe: Rc<Dump>,
    /// Every message that was ever durable, as stored.
    rows: Vec<Rc<str>>,
    row_set: BTreeSet<Rc<str>>,
    max_clock: u64,
    rules: Setup,
    rates: Rates,
    ends_by: u64,
    is_made: bool,
    is_creation_confirmed: bool,
    is_destroy_asked: bool,
    /// Whether the answer to a `DELETE` said that the room is gone.
    is_destroyed: bool,
    is_gone: bool,
    /// Messages that a failed event stored and did not announce.
    unannounced: BTreeSet<u64>,
    /// Whether an event failed and no `presence` frame has gone to everybody since then.
    is_news_lost: bool,
    /// Whether an event failed.
    has_failed: bool,
    /// When the newest requests were sent, in the world's time.
    requests_at: VecDeque<u64>,
    is_mirror_excused: bool,
    is_meddled: bool,
    strays: u32,
    may_lack_an_append: bool,
    is_list_foreign: bool,
    /// Rare states that were reached, and how often.
    pub marks: BTreeMap<&'static str, u64>,
}

impl Auditor {
    /// The auditor of the room with this id, before the room is created.
    pub fn new(room: &str, rules: Setup, safe: Rc<Dump>) -> Self {
        Self {
            room: room.to_owned(),
            people: vec![],
            sent: BTreeMap::new(),
            announced: BTreeMap::new(),
            sockets: BTreeMap::new(),
            joined: BTreeSet::new(),
            safe,
            rows: vec![],
            row_set: BTreeSet::new(),
            max_clock: 0,
            rates: Rates::new(rules.messages_per_second),
            rules,
            ends_by: 0,
            is_made: false,
            is_creation_confirmed: false,
            is_destroy_asked: false,
            is_destroyed: false,
            is_gone: false,
            unannounced: BTreeSet::new(),
            is_news_lost: false,
            has_failed: false,
            requests_at: VecDeque::new(),
            is_mirror_excused: false,
            is_meddled: false,
            strays: 0,
            may_lack_an_append: false,
            is_list_foreign: false,
            marks: BTreeMap::new(),
        }
    }

    /// The object's clock jumps, so the auditor cannot check how long it waits.
    pub fn expect_clock_jumps(&mut self) {
        self.rates.is_clock_uneven = true;
    }

    /// Adds somebody who has a token.
    pub fn meet(&mut self, known: Known) {
        self.people.push(known);
    }

    /// Whether the room was created and has ended.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Whether the room's creator was told that it exists.
    pub fn is_creation_confirmed(&self) -> bool {
        self.is_creation_confirmed
    }

    fn who(&self, token: Option<&String>) -> Option<&Known> {
        self.people.iter().find(|known| Some(&known.token) == token)
    }

    fn is_seated(&self, known: Option<&Known>) -> bool {
        let seats = self.safe.room.iter().flat_map(|room| &room.seats);
        known.is_some_and(|known| seats.clone().any(|digest| *digest == known.digest))
    }
}
