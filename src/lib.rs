//! Duet: a private, temporary chat room for two people, opened by a link.
//!
//! This is the Worker: it parses, checks and passes on to the room's object. It decides nothing about a room.

// Only the edges need JavaScript; everything else is tested on the host.
mod address;
mod clock;
pub mod config;
pub mod domain;
pub mod error;
mod http;
mod log;
#[cfg(test)]
mod properties;
pub mod protocol;
mod room;
pub mod route;
mod session;
mod settings;
pub mod store;

use worker::{Context, Env, Request, Response, event};

use domain::RoomId;
use error::ApiError;
use protocol::HealthBody;
use route::{Query, Route};

/// The binding of the rooms' objects, as wrangler.toml names it.
const ROOMS: &str = "ROOMS";

/// What becomes of a request that is well formed.
enum Checked {
    /// It is for this room.
    For(RoomId),
    /// It is answered here.
    Answered(Response),
}

/// Every request to `/api/*` starts here. The room notes how those end that it answers, this how the others do.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let started = clock::now();
    let route = http::route(&request);
    let checked = match &route {
        Ok(route) => check(*route, &request, &env).await,
        Err(error) => Err(error.clone()),
    };
    let refused = match checked {
        Ok(Checked::Answered(response)) => return Ok(response),
        Ok(Checked::For(room)) => match forward(request, &env, &room).await {
            Ok(response) => return Ok(response),
            Err(error) => (http::error(&error), error),
        },
        Err(error) => (http::refuse(&request, &error), error),
    };
    log::request(route.ok(), started, "", Err(&refused.1));
    refused.0
}

async fn check(route: Route, request: &Request, env: &Env) -> Result<Checked, ApiError> {
    let config = settings::read(env)?;
    if route.needs_own_origin() {
        http::check_origin(request)?;
    }
    http::check_declared_size(request)?;
    if config.limits_addresses {
        address::count(route, request, env).await?;
    }
    match route {
        Route::Health => health(config.store_name()).map(Checked::Answered),
        Route::CreateRoom => Ok(Checked::For(RoomId::random()?)),
        _ => http::query(request, |query: Query| query.room_id()).map(Checked::For),
    }
}

fn health(store: &'static str) -> Result<Response, ApiError> {
    http::json(200, &HealthBody { status: "ok", store, version: env!("CARGO_PKG_VERSION") })
}

/// Passes the request on as it came, and not a clone of it: of a body that is read twice, neither end can be let go.
/// A room that cannot be reached now is like a store that cannot.
async fn forward(request: Request, env: &Env, room: &RoomId) -> Result<Response, ApiError> {
    let stub = env.durable_object(ROOMS)?.get_by_name(room.as_str())?;
    let answer = stub.fetch_with_request(request).await;
    answer.map_err(|_| ApiError::StoreUnavailable("the room could not be reached"))
}
