//! Sending and reading messages, and keeping the room open.

use super::{Action, Effects, EventError, OutputEffect, Room};
use crate::{
    domain::{Message, MessageId, ParticipantId, SeatDigest, Seq, SocketId, StoredMessage},
    journal::Journal,
    wire::{
        Answer, ApiError, Draft, ServerFrame,
        limits::{MAX_MESSAGES, MAX_PAGE_BYTES},
        message_frame,
    },
};

/// The other participant used this id. Confirming it would lose the caller's message.
const ID_OF_OTHER: ApiError =
    ApiError::BadRequest { field: "id", problem: "was already used by the other participant" };

/// A message that is in the journal.
struct Sent {
    message: StoredMessage,
    /// `false`: the message was stored earlier, and this send is a repetition.
    is_new: bool,
}

impl Room {
    /// A participant sent a message by `POST`.
    pub(super) fn on_send(
        &mut self,
        seat: Option<&SeatDigest>,
        draft: Draft,
        fallback_id: MessageId,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        self.load_open_room(journal, effects)?;
        let participant = self.participant(seat)?;
        let sent = self.send(draft, || fallback_id, participant, journal)?;
        if sent.is_new {
            self.broadcast_message(&sent.message, effects)?;
        }
        Ok(Answer::Sent { message: sent.message, is_new: sent.is_new })
    }

    /// A participant sent a message frame. Its broadcast is also the confirmation. A repetition is confirmed only to
    /// the socket that repeated it.
    pub(super) fn on_message(
        &mut self,
        socket: SocketId,
        participant: ParticipantId,
        draft: Draft,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        self.load_open_room(journal, effects)?;
        // A message frame without an id does not parse.
        let no_id = || MessageId::from_random([0; 32]);
        let sent = self.send(draft, no_id, participant, journal)?;
        if sent.is_new {
            return self.broadcast_message(&sent.message, effects);
        }
        let frame = message_frame(&sent.message, self.open_room()?.expires_at());
        effects.output.push(OutputEffect::Send { to: vec![socket], frame });
        Ok(())
    }

    /// Stores a message, or finds the one that the same participant stored under the same id.
    fn send(
        &mut self,
        draft: Draft,
        fallback_id: impl FnOnce() -> MessageId,
        participant: ParticipantId,
        journal: Journal<'_>,
    ) -> Result<Sent, EventError> {
        self.count(&participant, Action::Message)?;
        let message = draft.into_message(fallback_id, participant, self.now);
        let open = self.open_room_mut()?;
        if open.last_seq >= MAX_MESSAGES {
            return find_stored(&message, journal)?.ok_or(ApiError::HistoryFull.into());
        }
        match journal.append(open.last_seq + 1, &message)? {
            Some(stored) => {
                open.last_seq = stored.seq;
                open.record.lifetime.extend(message.timestamp);
                Ok(Sent { message: stored, is_new: true })
            }
            None => find_stored(&message, journal)?.ok_or(ApiError::Internal.into()),
        }
    }

    fn broadcast_message(
        &mut self,
        message: &StoredMessage,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        let frame = message_frame(message, self.open_room()?.expires_at());
        effects.output.push(OutputEffect::Send { to: self.sockets.all(), frame });
        Ok(())
    }

    /// A participant requests a page of the history.
    pub(super) fn on_history(
        &mut self,
        seat: Option<&SeatDigest>,
        after: Seq,
        limit: u64,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        let last_seq = self.load_open_room(journal, effects)?.last_seq;
        let participant = self.participant(seat)?;
        self.count(&participant, Action::Read)?;
        let messages = journal.page(after, limit, MAX_PAGE_BYTES)?;
        Ok(Answer::History { messages, last_seq })
    }

    /// A participant asks how long the room has left.
    pub(super) fn on_ttl(
        &mut self,
        seat: Option<&SeatDigest>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        self.load_open_room(journal, effects)?;
        self.participant(seat)?;
        self.ttl_answer()
    }

    /// A participant keeps the room open by `POST`.
    pub(super) fn on_keep_call(
        &mut self,
        seat: Option<&SeatDigest>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        self.load_open_room(journal, effects)?;
        let participant = self.participant(seat)?;
        self.keep(&participant, journal, effects)?;
        self.ttl_answer()
    }

    /// Keeps the room open: counts as activity and broadcasts the new end.
    pub(super) fn keep(
        &mut self,
        participant: &ParticipantId,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        self.count(participant, Action::Keep)?;
        let now = self.now;
        let open = self.open_room_mut()?;
        open.record.lifetime.extend(now);
        open.save(journal)?;
        let frame = ServerFrame::Expiry { expires_at: open.expires_at() }.to_text();
        effects.output.push(OutputEffect::Send { to: self.sockets.all(), frame });
        Ok(())
    }

    fn ttl_answer(&self) -> Result<Answer, EventError> {
        let expires_at = self.open_room()?.expires_at();
        Ok(Answer::Ttl { ttl: expires_at.seconds_left(self.now), expires_at })
    }
}

/// The stored message with the id of `message`, if any. Fails with `BadRequest` if the other participant sent it.
fn find_stored(message: &Message, journal: Journal<'_>) -> Result<Option<Sent>, EventError> {
    let Some(stored) = journal.find(&message.id)? else { return Ok(None) };
    let is_own = stored.read().is_some_and(|known| known.participant_id == message.participant_id);
    if is_own { Ok(Some(Sent { message: stored, is_new: false })) } else { Err(ID_OF_OTHER.into()) }
}
