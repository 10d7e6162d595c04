//! Receives every request to `/api/*`. Answers or refuses requests that need no room.

use worker::{Context, Env, Request, Response, event};

use super::{
    clock,
    env::{self, ROOMS},
    http, ip_limits, log,
};
use crate::{
    domain::RoomId,
    wire::{ApiError, HealthBody, Route},
};

/// What happens to a valid request.
enum Checked {
    /// It is forwarded to this room.
    For(RoomId),
    /// It is answered here.
    Answered(Response),
}

/// Logs the calls that end here. The object logs the calls that reach it.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let started = clock::now();
    let route = http::route(&request);
    let wants_socket = route == Ok(Route::Realtime) && http::is_upgrade(&request);
    let refused = match respond(route.clone(), request, &env).await {
        Ok(response) => return http::deliver(response, wants_socket),
        Err(error) => error,
    };
    log::call(route.ok(), started, "", Err(&refused));
    http::deliver(http::error(&refused)?, wants_socket)
}

async fn respond(route: Result<Route, ApiError>, request: Request, env: &Env) -> Result<Response, ApiError> {
    match check(route?, &request, env).await? {
        Checked::Answered(response) => Ok(response),
        Checked::For(room) => forward(request, env, &room).await,
    }
}

async fn check(route: Route, request: &Request, env: &Env) -> Result<Checked, ApiError> {
    let config = env::read(env)?;
    if route.needs_own_origin() {
        http::check_origin(request)?;
    }
    http::check_declared_size(request)?;
    if config.limits_addresses {
        ip_limits::count(route, request, env).await?;
    }
    match route {
        Route::Health => health(config.store_name()).map(Checked::Answered),
        Route::CreateRoom => Ok(Checked::For(RoomId::from_random(clock::random()?))),
        _ => check_call(route, request).map(Checked::For),
    }
}

/// Refuses what can be refused without waking a room. Returns the room that the call is for.
fn check_call(route: Route, request: &Request) -> Result<RoomId, ApiError> {
    if route == Route::Realtime && !http::is_upgrade(request) {
        return Err(ApiError::UpgradeRequired);
    }
    let room = http::query(request, |query| query.room_id())?;
    if route.needs_token() && http::token(request).is_none() {
        return Err(ApiError::NotAParticipant);
    }
    Ok(room)
}

fn health(store: &'static str) -> Result<Response, ApiError> {
    let body = HealthBody { status: "ok", store, version: env!("CARGO_PKG_VERSION") };
    http::json(200, serde_json::to_string(&body).map_err(|_| ApiError::Internal)?)
}

/// Forwards the original request, not a clone: a clone splits the body into two streams, and neither can be cancelled.
async fn forward(request: Request, env: &Env, room: &RoomId) -> Result<Response, ApiError> {
    let stub = env.durable_object(ROOMS)?.get_by_name(room.as_str())?;
    let answer = stub.fetch_with_request(request).await;
    answer.map_err(|_| ApiError::StoreUnavailable("the room could not be reached"))
}
