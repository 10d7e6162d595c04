//! One person in one room: all rules of the format together. Source: `docs/sealing.md`, "What a client does".
//!
//! A [`Participant`] receives what the server sends ([`Participant::on_hellos`], [`Participant::receive`]) and creates
//! what the client sends ([`Participant::keys_message`], [`Participant::encrypt`]). It does not trust the server.

use std::num::NonZeroU32;

use crate::body::{MessageContent, RevealedKeys};
use crate::bytes::{MessageId, ParticipantId, RoomId, Secret32};
use crate::conversation::{Arrival, Conversation};
pub use crate::conversation::{Incoming, Outcome, Refusal, Wait};
use crate::handshake::{KeyId, Root, Seat, Transcript, early_key, early_key_id};
use crate::hello::{Hello, HelloError, SeatSecrets};
use crate::link::LinkSecret;
use crate::message::{EncryptedText, Envelope, encrypt_text};
use crate::shelf::{Stage, StoredKeys};

mod marks;

pub use marks::MARK_ID;

/// Why a client stops for good: somebody without the link has the other seat, or the server changed a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The other person's hello is not accepted.
    Hello(HelloError),
    /// The person's own seat or hello is not the one of the join.
    OwnHello,
    /// The other person's seat or hello is not the pinned one.
    Changed,
    /// There are more than two seats.
    ThirdSeat,
    /// The other person's nonce does not match their commitment. The safety words cannot be trusted.
    Nonce,
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptError {
    /// The person's own id is not known yet: [`Participant::on_hellos`] gives it.
    NoSeat,
    /// The client has stopped.
    Stopped,
    /// Name and text are too long.
    TooLong,
}

/// A message to be written.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Its id. A repeated send has the same id, name, text and time.
    pub id: MessageId,
    /// The name that the sender chose.
    pub sender: &'a str,
    /// The text that the sender wrote.
    pub text: &'a str,
    /// When it was written, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// What is sent to the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The message's id.
    pub id: MessageId,
    /// The encrypted text.
    pub text: String,
}

/// One person in one room.
#[derive(Clone, Debug)]
pub struct Participant {
    room: RoomId,
    keys: StoredKeys,
    own_id: Option<ParticipantId>,
    pair: Option<Pair>,
    conversation: Conversation,
    stop: Option<Stop>,
}

/// What is known once the other person's hello is pinned.
#[derive(Clone, Debug)]
struct Pair {
    own: Seat,
    other: Seat,
    transcript: Transcript,
    root: Root,
    revealed: Option<RevealedKeys>,
}

/// A key under which a text may be encrypted.
struct Candidate {
    key_id: KeyId,
    is_early: bool,
    /// `None` until the other person has revealed it.
    key: Option<Secret32>,
}

impl Participant {
    /// A person who takes a seat. `secrets` must be fresh; `join` sends the values derived from them.
    pub fn new(room: RoomId, link: &LinkSecret, secrets: &SeatSecrets) -> Self {
        Self::restore(room, StoredKeys::before_join(&room, link, secrets))
    }

    /// A person who has a seat, from the stored keys.
    pub fn restore(room: RoomId, keys: StoredKeys) -> Self {
        let pair = Pair::stored(&room, &keys);
        let own_id = pair.as_ref().map(|pair| pair.own.id);
        Self { room, keys, own_id, pair, conversation: Conversation::new(&room), stop: None }
    }

    /// What the client has to store. After the pin it contains no exchange secret, so that no second hello can be
    /// pinned.
    pub fn stored(&self) -> &StoredKeys {
        &self.keys
    }

    /// Processes the answer to `join`, `ready` or `presence`: the person's own id, and all hellos of the room.
    ///
    /// The first acceptable hello of another seat is pinned. Save [`Self::stored`] before sending anything.
    pub fn on_hellos(&mut self, own_id: ParticipantId, hellos: &[(ParticipantId, &str)]) -> Result<(), Stop> {
        self.check_running()?;
        let checked = self.check_hellos(own_id, hellos);
        self.stop = checked.err();
        checked
    }

