//! Two people and the relay between them. It also records what was really sent, for the auditor.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use duet_sealing::bytes::{Id, MessageId, ParticipantId, RoomId, Secret32};
use duet_sealing::hello::SeatSecrets;
use duet_sealing::link::LinkSecret;
use duet_sealing::participant::{Draft, Incoming, Outcome, Participant};
use proptest::sample::Index;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ann,
    Ben,
}

impl Side {
    pub fn other(self) -> Self {
        if self == Self::Ann { Self::Ben } else { Self::Ann }
    }

    pub fn id(self) -> ParticipantId {
        Id::parse(if self == Self::Ann { "aaaaaaaaaaaaaaaa" } else { "bbbbbbbbbbbbbbbb" }).unwrap()
    }
}

fn third_id() -> ParticipantId {
    Id::parse("cccccccccccccccc").unwrap()
}

#[derive(Clone, Debug)]
pub enum Act {
    Send(Side),
    /// Sends an earlier message again, as after a lost answer.
    Resend(Side, Index),
    SendKeys(Side),
    DeliverHellos(Side, HelloLie),
    /// Delivers the next message in the order of sending, as an honest relay does.
    DeliverNext(Side),
    /// Delivers any message as the next one: drops, reorders, replays, changes.
    DeliverAny {
        side: Side,
        which: Index,
        lie: MessageLie,
    },
    /// Delivers any message under a sequence number that may be taken, or is far ahead.
    DeliverAt {
        side: Side,
        which: Index,
        position: Index,
    },
    /// Shows one person the messages that the other received.
    GiveOthersView(Side),
    /// The browser starts again from its stored keys.
    Restart(Side),
}

#[derive(Clone, Debug)]
pub enum HelloLie {
    None,
    Hide,
    Reflect,
    Swap,
    ReplaceOwn,
    ThirdSeat,
    RenameOther,
    ForgeWithoutLink,
    FlipBit(Index),
}

#[derive(Clone, Debug)]
pub enum MessageLie {
    None,
    OtherSender,
    ThirdSender,
    NewId,
    IdOf(Index),
    FlipBit(Index),
    Cut(Index),
}

/// A message as the relay sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    pub id: MessageId,
    pub sender: ParticipantId,
    pub text: String,
}

/// What a person really sent, and what they had been shown by then.
#[derive(Clone, Debug)]
pub struct Truth {
    pub relayed: Relayed,
    pub words: String,
    pub seen: Vec<Relayed>,
}

pub struct Person {
    pub participant: Participant,
    pub secrets: SeatSecrets,
    pub hello: String,
    /// The messages that were delivered to them, by sequence number; the first for each number counts.
    pub view: BTreeMap<u32, Relayed>,
    /// The messages that ever opened for them: sequence number and text.
    pub ever_shown: Vec<(u32, String)>,
    /// A sequence number was delivered a second time, with another message.
    pub was_message_replaced: bool,
    pub was_lied_to_about_hellos: bool,
    pub was_own_hello_changed: bool,
    sent: Vec<(MessageId, String)>,
}

impl Person {
    /// The messages that they have from sequence number 1 up to the first gap.
    pub fn prefix(&self) -> Vec<Relayed> {
        (1..).map_while(|seq| self.view.get(&seq).cloned()).collect()
    }

    fn next_seq(&self) -> u32 {
        self.view.keys().next_back().map_or(1, |last| last + 1)
    }
}

pub struct World {
    pub room: RoomId,
    pub link: LinkSecret,
    people: [Person; 2],
    /// All messages, in the order of sending.
    pool: Vec<Relayed>,
    pub truths: Vec<Truth>,
    next_number: u64,
}

impl World {
    pub fn new() -> Self {
        let room = Id::parse("V1StGXR8_Z5jdHi6B-myT").unwrap();
        let link = LinkSecret::new(test_bytes(0));
        let people = [1, 2].map(|number| person(room, &link, number));
        Self { room, link, people, pool: Vec::new(), truths: Vec::new(), next_number: 100 }
    }

    pub fn person(&self, side: Side) -> &Person {
        &self.people[side as usize]
    }

    pub fn pool(&self) -> &[Relayed] {
        &self.pool
    }

    pub fn act(&mut self, act: &Act) {
        match act {
            Act::Send(side) => self.send_new(*side),
            Act::Resend(side, which) => self.resend(*side, which),
            Act::SendKeys(side) => self.send_keys(*side),
            Act::DeliverHellos(side, lie) => self.deliver_hellos(*side, lie),
            Act::DeliverNext(side) => self.deliver_next(*side),
            Act::DeliverAny { side, which, lie } => self.deliver_any(*side, which, lie),
            Act::DeliverAt { side, which, position } => self.deliver_at(*side, which, position),
            Act::GiveOthersView(side) => self.give_others_view(*side),
            Act::Restart(side) => self.restart(*side),
        }
    }

