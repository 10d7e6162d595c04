//! The store's contract: a few whole verbs, each atomic, each with a named outcome.
//!
//! A store belongs to one room and has one caller, the room, which calls one verb at a time. It knows messages and
//! seats, and neither frames nor statuses. Adding a verb: here, in [`embedded`] and in [`upstash`], and a case in
//! `contract.rs`, which runs against both.

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod embedded;
pub mod upstash;

use serde::Serialize;

use crate::domain::{Access, EpochMs, Message, NewMessage, SeatDigest, Seq};

/// Messages that [`Store::load`] brings along: what most rooms ever hold, and a bounded read for the largest.
pub const TAIL_MESSAGES: u64 = 100;

/// What is stored of a room beside its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// When it was made.
    pub created_at: EpochMs,
    /// How long it lives after its last activity.
    pub ttl_seconds: u64,
    /// When it was made or, later, when the newest seat was taken. Messages carry their own time.
    pub active_at: EpochMs,
    /// Who has a seat; two at the most.
    pub seats: Vec<SeatDigest>,
    /// What a joiner's proof must hash to, if the room asks for one.
    pub access: Option<Access>,
}

/// A room as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// All but the messages.
    pub meta: Meta,
    /// The place of the newest message; 0 where there is none.
    pub last_seq: Seq,
    /// The newest messages, at most [`TAIL_MESSAGES`], in order.
    pub tail: Vec<Message>,
    /// How long the store still keeps the room by itself.
    pub kept_for_ms: u64,
}

/// How an `admit` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// The seats are stored.
    Done,
    /// The store has forgotten the room.
    RoomGone,
}

/// How an `append` ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Everything that now stands behind the place the caller knew: the batch, and before or between it whatever an
    /// earlier write of unknown outcome had left there.
    Stored(Vec<Message>),
    /// The store has forgotten the room.
    RoomGone,
}

/// The verb was not done, or nobody knows: the caller forgets what it knew of the room and loads it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// What a log may say of it: never a command, a key or an answer's text.
    pub cause: &'static str,
}

/// Where a room is kept.
pub enum Store {
    /// The object's own SQLite: no account, works offline.
    Embedded(embedded::Embedded),
    /// A Redis database behind Upstash's REST API.
    Upstash(upstash::Upstash),
}

impl Store {
    /// Stores a new room, to be kept for `keep_ms`. Doing it again changes nothing.
    pub async fn create(&self, meta: &Meta, keep_ms: u64, answer_by: EpochMs) -> Result<(), Unavailable> {
        match self {
            Self::Embedded(store) => store.create(meta),
            Self::Upstash(store) => store.create(meta, keep_ms, answer_by).await,
        }
    }

    /// Reads the room; `None` where there is none, which writes nothing. What late writes left of one that ended is cleared away.
    pub async fn load(&self, answer_by: EpochMs) -> Result<Option<Loaded>, Unavailable> {
        match self {
            Self::Embedded(store) => store.load(),
            Self::Upstash(store) => store.load(answer_by).await,
        }
    }

    /// Stores `meta.seats` and `meta.active_at`, and keeps the room for `keep_ms` from now.
    pub async fn admit(
        &self,
        meta: &Meta,
        keep_ms: u64,
        answer_by: EpochMs,
    ) -> Result<Admitted, Unavailable> {
        match self {
            Self::Embedded(store) => store.admit(meta),
            Self::Upstash(store) => store.admit(meta, keep_ms, answer_by).await,
        }
    }

    /// Stores a batch behind `after`, the last place the caller knows, and keeps the room for `keep_ms` from now if
    /// given. All of the batch is stored, or its outcome is [`Unavailable`].
    pub async fn append(
        &self,
        after: Seq,
        batch: Vec<NewMessage>,
        keep_ms: Option<u64>,
        answer_by: EpochMs,
    ) -> Result<Appended, Unavailable> {
        match self {
            Self::Embedded(store) => store.append(after, batch),
            Self::Upstash(store) => store.append(after, batch, keep_ms, answer_by).await,
        }
    }

    /// Reads at most `limit` messages behind `after`, in order. A room that is gone has none.
    pub async fn history(
        &self,
        after: Seq,
        limit: u64,
        answer_by: EpochMs,
    ) -> Result<Vec<Message>, Unavailable> {
        match self {
            Self::Embedded(store) => store.history(after, limit),
            Self::Upstash(store) => store.history(after, limit, answer_by).await,
        }
    }

    /// Whether something that was asked for in vain may still be done: after a `destroy`, `load` clears away what that leaves.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Embedded(_) => false,
            Self::Upstash(store) => store.is_in_doubt(),
        }
    }

    /// Forgets everything about the room. Doing it again changes nothing.
    pub async fn destroy(&self, answer_by: EpochMs) -> Result<(), Unavailable> {
        match self {
            Self::Embedded(store) => store.destroy(),
            Self::Upstash(store) => store.destroy(answer_by).await,
        }
    }
}

/// Ids, numbers, texts, and lists and plain structs of these, always have a JSON form.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A stored message, which does not know its place. `None` for what this version cannot read.
fn read_message(stored: &str, seq: Seq) -> Option<Message> {
    Some(serde_json::from_str::<NewMessage>(stored).ok()?.at(seq))
}