    /// Processes a message. Messages may arrive in any order and repeatedly.
    pub fn receive(&mut self, message: Incoming) -> Result<Outcome, Stop> {
        self.check_running()?;
        let seq = message.seq;
        match self.conversation.insert(message.clone()) {
            Arrival::Known => {}
            Arrival::New { is_first_with_id: false } => {
                self.record_outcome(&message, Outcome::Refused(Refusal::Repeated));
            }
            Arrival::New { is_first_with_id: true } => self.try_decrypt(&message)?,
        }
        Ok(self.outcome(seq).cloned().unwrap_or(Outcome::Refused(Refusal::Form)))
    }

    /// Records that the room has no message at a sequence number below its newest, or one whose ids do not have the
    /// form of [`Incoming`]. An honest room does neither. The head cannot continue after it.
    pub fn note_gap(&mut self) {
        self.conversation.note_gap();
    }

    /// The result of the message with this sequence number.
    pub fn outcome(&self, seq: NonZeroU32) -> Option<&Outcome> {
        self.conversation.outcome(seq)
    }

    /// The messages whose outcome changed after [`Self::receive`] returned it, since the last call.
    pub fn take_changed(&mut self) -> Vec<NonZeroU32> {
        self.conversation.take_changed()
    }

    /// The message that confirms the person's key and reveals their nonce. The client sends it before anything else,
    /// and again at each start until it is in the history. `None` while alone, once it is there, and after a stop.
    /// `nonce` must be fresh.
    pub fn keys_message(&self, nonce: [u8; 12]) -> Option<Outgoing> {
        let pair = self.pair.as_ref().filter(|_| self.stop.is_none())?;
        let id = pair.transcript.keys_message_id(&pair.own.id);
        if self.conversation.has_keys(&id, &pair.own.id) {
            return None;
        }
        let revealed = RevealedKeys { nonce: self.keys.nonce.clone(), early: self.keys.early.clone() };
        let (key_id, key) = (pair.transcript.key_id(), pair.root.message_key(&pair.own.id));
        let envelope = Envelope { room: &self.room, id: id.as_str(), sender: &pair.own.id };
        let text = encrypt_text(&envelope, key_id, &key, nonce, &revealed.to_json())?;
        Some(Outgoing { id, text })
    }

    /// Encrypts a draft under the current key. `nonce` must be fresh, also for a repeated send.
    pub fn encrypt(&self, draft: &Draft, nonce: [u8; 12]) -> Result<Outgoing, EncryptError> {
        self.check_running().map_err(|_| EncryptError::Stopped)?;
        let own_id = self.own_id.ok_or(EncryptError::NoSeat)?;
        let (key_id, key) = match &self.pair {
            Some(pair) => (pair.transcript.key_id(), pair.root.message_key(&own_id)),
            None => (early_key_id(&self.keys.hello), self.own_early_key(own_id)),
        };
        let content = MessageContent {
            sender: draft.sender.to_owned(),
            text: draft.text.to_owned(),
            at_ms: draft.at_ms,
            seen: self.conversation.seen(),
        };
        let envelope = Envelope { room: &self.room, id: draft.id.as_str(), sender: &own_id };
        let text =
            encrypt_text(&envelope, key_id, &key, nonce, &content.to_json()).ok_or(EncryptError::TooLong)?;
        Ok(Outgoing { id: draft.id, text })
    }

    /// The four words to compare by voice. `None` until the other person has revealed their nonce.
    pub fn safety_words(&self) -> Option<[&'static str; 4]> {
        let pair = self.pair.as_ref().filter(|_| self.stop.is_none())?;
        let (own, other) = (&self.keys.nonce, &pair.revealed.as_ref()?.nonce);
        let nonces = if pair.own.id < pair.other.id { [own, other] } else { [other, own] };
        Some(pair.root.safety_words(&pair.transcript, nonces))
    }

    /// The other's seat, once it is pinned.
    pub fn other(&self) -> Option<Seat> {
        self.pair.as_ref().map(|pair| pair.other)
    }

    /// Whether the two people were shown different conversations. Once true, it stays true.
    pub fn is_order_broken(&self) -> bool {
        self.conversation.is_broken()
    }

