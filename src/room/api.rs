//! What the API asks of a room.

use worker::{Request, Response, WebSocketPair};

use super::{
    Inner, Setup,
    actions::{self, Sent},
    sockets,
};
use crate::{
    clock,
    domain::{ParticipantId, SeatDigest, Token},
    error::ApiError,
    http,
    protocol::{CreateBody, Created, Draft, HistoryBody, JoinBody, JoinedBody, StatusBody, TtlBody},
    route::{Query, Route},
    session,
};

impl Inner {
    /// Answers a request that the Worker passed on.
    pub(super) async fn answer(&self, request: &mut Request) -> Result<Response, ApiError> {
        match http::route(request)? {
            Route::CreateRoom => self.create(request).await,
            Route::RoomStatus => self.status(request).await,
            Route::JoinRoom => self.join(request).await,
            Route::RoomTtl => self.ttl(request).await,
            Route::DestroyRoom => self.destroy(request).await,
            Route::ListMessages => self.list_messages(request).await,
            Route::SendMessage => self.post_message(request).await,
            Route::Realtime => self.open_socket(request).await,
            Route::Health => Err(ApiError::NotFound),
        }
    }

    async fn create(&self, request: &mut Request) -> Result<Response, ApiError> {
        let body = http::body(request, CreateBody::parse).await?;
        let id = &self.setup()?.id;
        let (expires_at, now) = self.begin(body).await?;
        let created = Created { room_id: id, ttl: expires_at.seconds_left(now), expires_at };
        let response = http::json(201, &created)?;
        response.headers().set("location", &format!("/room/{}", id.as_str()))?;
        Ok(response)
    }

    async fn status(&self, request: &Request) -> Result<Response, ApiError> {
        let seat = self.seat_of(request)?;
        let (status, sealed) = self
            .in_turn(clock::now(), async |_, live| {
                Ok((actions::status(live, seat.as_ref()), live.meta.access.is_some()))
            })
            .await?;
        http::json(200, &StatusBody { room_id: &self.setup()?.id, status, sealed })
    }

    async fn join(&self, request: &mut Request) -> Result<Response, ApiError> {
        let body = http::body(request, JoinBody::parse).await?;
        let Setup { id, config, .. } = self.setup()?;
        let token = match http::token(request) {
            Some(token) => token,
            None => Token::random()?,
        };
        let seat = token.seat_in(id);
        let participant_id = ParticipantId::of(&seat);
        let response = self
            .in_turn(clock::now(), async |context, live| {
                if actions::join(context, live, seat, body.proof.as_ref()).await? {
                    self.tell_presence(live, config, None);
                }
                let expires_at = live.expires_at(config);
                http::json(
                    200,
                    &JoinedBody {
                        room_id: id,
                        participant_id: &participant_id,
                        participants: live.participants(),
                        ttl: expires_at.seconds_left(context.now),
                        expires_at,
                        last_seq: live.last_seq,
                    },
                )
            })
            .await?;
        let cookie = session::set_cookie(&token, config.room_max_lifetime_seconds, http::is_https(request));
        response.headers().set("set-cookie", &cookie)?;
        Ok(response)
    }

    async fn ttl(&self, request: &Request) -> Result<Response, ApiError> {
        let seat = self.seat_of(request)?;
        self.in_turn(clock::now(), async |context, live| {
            actions::participant(live, seat.as_ref())?;
            let expires_at = live.expires_at(context.config);
            http::json(200, &TtlBody { ttl: expires_at.seconds_left(context.now), expires_at })
        })
        .await
    }

    async fn destroy(&self, request: &Request) -> Result<Response, ApiError> {
        let seat = self.seat_of(request)?;
        self.destroy_for(seat.as_ref()).await?;
        http::no_content()
    }

    async fn list_messages(&self, request: &Request) -> Result<Response, ApiError> {
        let (after, limit) = http::query(request, |query: Query| Ok((query.after()?, query.limit()?)))?;
        let seat = self.seat_of(request)?;
        self.in_turn(clock::now(), async |context, live| {
            actions::participant(live, seat.as_ref())?;
            let messages = actions::history(context, live, after, limit).await?;
            http::json(200, &HistoryBody { messages, last_seq: live.last_seq })
        })
        .await
    }

    async fn post_message(&self, request: &mut Request) -> Result<Response, ApiError> {
        let draft = http::body(request, Draft::parse).await?;
        let seat = self.seat_of(request)?;
        let now = clock::now();
        let participant =
            self.in_turn(now, async |_, live| actions::participant(live, seat.as_ref())).await?;
        self.limits.borrow_mut().message(&participant, now)?;
        let sent = self.send(draft, participant, now).await?;
        let status = if matches!(sent, Sent::New(_)) { 201 } else { 200 };
        http::json(status, sent.message())
    }

    async fn open_socket(&self, request: &Request) -> Result<Response, ApiError> {
        if !http::is_upgrade(request) {
            return Err(ApiError::UpgradeRequired);
        }
        let seat = self.seat_of(request)?;
        let pair = WebSocketPair::new()?;
        self.in_turn(clock::now(), async |context, live| {
            let participant = actions::participant(live, seat.as_ref())?;
            let online_before = sockets::online(&self.state, &live.participants(), None);
            sockets::accept(&self.state, &pair.server, &participant)?;
            self.welcome(&pair.server, &participant, context, live);
            if !online_before.contains(&participant) {
                self.tell_presence_past(&participant, live, context.config);
            }
            Ok(())
        })
        .await?;
        Ok(Response::from_websocket(pair.client)?)
    }

    fn seat_of(&self, request: &Request) -> Result<Option<SeatDigest>, ApiError> {
        let id = &self.setup()?.id;
        Ok(http::token(request).map(|token| token.seat_in(id)))
    }
}
