//! What is written down: one line of JSON per request and per trouble. Never an id, an address, a token or a text.

use serde::Serialize;
use worker::{console_error, console_log};

use crate::{clock, domain::EpochMs, error::ApiError, route::Route};

#[derive(Serialize)]
struct RequestLine<'a> {
    /// Method and path as the routes have them; a request to anything else is `unknown`.
    route: String,
    status: u16,
    ms: u64,
    store: &'a str,
    /// `ok`, or the error's word.
    outcome: &'a str,
    /// What the caller is not told; one of our own sentences, never words that came from outside.
    #[serde(skip_serializing_if = "String::is_empty")]
    cause: String,
}

#[derive(Serialize)]
struct TroubleLine<'a> {
    trouble: &'a str,
    cause: String,
}

/// Notes how a request ended that began at `started`. `store` is empty where it was refused before any was chosen.
pub fn request(route: Option<Route>, started: EpochMs, store: &str, ended: Result<u16, &ApiError>) {
    let (method, path) = route.map_or(("any", "unknown"), Route::pattern);
    let (status, outcome, cause) = match ended {
        Ok(status) => (status, "ok", String::new()),
        Err(error) => (error.status(), error.word(), cause_of(error)),
    };
    let ms = clock::now().ms_since(started);
    let line = RequestLine { route: format!("{method} {path}"), status, ms, store, outcome, cause };
    console_log!("{}", serde_json::to_string(&line).unwrap_or_default());
}

/// An operator's mistake is named in the log as it is to the caller.
fn cause_of(error: &ApiError) -> String {
    match error {
        ApiError::Misconfigured(what) => what.clone(),
        _ => error.cause().to_owned(),
    }
}

/// Notes what went wrong where no request was made: with a frame, or when the room's time was over.
/// What the caller did wrong is no trouble.
pub fn trouble(error: &ApiError) {
    if error.status() < 500 {
        return;
    }
    let line = TroubleLine { trouble: error.word(), cause: cause_of(error) };
    console_error!("{}", serde_json::to_string(&line).unwrap_or_default());
}
