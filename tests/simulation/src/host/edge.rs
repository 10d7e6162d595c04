//! The checks that the Worker and the object's adapter make before a call reaches the room.

use duet::{
    domain::{RandomBytes, RoomId, SeatDigest},
    room::{CallId, Event},
    wire::{ApiError, Query, Request, Route, cookie},
};

pub use duet::wire::limits::MAX_FRAME_BYTES;

/// A call that reaches the room.
pub struct Admitted {
    seat: Option<SeatDigest>,
    /// `None` requests a socket.
    request: Option<Request>,
}

impl Admitted {
    /// The call as an event.
    pub fn event(self, call: CallId) -> Event<'static> {
        match self.request {
            Some(request) => Event::Request { call, seat: self.seat, request },
            None => Event::SocketRequested { call, seat: self.seat },
        }
    }
}

/// Parses a call for the room with this id. Fails with the error that the Worker itself answers.
pub fn admit(
    api_request: &crate::network::ApiRequest,
    id: &RoomId,
    random: RandomBytes,
) -> Result<Admitted, ApiError> {
    let route = Route::parse(api_request.method, api_request.path)?;
    let query = Query::new(&api_request.query);
    if route == Route::Realtime && !api_request.is_upgrade {
        return Err(ApiError::UpgradeRequired);
    }
    if route != Route::CreateRoom && query.room_id()? != *id {
        return Err(ApiError::RoomNotFound);
    }
    let bearer = api_request.token.as_ref().map(|token| format!("Bearer {token}"));
    let known = cookie::token_of(bearer.as_deref(), None);
    if route.needs_token() && known.is_none() {
        return Err(ApiError::NotAParticipant);
    }
    let is_identified = known.is_some();
    let token = known.unwrap_or_else(|| duet::domain::Token::from_random(random));
    let seat = Some(token.seat_in(id));
    if route == Route::Realtime {
        return Ok(Admitted { seat, request: None });
    }
    let body = if api_request.body.is_empty() { "{}" } else { &api_request.body };
    Request::parse(route, &query, body, is_identified, random)
        .map(|request| Admitted { seat, request: Some(request) })
}