    /// Delivers everything to both, as an honest relay does in the end.
    pub fn deliver_everything(&mut self) {
        for side in [Side::Ann, Side::Ben] {
            self.deliver_hellos(side, &HelloLie::None);
            self.send_keys(side);
        }
        for side in [Side::Ann, Side::Ben] {
            while self.person(side).view.len() < self.pool.len() {
                self.deliver_next(side);
            }
        }
    }

    fn person_mut(&mut self, side: Side) -> &mut Person {
        &mut self.people[side as usize]
    }

    fn fresh(&mut self) -> [u8; 32] {
        self.next_number += 1;
        test_bytes(self.next_number)
    }

    fn fresh_nonce(&mut self) -> [u8; 12] {
        *self.fresh().first_chunk().unwrap()
    }

    fn fresh_id(&mut self) -> MessageId {
        self.next_number += 1;
        Id::parse(&format!("message-{:013}", self.next_number)).unwrap()
    }

    fn send_new(&mut self, side: Side) {
        let (id, words) = (self.fresh_id(), format!("message {}", self.next_number));
        self.person_mut(side).sent.push((id, words.clone()));
        self.send(side, id, words);
    }

    fn resend(&mut self, side: Side, which: &Index) {
        let sent = &self.person(side).sent;
        if !sent.is_empty() {
            let (id, words) = which.get(sent).clone();
            self.send(side, id, words);
        }
    }

    fn send(&mut self, side: Side, id: MessageId, words: String) {
        let nonce = self.fresh_nonce();
        let person = self.person(side);
        let draft = Draft { id, sender: "Ann or Ben", text: &words, at_ms: 5 };
        let Ok(outgoing) = person.participant.encrypt(&draft, nonce) else { return };
        let seen = person.prefix();
        let relayed = Relayed { id, sender: side.id(), text: outgoing.text };
        self.truths.push(Truth { relayed: relayed.clone(), words, seen });
        self.relay(relayed);
    }

    fn send_keys(&mut self, side: Side) {
        let nonce = self.fresh_nonce();
        let Some(outgoing) = self.person(side).participant.keys_message(nonce) else { return };
        self.relay(Relayed { id: outgoing.id, sender: side.id(), text: outgoing.text });
    }

    /// Like the room, does not store a known id of the same sender again.
    fn relay(&mut self, relayed: Relayed) {
        if !self.pool.iter().any(|known| known.id == relayed.id) {
            self.pool.push(relayed);
        }
    }

    fn deliver_hellos(&mut self, side: Side, lie: &HelloLie) {
        let (own_id, other_id) = (side.id(), side.other().id());
        let (own, other) = (self.person(side).hello.clone(), self.person(side.other()).hello.clone());
        let hellos = match lie {
            HelloLie::None => vec![(own_id, own), (other_id, other)],
            HelloLie::Hide => vec![(own_id, own)],
            HelloLie::Reflect => vec![(own_id, own.clone()), (other_id, own)],
            HelloLie::Swap => vec![(own_id, other), (other_id, own)],
            HelloLie::ReplaceOwn => vec![(own_id, self.forged_hello()), (other_id, other)],
            HelloLie::ThirdSeat => vec![(own_id, own), (other_id, other.clone()), (third_id(), other)],
            HelloLie::RenameOther => vec![(own_id, own), (third_id(), other)],
            HelloLie::ForgeWithoutLink => vec![(own_id, own), (other_id, self.forged_hello())],
            HelloLie::FlipBit(which) => vec![(own_id, own), (other_id, with_other_character(&other, which))],
        };
        let borrowed: Vec<_> = hellos.iter().map(|(id, hello)| (*id, hello.as_str())).collect();
        let person = self.person_mut(side);
        person.was_own_hello_changed |= matches!(lie, HelloLie::Swap | HelloLie::ReplaceOwn);
        person.was_lied_to_about_hellos |= !matches!(lie, HelloLie::None | HelloLie::Hide);
        let _ = person.participant.on_hellos(own_id, &borrowed);
        self.note_shown(side);
    }

    /// A complete hello with the relay's own keys, under its own link secret.
    fn forged_hello(&mut self) -> String {
        let number = self.next_number;
        let link = LinkSecret::new(self.fresh());
        seat_secrets(number).hello(&self.room, &link).to_base64url()
    }

