//! Sockets: opening, frames, closing, and what is broadcast about them.

use super::{Action, CallId, Effects, EventError, Frame, Memory, OpenRoom, OutputEffect, Room};
use crate::{
    domain::{MessageId, ParticipantId, SeatDigest, SocketId},
    journal::{Journal, JournalError},
    wire::{Answer, ApiError, ClientFrame, Close, SeenMark, ServerFrame},
};

impl Room {
    /// The open room. Fails with `RoomNotFound` if it has not been loaded.
    pub(super) fn open_room(&self) -> Result<&OpenRoom, EventError> {
        match &self.memory {
            Memory::Open(open) => Ok(open),
            _ => Err(ApiError::RoomNotFound.into()),
        }
    }

    /// The same, mutable.
    pub(super) fn open_room_mut(&mut self) -> Result<&mut OpenRoom, EventError> {
        match &mut self.memory {
            Memory::Open(open) => Ok(open),
            _ => Err(ApiError::RoomNotFound.into()),
        }
    }

    /// A participant opens a socket. If the participant has too many, the oldest one is closed, because it may be
    /// half-open.
    pub(super) fn on_socket_requested(
        &mut self,
        call: CallId,
        seat: Option<&SeatDigest>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        self.load_open_room(journal, effects)?;
        let participant = self.participant(seat)?;
        let was_online = self.sockets.is_online(&participant);
        let (socket, replaced) = self.sockets.open(participant.clone());
        if let Some(oldest) = replaced {
            effects.output.push(OutputEffect::Close(vec![oldest], Close::REPLACED));
        }
        effects.output.push(OutputEffect::AcceptSocket { call, socket, participant: participant.clone() });
        effects.output.push(OutputEffect::Respond(call, Ok(Answer::SocketAccepted(socket))));
        self.send_ready(socket, &participant, effects)?;
        if !was_online {
            self.send_presence(self.sockets.all_except(&participant), effects);
        }
        Ok(())
    }

    fn send_ready(
        &self,
        socket: SocketId,
        participant: &ParticipantId,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        let open = self.open_room()?;
        let ready = ServerFrame::Ready {
            participant_id: participant,
            participants: open.record.participants(),
            online: self.online(open),
            last_seq: open.last_seq,
            expires_at: open.expires_at(),
            now: self.now,
            ttl_seconds: open.record.lifetime.ttl_seconds,
            ends_by: open.record.lifetime.ends_by,
            hellos: open.record.hellos(),
        };
        effects.output.push(OutputEffect::Send { to: vec![socket], frame: ready.to_text() });
        Ok(())
    }

    fn online(&self, open: &OpenRoom) -> Vec<ParticipantId> {
        let participants = open.record.participants();
        participants.into_iter().filter(|participant| self.sockets.is_online(participant)).collect()
    }

    /// Broadcasts who has a seat and who is online, if that is due.
    pub(super) fn broadcast_presence(&mut self, effects: &mut Effects) {
        if std::mem::take(&mut self.is_presence_due) {
            self.send_presence(self.sockets.all(), effects);
        }
    }

    fn send_presence(&self, to: Vec<SocketId>, effects: &mut Effects) {
        let Memory::Open(open) = &self.memory else { return };
        if to.is_empty() {
            return;
        }
        let presence = ServerFrame::Presence {
            participants: open.record.participants(),
            online: self.online(open),
            last_seq: open.last_seq,
            expires_at: open.expires_at(),
            hellos: open.record.hellos(),
        };
        effects.output.push(OutputEffect::Send { to, frame: presence.to_text() });
    }

    /// A client sent a frame. An error that the participant cannot fix closes the socket.
    pub(super) fn on_frame(
        &mut self,
        socket: SocketId,
        frame: Frame<'_>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), JournalError> {
        match self.read_frame(socket, frame, journal, effects) {
            Ok(()) => Ok(()),
            Err(EventError::Journal(error)) => Err(error),
            Err(EventError::Api(error)) => {
                effects.output.push(OutputEffect::Close(vec![socket], error.close()));
                self.on_socket_closed(socket);
                Ok(())
            }
        }
    }

