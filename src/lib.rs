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

/// Every request to `/api/*` starts here. The room notes how those end that it answers, this how the others do.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let started = clock::now();
    let route = http::route(&request);
    let answered = match &route {
        Ok(route) => answer(*route, &request, &env).await,
        Err(error) => Err(error.clone()),
    };
    answered.or_else(|error| {
        log::request(route.ok(), started, "", Err(&error));
        http::refuse(&request, &error)
    })
}

async fn answer(route: Route, request: &Request, env: &Env) -> Result<Response, ApiError> {
    let config = settings::read(env)?;
    if route.needs_own_origin() {
        http::check_origin(request)?;
    }
    http::check_declared_size(request).await?;
    if config.limits_addresses {
        address::count(route, request, env).await?;
    }
    let room = match route {
        Route::Health => return health(config.store_name()),
        Route::CreateRoom => RoomId::random()?,
        _ => http::query(request, |query: Query| query.room_id())?,
    };
    forward(request, env, &room).await
}

fn health(store: &'static str) -> Result<Response, ApiError> {
    http::json(200, &HealthBody { status: "ok", store, version: env!("CARGO_PKG_VERSION") })
}

/// Passes the request on as it came. A room that cannot be reached now is like a store that cannot.
async fn forward(request: &Request, env: &Env, room: &RoomId) -> Result<Response, ApiError> {
    let stub = env.durable_object(ROOMS)?.get_by_name(room.as_str())?;
    stub.fetch_with_request(request.clone()?)
        .await
        .map_err(|_| ApiError::StoreUnavailable("the room could not be reached"))
}