    fn deliver_next(&mut self, side: Side) {
        let seq = self.person(side).next_seq();
        if let Some(relayed) = self.pool.get(seq as usize - 1).cloned() {
            self.deliver(side, seq, relayed);
        }
    }

    fn deliver_any(&mut self, side: Side, which: &Index, lie: &MessageLie) {
        if self.pool.is_empty() {
            return;
        }
        let honest = which.get(&self.pool).clone();
        let changed = self.changed(honest, lie);
        self.deliver(side, self.person(side).next_seq(), changed);
    }

    fn deliver_at(&mut self, side: Side, which: &Index, position: &Index) {
        if self.pool.is_empty() {
            return;
        }
        let seq = position.index(self.person(side).next_seq() as usize + 3) as u32 + 1;
        self.deliver(side, seq, which.get(&self.pool).clone());
    }

    fn changed(&mut self, honest: Relayed, lie: &MessageLie) -> Relayed {
        let swapped = if honest.sender == Side::Ann.id() { Side::Ben.id() } else { Side::Ann.id() };
        match lie {
            MessageLie::None => honest,
            MessageLie::OtherSender => Relayed { sender: swapped, ..honest },
            MessageLie::ThirdSender => Relayed { sender: third_id(), ..honest },
            MessageLie::NewId => Relayed { id: self.fresh_id(), ..honest },
            MessageLie::IdOf(which) => Relayed { id: which.get(&self.pool).id, ..honest },
            MessageLie::FlipBit(which) => {
                Relayed { text: with_other_character(&honest.text, which), ..honest }
            }
            MessageLie::Cut(which) => {
                Relayed { text: honest.text[..which.index(honest.text.len())].to_owned(), ..honest }
            }
        }
    }

    fn give_others_view(&mut self, side: Side) {
        for (seq, relayed) in self.person(side.other()).view.clone() {
            self.deliver(side, seq, relayed);
        }
    }

    fn deliver(&mut self, side: Side, seq: u32, relayed: Relayed) {
        let person = self.person_mut(side);
        if person.participant.stopped().is_some() {
            return;
        }
        let known = person.view.entry(seq).or_insert_with(|| relayed.clone());
        person.was_message_replaced |= *known != relayed;
        let Relayed { id, sender, text } = relayed;
        let _ = person.participant.receive(Incoming { seq: NonZeroU32::new(seq).unwrap(), id, sender, text });
        self.note_shown(side);
    }

    fn restart(&mut self, side: Side) {
        let room = self.room;
        let person = self.person_mut(side);
        if person.participant.stopped().is_some() {
            return;
        }
        person.participant = Participant::restore(room, person.participant.stored().clone());
        person.view.clear();
        person.ever_shown.clear();
        person.was_message_replaced = false;
    }

    fn note_shown(&mut self, side: Side) {
        let person = self.person_mut(side);
        for (seq, relayed) in &person.view {
            let outcome = person.participant.outcome(NonZeroU32::new(*seq).unwrap());
            let entry = (*seq, relayed.text.clone());
            if matches!(outcome, Some(Outcome::Shown { .. })) && !person.ever_shown.contains(&entry) {
                person.ever_shown.push(entry);
            }
        }
    }
}

fn person(room: RoomId, link: &LinkSecret, number: u64) -> Person {
    let secrets = seat_secrets(number * 10);
    Person {
        participant: Participant::new(room, link, &secrets),
        hello: secrets.hello(&room, link).to_base64url(),
        secrets,
        view: BTreeMap::new(),
        ever_shown: Vec::new(),
        was_message_replaced: false,
        was_lied_to_about_hellos: false,
        was_own_hello_changed: false,
        sent: Vec::new(),
    }
}

pub fn seat_secrets(number: u64) -> SeatSecrets {
    let secret = |offset| Secret32::new(test_bytes(number * 1_000 + offset));
    SeatSecrets { exchange: secret(1), nonce: secret(2), early: secret(3), shelf: secret(4) }
}

/// Bytes that differ for every number. A run must be repeatable, so nothing here is random.
fn test_bytes(number: u64) -> [u8; 32] {
    duet_sealing::bytes::sha256(&[b"test bytes", &number.to_be_bytes()])
}

fn with_other_character(text: &str, which: &Index) -> String {
    let index = which.index(text.len());
    let replacement = if text.as_bytes()[index] == b'A' { "B" } else { "A" };
    format!("{}{replacement}{}", &text[..index], &text[index + 1..])
}