    /// Up to which sequence number the other person has seen the same conversation.
    pub fn other_has_seen(&self) -> u64 {
        self.conversation.other_has_seen()
    }

    /// Why this client stopped.
    pub fn stopped(&self) -> Option<Stop> {
        self.stop
    }

    fn check_running(&self) -> Result<(), Stop> {
        self.stop.map_or(Ok(()), Err)
    }

    fn check_hellos(&mut self, own_id: ParticipantId, hellos: &[(ParticipantId, &str)]) -> Result<(), Stop> {
        let own = hellos.iter().find(|(id, _)| *id == own_id).map(|(_, hello)| *hello);
        let is_own_id = self.own_id.is_none_or(|known| known == own_id);
        if !is_own_id || own != Some(self.keys.hello.to_base64url().as_str()) {
            return Err(Stop::OwnHello);
        }
        self.own_id = Some(own_id);
        let mut others = hellos.iter().filter(|(id, _)| *id != own_id);
        let (other, third) = (others.next(), others.next());
        if third.is_some() {
            return Err(Stop::ThirdSeat);
        }
        // A missing hello proves nothing: the other person may not have joined, or the server hides them.
        other.map_or(Ok(()), |(id, hello)| self.check_other(own_id, *id, hello))
    }

    fn check_other(&mut self, own_id: ParticipantId, id: ParticipantId, hello: &str) -> Result<(), Stop> {
        let hello = Hello::parse(hello).map_err(Stop::Hello)?;
        let other = Seat { id, hello };
        match &self.pair {
            Some(pair) if pair.other == other => Ok(()),
            Some(_) => Err(Stop::Changed),
            None => self.pin(own_id, other),
        }
    }

    /// An exchange secret is combined with one other hello only. An attacker who could try more would search for
    /// matching words.
    fn pin(&mut self, own_id: ParticipantId, other: Seat) -> Result<(), Stop> {
        let Stage::Alone(exchange) = &self.keys.stage else { return Err(Stop::Changed) };
        other.hello.verify(&self.room, &self.keys.link, &self.keys.hello).map_err(Stop::Hello)?;
        let own = Seat { id: own_id, hello: self.keys.hello };
        let transcript = Transcript::of(&self.room, &own, &other);
        let root = Root::agree(&self.room, &self.keys.link, exchange, &other.hello, &transcript)
            .map_err(Stop::Hello)?;
        self.keys.stage = Stage::Pinned { own_id, root: root.clone(), other };
        self.pair = Some(Pair { own, other, transcript, root, revealed: None });
        self.retry_waiting()
    }

    fn try_decrypt(&mut self, message: &Incoming) -> Result<(), Stop> {
        let decrypted = self.decrypt(message);
        let (outcome, revealed) = match decrypted {
            Ok(Decrypted::Message { content, is_early }) => (Outcome::Shown { content, is_early }, None),
            Ok(Decrypted::Keys(revealed)) => (Outcome::Keys, Some(revealed)),
            Err(outcome) => (outcome, None),
        };
        self.record_outcome(message, outcome);
        let is_own = self.own_id == Some(message.sender);
        revealed.filter(|_| !is_own).map_or(Ok(()), |revealed| self.accept_revealed(revealed))
    }

    fn record_outcome(&mut self, message: &Incoming, outcome: Outcome) {
        let is_of_other = self.own_id != Some(message.sender);
        self.conversation.set_outcome(message.seq, outcome, is_of_other);
    }

    fn accept_revealed(&mut self, revealed: RevealedKeys) -> Result<(), Stop> {
        let Some(pair) = &mut self.pair else { return Ok(()) };
        if !pair.other.hello.commits_to(&self.room, revealed.nonce.expose()) {
            self.stop = Some(Stop::Nonce);
            return Err(Stop::Nonce);
        }
        pair.revealed.get_or_insert(revealed);
        self.retry_waiting()
    }

    fn retry_waiting(&mut self) -> Result<(), Stop> {
        for message in self.conversation.waiting() {
            let before = self.outcome(message.seq).cloned();
            // A keys message among them opens others; that takes a call of its own.
            if !matches!(before, Some(Outcome::Waiting(_))) {
                continue;
            }
            self.try_decrypt(&message)?;
            if self.outcome(message.seq) != before.as_ref() {
                self.conversation.note_change(message.seq);
            }
        }
        Ok(())
    }

