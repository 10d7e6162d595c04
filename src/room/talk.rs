//! What is said in a room: frames in, sends from either side, frames out.

use worker::WebSocket;

use super::{
    Inner,
    actions::{self, Context, SendResult, Sent},
    live::Live,
    queue::{Follower, Sending},
    sockets,
    turns::{GONE, RoomTurn},
};
use crate::{
    clock,
    config::Config,
    domain::{EpochMs, Message, MessageId, NewMessage, ParticipantId},
    error::ApiError,
    log,
    protocol::{ClientFrame, Draft, MAX_FRAME_BYTES, ServerFrame},
};

impl Inner {
    /// Takes in one frame; one that is not text has no `raw`. Fails with what the socket is to be closed for.
    pub(super) async fn hear(&self, socket: &WebSocket, raw: Option<String>) -> Result<(), ApiError> {
        let now = clock::now();
        let participant = sockets::participant_of(socket).ok_or(ApiError::NotAParticipant)?;
        self.limits.borrow_mut().frame(&participant, now)?;
        let Some(raw) = raw else {
            return Err(ApiError::BadRequest { field: "frame", problem: "must be text" });
        };
        if raw.len() > MAX_FRAME_BYTES {
            return Err(ApiError::TooLarge);
        }
        match ClientFrame::parse(&raw)? {
            ClientFrame::Message(draft) => self.hear_message(socket, draft, participant, now).await,
            ClientFrame::BadMessage { id, error } => tell_error(socket, id.as_ref(), &error),
            ClientFrame::Typing => self.hear_typing(&participant, now),
            ClientFrame::Unknown => {}
        }
        Ok(())
    }

    async fn hear_message(&self, socket: &WebSocket, draft: Draft, participant: ParticipantId, now: EpochMs) {
        let id = draft.id.clone();
        let allowed = self.limits.borrow_mut().message(&participant, now);
        let sent = match allowed {
            Ok(()) => self.send(draft, participant, now).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(Sent::New(_)) => {}
            Ok(Sent::Repeated(message)) => self.tell_again(socket, &message).await,
            Err(error) => {
                log::trouble(&error);
                tell_error(socket, id.as_ref(), &error);
            }
        }
    }

    fn hear_typing(&self, participant: &ParticipantId, now: EpochMs) {
        if self.limits.borrow_mut().typing(participant, now).is_ok() {
            sockets::broadcast_past(
                &self.state,
                participant,
                &ServerFrame::Typing { participant_id: participant },
            );
        }
    }

    pub(super) fn welcome(
        &self,
        socket: &WebSocket,
        participant: &ParticipantId,
        context: &Context<'_>,
        live: &Live,
    ) {
        let participants = live.participants();
        let online = sockets::online(&self.state, &participants, None);
        let ready = ServerFrame::Ready {
            participant_id: participant,
            participants,
            online,
            last_seq: live.last_seq,
            expires_at: live.expires_at(context.config),
            now: context.now,
            ttl_seconds: live.meta.ttl_seconds,
        };
        sockets::tell(socket, &ready);
    }

    pub(super) fn tell_presence(&self, live: &Live, config: &Config, leaving: Option<&WebSocket>) {
        sockets::broadcast(&self.state, &self.presence(live, config, leaving));
    }

    pub(super) fn tell_presence_past(&self, participant: &ParticipantId, live: &Live, config: &Config) {
        sockets::broadcast_past(&self.state, participant, &self.presence(live, config, None));
    }

    fn presence(&self, live: &Live, config: &Config, leaving: Option<&WebSocket>) -> ServerFrame<'static> {
        let participants = live.participants();
        let online = sockets::online(&self.state, &participants, leaving);
        ServerFrame::Presence { participants, online, expires_at: live.expires_at(config) }
    }

    /// Tells everybody what is new, in order.
    pub(super) fn tell_news(&self, news: &[Message], live: &Live, config: &Config) {
        let expires_at = live.expires_at(config);
        for message in news {
            sockets::broadcast(&self.state, &ServerFrame::Message { message, expires_at });
        }
        self.told.set(Some(live.last_seq));
    }

    /// Confirms a repeated send to the socket that repeated it; the others were told the first time.
    async fn tell_again(&self, socket: &WebSocket, message: &Message) {
        let expires_at =
            self.in_turn(clock::now(), async |context, live| Ok(live.expires_at(context.config))).await;
        if let Ok(expires_at) = expires_at {
            sockets::tell(socket, &ServerFrame::Message { message, expires_at });
        }
    }

    /// Tells the others that somebody left, if that was his last socket and there is anybody to tell.
    pub(super) async fn see_off(&self, socket: &WebSocket) {
        let Some(participant) = sockets::participant_of(socket) else { return };
        let others_are_here = self.state.get_websockets().iter().any(|other| other != socket);
        if !others_are_here || !sockets::online(&self.state, &[participant], Some(socket)).is_empty() {
            return;
        }
        // Presence is a courtesy: if the room cannot be loaded now, the next change tells it.
        let _ = self
            .in_turn(clock::now(), async |context, live| {
                self.tell_presence(live, context.config, Some(socket));
                Ok(())
            })
            .await;
    }

    /// Sends a message, alone or along with others that waited: whoever's turn it is writes for all of them.
    pub(super) async fn send(&self, draft: Draft, participant_id: ParticipantId, now: EpochMs) -> SendResult {
        let id = match draft.id {
            Some(id) => id,
            None => MessageId::random()?,
        };
        let message =
            NewMessage { id, participant_id, sender: draft.sender, text: draft.text, timestamp: now };
        match self.queue.send(message).await {
            Sending::Lead(turn, own, followers) => self.lead(turn, own, followers).await,
            Sending::Answered(result) => result,
            Sending::Dropped => Err(GONE),
        }
    }

    async fn lead(
        &self,
        turn: RoomTurn<'_>,
        own: NewMessage,
        followers: Vec<Follower<NewMessage, SendResult>>,
    ) -> SendResult {
        let arrived = own.timestamp;
        let (messages, answers): (Vec<_>, Vec<_>) = followers.into_iter().map(Follower::part).unzip();
        let batch: Vec<NewMessage> = std::iter::once(own).chain(messages).collect();
        let told_before = self.told.get();
        let sent = self
            .with_turn(turn, arrived, async |context, live| {
                let sent = actions::send(context, live, batch).await?;
                self.tell_news(&sent.news, live, context.config);
                Ok(sent.results)
            })
            .await;
        let results = sent.unwrap_or_else(|error| vec![Err(error); answers.len() + 1]);
        let mut results = results.into_iter().map(|result| result.map(|sent| sent.told_since(told_before)));
        let own_result = results.next().unwrap_or(Err(ApiError::Internal));
        answers.into_iter().zip(results).for_each(|(answer, result)| answer(result));
        own_result
    }
}

fn tell_error(socket: &WebSocket, id: Option<&MessageId>, error: &ApiError) {
    sockets::tell(socket, &ServerFrame::Error { id, error: error.word(), message: error.message() });
}
