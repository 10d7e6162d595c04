//! Invariants of the journal: 2, 3, 4, 6 and 8.

use std::rc::Rc;

use super::{Auditor, Dump, MessageRow, Verdict, Violation, ensure};

impl Auditor {
    /// The durable journal changed: a write became durable, or a crash restored an earlier state.
    pub fn durable_journal_is(&mut self, dump: &Rc<Dump>) -> Verdict {
        if let Some(error) = &dump.error {
            return Err(Violation::new(3, format!("the journal cannot be read: {error}")));
        }
        ensure(!(self.has_ended && dump.is_room()), 8, || "a room came back into the journal".to_owned())?;
        if dump.is_room() {
            self.check_seats(dump)?;
            self.check_messages(dump)?;
            self.was_created = true;
            self.ends_by = dump.ends_by();
        } else if self.was_created {
            self.has_ended = true;
        }
        self.durable = dump.clone();
        Ok(())
    }

    fn check_seats(&self, dump: &Dump) -> Verdict {
        let Some(room) = &dump.room else { return Ok(()) };
        ensure(room.seats.len() <= 2, 6, || format!("{} seats are taken", room.seats.len()))?;
        if let Some(before) = &self.durable.room {
            let same = room.seats.starts_with(&before.seats) && room.keys.starts_with(&before.keys);
            ensure(same, 6, || "a seat was replaced, changed or lost".to_owned())?;
        }
        for (digest, keys) in room.seats.iter().zip(&room.keys) {
            let holder = self.token_holders.iter().find(|holder| holder.digest == *digest);
            ensure(holder.is_some(), 6, || "a seat belongs to nobody".to_owned())?;
            ensure(holder.is_some_and(|holder| holder.is_invited), 6, || {
                "a stranger took a seat".to_owned()
            })?;
            let has_keys = (keys.0.is_some(), keys.1.is_some());
            let is_encrypted = self.rules.is_encrypted;
            ensure(has_keys == (is_encrypted, is_encrypted), 6, || "a seat has the wrong keys".to_owned())?;
        }
        ensure(dump.expires_at() >= self.durable.expires_at(), 7, || "the room's end moved back".to_owned())?;
        let is_as_set = room.ttl_seconds == self.rules.ttl_seconds
            && room.ends_by == room.created_at + self.rules.longest_seconds * 1000
            && room.access.is_some() == self.rules.is_encrypted;
        ensure(is_as_set, 7, || "the room is not as its creator and its operator want it".to_owned())
    }

    fn check_messages(&mut self, dump: &Dump) -> Verdict {
        let before = &self.durable.messages;
        let is_longer = dump.messages.len() >= before.len();
        ensure(is_longer, 2, || format!("{} messages became {}", before.len(), dump.messages.len()))?;
        let same = before.iter().zip(&dump.messages).all(|(old, new)| Rc::ptr_eq(old, new) || old == new);
        ensure(same, 2, || "a durable message changed".to_owned())?;
        for (index, row) in dump.messages.iter().enumerate().skip(before.len()) {
            let seq = row.message.seq;
            ensure(seq == index as u64 + 1, 3, || format!("message {seq} has index {}", index + 1))?;
            self.check_new(row, dump)?;
            self.rows.push(row.json.clone());
            self.row_set.insert(row.json.clone());
        }
        Ok(())
    }

    fn check_new(&self, row: &MessageRow, dump: &Dump) -> Verdict {
        let message = &row.message;
        let what = || format!("message {} was not sent like that", message.seq);
        let sent = self.sent.get(&message.text).ok_or_else(|| Violation::new(4, what()))?;
        let is_own = sent.participant == message.participant
            && dump.participants().contains(&message.participant.as_str());
        ensure(is_own, 4, what)?;
        ensure(sent.id.as_ref().is_none_or(|id| *id == message.id), 4, what)?;
        ensure(!sent.is_refused, 4, || format!("message {} had been refused permanently", message.seq))?;
        let others = dump.messages.iter().filter(|other| other.message.id == message.id).count();
        ensure(others == 1, 1, || format!("the id of message {} is there {others} times", message.seq))
    }
}
