//! The calls of the HTTP API that concern a room, as values.

use super::{ApiError, CreateBody, Draft, JoinBody, Query, Route};
use crate::domain::{MessageId, RandomBytes, Seq};

/// One call, parsed and validated. `GET /api/realtime` is not among them: it becomes a socket event.
#[allow(missing_docs, reason = "docs/protocol.md describes the fields")]
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// `POST /api/room/create`
    Create(CreateBody),
    /// `GET /api/room`
    Status { identified: bool },
    /// `POST /api/room/join`
    Join(JoinBody),
    /// `POST /api/room/keep`
    Keep,
    /// `GET /api/room/ttl`
    Ttl,
    /// `DELETE /api/room`
    Destroy,
    /// `GET /api/messages`
    History { after: Seq, limit: u64 },
    /// `POST /api/messages`. `fallback_id` is used for a message that arrives without an id.
    Send { draft: Draft, fallback_id: MessageId },
}

impl Request {
    /// Parses a call. `body` is `{}` if the request had none. `identified` is true if the call came with a token.
    ///
    /// Fails with `BadRequest`, which names the field, and with `NotFound` for a route that no room answers.
    pub fn parse(
        route: Route,
        query: &Query,
        body: &str,
        identified: bool,
        random: RandomBytes,
    ) -> Result<Self, ApiError> {
        match route {
            Route::CreateRoom => CreateBody::parse(body).map(Self::Create),
            Route::RoomStatus => Ok(Self::Status { identified }),
            Route::JoinRoom => JoinBody::parse(body).map(Self::Join),
            Route::KeepRoom => Ok(Self::Keep),
            Route::RoomTtl => Ok(Self::Ttl),
            Route::DestroyRoom => Ok(Self::Destroy),
            Route::ListMessages => Ok(Self::History { after: query.after()?, limit: query.limit()? }),
            Route::SendMessage => {
                Ok(Self::Send { draft: Draft::parse(body)?, fallback_id: MessageId::from_random(random) })
            }
            Route::Realtime | Route::Health => Err(ApiError::NotFound),
        }
    }
}
