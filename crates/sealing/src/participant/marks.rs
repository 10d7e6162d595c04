//! Seen marks: up to which message a person has read. Source: `docs/sealing.md`, "Seen marks".

use super::{EncryptError, Participant};
use crate::body::Mark;
use crate::bytes::ParticipantId;
use crate::message::{EncryptedText, Envelope, encrypt_text};

/// What a mark uses instead of a message's id. No message has this id, because ids have 21 characters.
pub const MARK_ID: &str = "seen";

impl Participant {
    /// The `text` of a `seen` frame: this person has read up to `seq`. `nonce` must be fresh. Fails with `NoSeat` until
    /// the other person's hello is pinned.
    pub fn encrypt_mark(&self, seq: u64, nonce: [u8; 12]) -> Result<String, EncryptError> {
        self.check_running().map_err(|_| EncryptError::Stopped)?;
        let pair = self.pair.as_ref().ok_or(EncryptError::NoSeat)?;
        let mark = Mark { seen: self.conversation.seen_up_to(seq) };
        let envelope = Envelope { room: &self.room, id: MARK_ID, sender: &pair.own.id };
        let (key_id, key) = (pair.transcript.key_id(), pair.root.message_key(&pair.own.id));
        encrypt_text(&envelope, key_id, &key, nonce, &mark.to_json()).ok_or(EncryptError::TooLong)
    }

    /// Processes a `seen` frame from `sender`. A mark that does not open is ignored.
    pub fn receive_mark(&mut self, sender: ParticipantId, text: &str) {
        if let Some(Mark { seen }) = self.decrypt_mark(sender, text) {
            self.conversation.receive_mark(seen);
        }
    }

    /// Up to which sequence number the other person has read, according to their marks.
    pub fn other_has_read(&self) -> u64 {
        self.conversation.other_has_read()
    }

    fn decrypt_mark(&self, sender: ParticipantId, text: &str) -> Option<Mark> {
        let pair = self.pair.as_ref().filter(|pair| pair.other.id == sender && self.stop.is_none())?;
        let encrypted =
            EncryptedText::parse(text).filter(|encrypted| encrypted.key_id == pair.transcript.key_id())?;
        let envelope = Envelope { room: &self.room, id: MARK_ID, sender: &sender };
        Mark::from_plaintext(&encrypted.decrypt(&envelope, &pair.root.message_key(&sender))?)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::bytes::{Id, RoomId, Secret32};
    use crate::hello::SeatSecrets;
    use crate::link::LinkSecret;
    use crate::participant::{Draft, Incoming};

    fn id<const LENGTH: usize>(letter: &str) -> Id<LENGTH> {
        Id::parse(&letter.repeat(LENGTH)).unwrap()
    }

    /// Two people who have each other's hello, and a message from Ann that both have.
    fn two_people() -> [Participant; 2] {
        let (room, link): (RoomId, _) = (id("r"), LinkSecret::new([7; 32]));
        let secrets = [1, 2].map(|seed| {
            let [exchange, nonce, early, shelf] =
                [0, 1, 2, 3].map(|more| Secret32::new([seed * 16 + more; 32]));
            SeatSecrets { exchange, nonce, early, shelf }
        });
        let hellos = [0, 1].map(|index| secrets[index].hello(&room, &link).to_base64url());
        let seats = [(id("a"), hellos[0].as_str()), (id("b"), hellos[1].as_str())];
        let mut people = [0, 1].map(|index| Participant::new(room, &link, &secrets[index]));
        for (index, person) in people.iter_mut().enumerate() {
            person.on_hellos(seats[index].0, &seats).unwrap();
        }
        let draft = Draft { id: id("m"), sender: "Ann", text: "hello", at_ms: 5 };
        let text = people[0].encrypt(&draft, [0; 12]).unwrap().text;
        for person in &mut people {
            let seq = NonZeroU32::MIN;
            person.receive(Incoming { seq, id: id("m"), sender: id("a"), text: text.clone() }).unwrap();
        }
        people
    }

    #[test]
    fn a_mark_says_up_to_where_the_other_has_read() {
        let [mut ann, ben] = two_people();

        let text = ben.encrypt_mark(1, [9; 12]).unwrap();
        ann.receive_mark(id("b"), &text);
        ann.receive_mark(id("b"), &ben.encrypt_mark(0, [8; 12]).unwrap());

        assert_eq!((ann.other_has_read(), ann.is_order_broken()), (1, false));
        assert!(text.len() <= 220, "{} characters", text.len());
    }

    #[test]
    fn a_mark_that_is_forged_or_a_message_says_nothing() {
        let [mut ann, mut ben] = two_people();
        let draft = Draft { id: id("n"), sender: "Ben", text: "hi", at_ms: 6 };
        let (message, mark) = (ben.encrypt(&draft, [3; 12]).unwrap(), ben.encrypt_mark(1, [9; 12]).unwrap());

        ann.receive_mark(id("b"), &message.text);
        ann.receive_mark(id("a"), &mark);
        ann.receive_mark(id("b"), "1");
        let own = ann.encrypt_mark(1, [4; 12]).unwrap();
        ann.receive_mark(id("b"), &own);
        let seq = NonZeroU32::new(2).unwrap();
        let as_message = Incoming { seq, id: id("n"), sender: id("b"), text: mark };
        let outcome = ben.receive(as_message).unwrap();

        assert_eq!((ann.other_has_read(), ann.is_order_broken()), (0, false));
        assert!(matches!(outcome, crate::participant::Outcome::Refused(_)), "{outcome:?}");
    }

    #[test]
    fn a_mark_over_another_conversation_breaks_the_order() {
        let [mut ann, mut ben] = two_people();
        for (person, letter) in [(&mut ann, "x"), (&mut ben, "y")] {
            let seq = NonZeroU32::new(2).unwrap();
            let message = Incoming { seq, id: id(letter), sender: id("a"), text: "not encrypted".into() };
            person.receive(message).unwrap();
        }

        ann.receive_mark(id("b"), &ben.encrypt_mark(2, [9; 12]).unwrap());

        assert_eq!((ann.other_has_read(), ann.is_order_broken()), (0, true));
    }
}