    fn read_frame(
        &mut self,
        socket: SocketId,
        frame: Frame<'_>,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<(), EventError> {
        let participant = self.sockets.participant(socket).cloned().ok_or(ApiError::NotAParticipant)?;
        self.count(&participant, Action::Frame)?;
        let raw = match frame {
            Frame::Text(raw) => raw,
            Frame::TooLarge => return Err(ApiError::TooLarge.into()),
            Frame::Binary => {
                return Err(ApiError::BadRequest { field: "frame", problem: "must be text" }.into());
            }
        };
        self.load_open_room(journal, effects)?;
        match ClientFrame::parse(raw)? {
            ClientFrame::Message(draft) => {
                let id = draft.id.clone();
                let sent = self.on_message(socket, participant, draft, journal, effects);
                answer_error(socket, id.as_ref(), sent, effects)
            }
            ClientFrame::BadMessage { id, error } => {
                answer_error(socket, id.as_ref(), Err(error.into()), effects)
            }
            ClientFrame::Keep => {
                let kept = self.keep(&participant, journal, effects);
                answer_error(socket, None, kept, effects)
            }
            ClientFrame::Typing => {
                let frame = ServerFrame::Typing { participant_id: &participant };
                self.forward_to_other(&participant, Action::Typing, &frame, effects);
                Ok(())
            }
            ClientFrame::Seen(SeenMark(text)) => {
                let frame = ServerFrame::Seen { participant_id: &participant, text: &text };
                self.forward_to_other(&participant, Action::Seen, &frame, effects);
                Ok(())
            }
            ClientFrame::Unknown => Ok(()),
        }
    }

    /// Sends a frame to the other participant and stores nothing. Beyond the limit it is dropped without an error,
    /// because nobody waits for it.
    fn forward_to_other(
        &mut self,
        participant: &ParticipantId,
        action: Action,
        frame: &ServerFrame<'_>,
        effects: &mut Effects,
    ) {
        let to = self.sockets.all_except(participant);
        if !to.is_empty() && self.count(participant, action).is_ok() {
            effects.output.push(OutputEffect::Send { to, frame: frame.to_text() });
        }
    }

    /// A socket closed, from either side. If it was the participant's last one, the others are notified.
    ///
    /// The platform may report the same close several times. It may also report a socket that the room closed itself,
    /// unless an open socket has its id by now.
    pub(super) fn on_socket_closed(&mut self, socket: SocketId) {
        if let Some(participant) = self.sockets.close(socket) {
            self.is_presence_due |= !self.sockets.is_online(&participant);
        }
    }

    /// Closes all sockets.
    pub(super) fn close_all(&mut self, close: Close, effects: &mut Effects) {
        let all = self.sockets.close_all();
        if !all.is_empty() {
            effects.output.push(OutputEffect::Close(all, close));
        }
    }

    /// Broadcasts the last frame and closes all sockets.
    pub(super) fn broadcast_and_close(
        &mut self,
        frame: &ServerFrame<'_>,
        close: Close,
        effects: &mut Effects,
    ) {
        if !self.sockets.is_empty() {
            effects.output.push(OutputEffect::Send { to: self.sockets.all(), frame: frame.to_text() });
        }
        self.close_all(close, effects);
    }
}

/// Answers a refused frame with an `error` frame if the participant can fix the error. The socket stays open.
fn answer_error(
    socket: SocketId,
    id: Option<&MessageId>,
    outcome: Result<(), EventError>,
    effects: &mut Effects,
) -> Result<(), EventError> {
    match outcome {
        Err(EventError::Api(error)) if error != ApiError::RoomNotFound => {
            let frame = ServerFrame::error(id, &error).to_text();
            effects.output.push(OutputEffect::Send { to: vec![socket], frame });
            Ok(())
        }
        other => other,
    }
}