    fn decrypt(&self, message: &Incoming) -> Result<Decrypted, Outcome> {
        let encrypted = EncryptedText::parse(&message.text).ok_or(Outcome::Refused(Refusal::Form))?;
        let candidates = self.candidates(message.sender)?;
        let matching: Vec<_> = candidates.iter().filter(|known| known.key_id == encrypted.key_id).collect();
        let envelope = Envelope { room: &self.room, id: message.id.as_str(), sender: &message.sender };
        for Candidate { key, is_early, .. } in &matching {
            let plaintext = key.as_ref().and_then(|key| encrypted.decrypt(&envelope, key));
            if let Some(plaintext) = plaintext {
                return self.read(message, &plaintext, *is_early).ok_or(Outcome::Refused(Refusal::Body));
            }
        }
        Err(self.outcome_if_undecrypted(encrypted.key_id, &matching))
    }

    fn outcome_if_undecrypted(&self, key_id: KeyId, matching: &[&Candidate]) -> Outcome {
        if matching.iter().any(|candidate| candidate.key.is_none()) {
            Outcome::Waiting(Wait::OtherKeys)
        } else if self.pair.is_none() && key_id != early_key_id(&self.keys.hello) {
            Outcome::Waiting(Wait::OtherHello)
        } else if matching.is_empty() {
            Outcome::Refused(Refusal::UnknownKey)
        } else {
            Outcome::Refused(Refusal::Forged)
        }
    }

    fn candidates(&self, sender: ParticipantId) -> Result<Vec<Candidate>, Outcome> {
        let is_own = self.own_id == Some(sender);
        let is_other = self.pair.as_ref().is_none_or(|pair| pair.other.id == sender);
        if !is_own && !is_other {
            return Err(Outcome::Refused(Refusal::ThirdSender));
        }
        let room_key = self.pair.as_ref().map(|pair| pair.room_candidate(sender));
        let early_key = match &self.pair {
            _ if is_own => Some(Candidate {
                key_id: early_key_id(&self.keys.hello),
                is_early: true,
                key: Some(self.own_early_key(sender)),
            }),
            Some(pair) => Some(pair.other_early_candidate()),
            None => None,
        };
        Ok(room_key.into_iter().chain(early_key).collect())
    }

    fn own_early_key(&self, own_id: ParticipantId) -> Secret32 {
        early_key(&self.keys.early, &Seat { id: own_id, hello: self.keys.hello })
    }

    /// The id decides which kind of message it is. A keys message is valid only under the key that it confirms.
    fn read(&self, message: &Incoming, plaintext: &[u8], is_early: bool) -> Option<Decrypted> {
        let keys_id = self.pair.as_ref().map(|pair| pair.transcript.keys_message_id(&message.sender));
        if keys_id != Some(message.id) {
            return MessageContent::from_plaintext(plaintext)
                .map(|content| Decrypted::Message { content, is_early });
        }
        if is_early { None } else { RevealedKeys::from_plaintext(plaintext).map(Decrypted::Keys) }
    }
}

enum Decrypted {
    Message { content: MessageContent, is_early: bool },
    Keys(RevealedKeys),
}

impl Pair {
    fn stored(room: &RoomId, keys: &StoredKeys) -> Option<Self> {
        let Stage::Pinned { own_id, root, other } = &keys.stage else { return None };
        let own = Seat { id: *own_id, hello: keys.hello };
        let transcript = Transcript::of(room, &own, other);
        Some(Self { own, other: *other, transcript, root: root.clone(), revealed: None })
    }

    fn room_candidate(&self, sender: ParticipantId) -> Candidate {
        let key = Some(self.root.message_key(&sender));
        Candidate { key_id: self.transcript.key_id(), is_early: false, key }
    }

    fn other_early_candidate(&self) -> Candidate {
        let key = self.revealed.as_ref().map(|revealed| early_key(&revealed.early, &self.other));
        Candidate { key_id: early_key_id(&self.other.hello), is_early: true, key }
    }
}
