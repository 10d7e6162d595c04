//! The messages that one client received, by sequence number, and whether both people received the same. Source:
//! `docs/sealing.md`, "Order". Has no keys.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;

use crate::body::{MessageContent, Seen};
use crate::bytes::{MessageId, ParticipantId, RoomId};
use crate::head::Head;

/// A message as received from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Its sequence number, from 1.
    pub seq: NonZeroU32,
    /// Its id.
    pub id: MessageId,
    /// Its sender, as the server reports it.
    pub sender: ParticipantId,
    /// The text as received.
    pub text: String,
}

/// The result of processing a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It opened.
    Shown {
        /// Its content.
        content: MessageContent,
        /// It was written before its sender knew the other person's hello.
        is_early: bool,
    },
    /// It is a keys message, which is never shown.
    Keys,
    /// It may open later.
    Waiting(Wait),
    /// It never counts as a message.
    Refused(Refusal),
}

/// What a message waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The other person's hello.
    OtherHello,
    /// The other person's keys message.
    OtherKeys,
}

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The text does not have the form of this version.
    Form,
    /// Its sender has neither seat.
    ThirdSender,
    /// This sender does not use its key id.
    UnknownKey,
    /// It was not encrypted in this room, under this id and by this sender, or it was changed.
    Forged,
    /// Its content is not valid.
    Body,
    /// An earlier sequence number has the same id.
    Repeated,
}

/// Whether a message was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    New { is_first_with_id: bool },
    Known,
}

#[derive(Clone, Debug)]
struct Received {
    message: Incoming,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    seen: Seen,
    is_of_other: bool,
}

/// All messages that one client has, and what they show together.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    /// The heads at 0, 1, 2, … up to the first gap.
    heads: Vec<Head>,
    received: BTreeMap<u32, Received>,
    first_seq_of_id: HashMap<MessageId, u32>,
    /// Heads that messages claim and that cannot be computed yet.
    pending_claims: Vec<Claim>,
    is_broken: bool,
    other_has_seen: u64,
    /// The newest mark, until its head can be compared.
    pending_mark: Option<Seen>,
    other_has_read: u64,
    changed: Vec<NonZeroU32>,
}

impl Conversation {
    pub fn new(room: &RoomId) -> Self {
        Self {
            heads: vec![Head::empty(room)],
            received: BTreeMap::new(),
            first_seq_of_id: HashMap::new(),
            pending_claims: Vec::new(),
            is_broken: false,
            other_has_seen: 0,
            pending_mark: None,
            other_has_read: 0,
            changed: Vec::new(),
        }
    }

    /// Stores a message under its sequence number. It waits until [`Self::set_outcome`] gives its result.
    pub fn insert(&mut self, message: Incoming) -> Arrival {
        let seq = message.seq.get();
        if let Some(known) = self.received.get(&seq) {
            self.is_broken |= known.message != message;
            return Arrival::Known;
        }
        let is_first_with_id = self.claim_id(&message);
        self.received.insert(seq, Received { message, outcome: Outcome::Waiting(Wait::OtherHello) });
        self.extend_heads();
        self.check_claims();
        self.check_mark();
        Arrival::New { is_first_with_id }
    }

    /// Stores the result of a message. What the message claims to have seen is checked as soon as that is possible.
    pub fn set_outcome(&mut self, seq: NonZeroU32, outcome: Outcome, is_of_other: bool) {
        if let Outcome::Shown { content, .. } = &outcome {
            if content.seen.seq >= u64::from(seq.get()) {
                self.is_broken = true;
            } else {
                self.pending_claims.push(Claim { seen: content.seen, is_of_other });
            }
        }
        if let Some(received) = self.received.get_mut(&seq.get()) {
            received.outcome = outcome;
        }
        self.check_claims();
    }

    /// Records that a sequence number has no message, or one with which the head cannot continue.
    pub fn note_gap(&mut self) {
        self.is_broken = true;
    }

    /// Records that the result of a message that was reported before has changed.
    pub fn note_change(&mut self, seq: NonZeroU32) {
        self.changed.push(seq);
    }

