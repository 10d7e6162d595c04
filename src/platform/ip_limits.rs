//! Rate limits per IP address. wrangler.toml sets the limits.

use std::cell::Cell;

use worker::{Env, Request};

use super::{clock, http, log};
use crate::{
    domain::EpochMs,
    wire::{ApiError, Route, origin::limit_key},
};

/// The period of the limits in wrangler.toml. Also the `Retry-After` of a refusal.
const PERIOD_SECONDS: u64 = 60;
/// A failing limiter is logged once in this period.
const LOG_EVERY_SECONDS: u64 = 60;

thread_local! {
    static LOGGED_AT: Cell<EpochMs> = const { Cell::new(EpochMs(0)) };
}

/// Counts a request. Fails with `TooManyRequests` over a limit. If the limiter itself fails, the request passes.
pub async fn count(route: Route, request: &Request, env: &Env) -> Result<(), ApiError> {
    let key = limit_key(&http::header(request, "cf-connecting-ip").unwrap_or_default());
    for binding in bindings_of(route) {
        match is_allowed(binding, &key, env).await {
            Ok(true) => {}
            Ok(false) => return Err(ApiError::TooManyRequests { retry_after_seconds: PERIOD_SECONDS }),
            Err(_) => log_failure(),
        }
    }
    Ok(())
}

/// The limits that a route counts against, the narrowest first.
fn bindings_of(route: Route) -> &'static [&'static str] {
    match route {
        Route::Health => &[],
        Route::CreateRoom => &["CREATE_LIMIT"],
        Route::JoinRoom => &["JOIN_LIMIT", "ROOM_LIMIT"],
        Route::RoomStatus => &["STATUS_LIMIT", "ROOM_LIMIT"],
        _ => &["ROOM_LIMIT"],
    }
}

async fn is_allowed(binding: &str, key: &str, env: &Env) -> worker::Result<bool> {
    Ok(env.rate_limiter(binding)?.limit(key.to_owned()).await?.success)
}

fn log_failure() {
    let now = clock::now();
    if now >= LOGGED_AT.get().plus_seconds(LOG_EVERY_SECONDS) {
        LOGGED_AT.set(now);
        log::trouble("limiter-failed", "a rate limiter does not work; calls pass without it");
    }
}
