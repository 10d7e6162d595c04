//! Checks everything that entered or left the object, after every step. It parses frames, answers, requests and the
//! journal with its own code, and predicts nothing.
//!
//! The output gate releases each effect together with the write that it waits for. Everything that leaves the object
//! therefore agrees exactly with the durable journal at that moment. The invariants have the same numbers as in
//! `docs/testing.md`.

mod dump;
mod events;
mod journal;
mod output;
mod rare_states;
mod rates;
mod replica;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

pub use dump::{Dump, Message, MessageRow};
pub use rare_states::RARE_STATES;

use crate::{network::SocketKey, world::Setup};
use rates::Rates;

/// The invariants, by number.
pub const INVARIANTS: [(u8, &str); 17] = [
    (0, "no panic, no internal error"),
    (1, "identity: an id always belongs to the same message"),
    (2, "retention: an announced message stays in the journal until the end"),
    (3, "order: messages have the sequence numbers 1 to n without gaps"),
    (4, "origin: each message was sent by a participant with a seat and not refused permanently"),
    (5, "durable before announced: everything that the object sends agrees with the durable journal"),
    (6, "seats: never a third, none replaced, each of somebody who has the link"),
    (7, "lifetime: a room ends at the right millisecond"),
    (8, "deletion: nothing comes back after the end"),
    (9, "time to live: every key in Redis has one of the documented length"),
    (10, "replica: the list in Redis is a history of the room"),
    (11, "history: a page contains exactly the messages requested"),
    (12, "frames: `ready` first, updates in order and once, nothing after the final frame"),
    (13, "limits: one answer to each call, one request to Redis at a time"),
    (14, "no side effects: a GET and a refused call change nothing"),
    (15, "confidentiality: no text and no token in a log or in debug output"),
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
fn ensure(holds: bool, invariant: u8, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Violation::new(invariant, what())) }
}

/// Somebody who has a token.
#[derive(Clone, Debug)]
pub struct TokenHolder {
    /// The token itself.
    pub token: String,
    /// The digest of it that a room stores.
    pub digest: String,
    /// Whether the person has the whole link.
    pub is_invited: bool,
}

impl TokenHolder {
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
    token_holders: Vec<TokenHolder>,
    sent: BTreeMap<String, Sent>,
    /// The messages that left the object, by their ids.
    announced: BTreeMap<String, Message>,
    sockets: BTreeMap<SocketKey, Socket>,
    /// Participants whose join was answered.
    joined: BTreeSet<String>,
    durable: Rc<Dump>,
    /// Every message that was ever durable, as stored.
    rows: Vec<Rc<str>>,
    row_set: BTreeSet<Rc<str>>,
    max_clock: u64,
    rules: Setup,
    rates: Rates,
    ends_by: u64,
    was_created: bool,
    is_creation_confirmed: bool,
    is_destroy_requested: bool,
    /// Whether the answer to a `DELETE` said that the room is gone.
    is_destroyed: bool,
    has_ended: bool,
    /// Messages that a failed event stored and did not announce.
    unannounced: BTreeSet<u64>,
    /// Whether an event failed and no `presence` frame has gone to everybody since then.
    is_announcement_missing: bool,
    /// Whether an event failed.
    has_failed: bool,
    /// When the newest requests were sent, in the world's time.
    requests_at: VecDeque<u64>,
    may_replica_differ: bool,
    is_tampered: bool,
    strays: u32,
    may_lack_an_append: bool,
    is_list_foreign: bool,
    /// Rare states that were reached, and how often.
    pub rare_states: BTreeMap<&'static str, u64>,
}

impl Auditor {
    /// The auditor of the room with this id, before the room is created.
    pub fn new(room: &str, rules: Setup, durable: Rc<Dump>) -> Self {
        Self {
            room: room.to_owned(),
            token_holders: vec![],
            sent: BTreeMap::new(),
            announced: BTreeMap::new(),
            sockets: BTreeMap::new(),
            joined: BTreeSet::new(),
            durable,
            rows: vec![],
            row_set: BTreeSet::new(),
            max_clock: 0,
            rates: Rates::new(rules.messages_per_second),
            rules,
            ends_by: 0,
            was_created: false,
            is_creation_confirmed: false,
            is_destroy_requested: false,
            is_destroyed: false,
            has_ended: false,
            unannounced: BTreeSet::new(),
            is_announcement_missing: false,
            has_failed: false,
            requests_at: VecDeque::new(),
            may_replica_differ: false,
            is_tampered: false,
            strays: 0,
            may_lack_an_append: false,
            is_list_foreign: false,
            rare_states: BTreeMap::new(),
        }
    }

    /// The object's clock jumps, so the auditor cannot check how long it waits.
    pub fn expect_clock_jumps(&mut self) {
        self.rates.does_clock_jump = true;
    }

    /// Adds somebody who has a token.
    pub fn add_token_holder(&mut self, holder: TokenHolder) {
        self.token_holders.push(holder);
    }

    /// Whether the room was created and has ended.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether the room's creator was told that it exists.
    pub fn is_creation_confirmed(&self) -> bool {
        self.is_creation_confirmed
    }

    fn token_holder(&self, token: Option<&String>) -> Option<&TokenHolder> {
        self.token_holders.iter().find(|holder| Some(&holder.token) == token)
    }

    fn is_seated(&self, holder: Option<&TokenHolder>) -> bool {
        let seats = self.durable.room.iter().flat_map(|room| &room.seats);
        holder.is_some_and(|holder| seats.clone().any(|digest| *digest == holder.digest))
    }
}