    /// The messages whose result changed since the last call.
    pub fn take_changed(&mut self) -> Vec<NonZeroU32> {
        std::mem::take(&mut self.changed)
    }

    pub fn outcome(&self, seq: NonZeroU32) -> Option<&Outcome> {
        self.received.get(&seq.get()).map(|received| &received.outcome)
    }

    pub fn waiting(&self) -> Vec<Incoming> {
        let waiting =
            self.received.values().filter(|received| matches!(received.outcome, Outcome::Waiting(_)));
        waiting.map(|received| received.message.clone()).collect()
    }

    /// Whether the keys message `id` of `sender` has arrived.
    pub fn has_keys(&self, id: &MessageId, sender: &ParticipantId) -> bool {
        let received = self.first_seq_of_id.get(id).and_then(|seq| self.received.get(seq));
        received
            .is_some_and(|received| received.outcome == Outcome::Keys && received.message.sender == *sender)
    }

    /// The `seen` of a message that is encrypted now.
    pub fn seen(&self) -> Seen {
        let seq = self.heads.len() - 1;
        let head = self.heads.last().map(Head::short).unwrap_or_default();
        Seen { seq: seq as u64, head }
    }

    /// The `seen` of a mark of somebody who has read up to `seq`.
    pub fn seen_up_to(&self, seq: u64) -> Seen {
        let known = usize::try_from(seq).ok().and_then(|seq| self.heads.get(seq));
        known.map_or_else(|| self.seen(), |head| Seen { seq, head: head.short() })
    }

    /// Stores a mark of the other person. It replaces a mark that could not be compared yet.
    pub fn receive_mark(&mut self, seen: Seen) {
        self.pending_mark = Some(seen);
        self.check_mark();
    }

    pub fn other_has_read(&self) -> u64 {
        self.other_has_read
    }

    fn check_mark(&mut self) {
        let head_at = |seen: &Seen| self.heads.get(usize::try_from(seen.seq).ok()?).map(Head::short);
        let Some((seen, head)) = self.pending_mark.and_then(|seen| Some((seen, head_at(&seen)?))) else {
            return;
        };
        self.pending_mark = None;
        if head == seen.head {
            self.other_has_read = self.other_has_read.max(seen.seq);
        } else {
            self.is_broken = true;
        }
    }

    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    pub fn other_has_seen(&self) -> u64 {
        self.other_has_seen
    }

    /// Of several messages with one id, only the one with the lowest sequence number is valid, in whichever order they
    /// arrive.
    fn claim_id(&mut self, message: &Incoming) -> bool {
        let seq = message.seq.get();
        match self.first_seq_of_id.insert(message.id, seq) {
            None => true,
            Some(earlier) if earlier < seq => {
                self.first_seq_of_id.insert(message.id, earlier);
                false
            }
            Some(later) => {
                self.refuse_repeated(later);
                true
            }
        }
    }

    fn refuse_repeated(&mut self, seq: u32) {
        if let Some(received) = self.received.get_mut(&seq) {
            received.outcome = Outcome::Refused(Refusal::Repeated);
            self.changed.push(received.message.seq);
        }
    }

    fn extend_heads(&mut self) {
        while let Some(head) = self.next_head() {
            self.heads.push(head);
        }
    }

    fn next_head(&self) -> Option<Head> {
        let seq = u32::try_from(self.heads.len()).ok()?;
        let Incoming { id, sender, text, .. } = &self.received.get(&seq)?.message;
        Some(self.heads.last()?.after(seq, id, sender, text))
    }

    fn check_claims(&mut self) {
        let heads = &self.heads;
        let head_at = |seq: u64| heads.get(usize::try_from(seq).ok()?).map(Head::short);
        let (is_broken, other_has_seen) = (&mut self.is_broken, &mut self.other_has_seen);
        self.pending_claims.retain(|Claim { seen, is_of_other }| {
            let Some(head) = head_at(seen.seq) else { return true };
            if head != seen.head {
                *is_broken = true;
            } else if *is_of_other {
                *other_has_seen = seen.seq.max(*other_has_seen);
            }
            false
        });
    }
}
