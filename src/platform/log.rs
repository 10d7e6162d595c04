//! The log: one line of JSON per call and per problem. It never contains an id, an address, a token or a text.

use serde::Serialize;
use worker::{console_error, console_log};

use super::clock;
use crate::{
    domain::EpochMs,
    room::LogEntry,
    wire::{ApiError, Route},
};

#[derive(Serialize)]
struct CallLine<'a> {
    /// Method and path of the route; `unknown` for any other request.
    route: String,
    status: u16,
    ms: u64,
    store: &'a str,
    /// `ok`, or the error's code.
    outcome: &'a str,
    /// The cause, which the caller does not get. Always a fixed sentence from this code, never text from outside.
    #[serde(skip_serializing_if = "str::is_empty")]
    cause: &'a str,
}

#[derive(Serialize)]
struct TroubleLine<'a> {
    trouble: &'a str,
    cause: &'a str,
}

/// Logs a call that began at `started` and how it ended. `store` is empty if the call was refused before it reached a
/// room.
pub fn call(route: Option<Route>, started: EpochMs, store: &str, ended: Result<u16, &ApiError>) {
    let (method, path) = route.map_or(("any", "unknown"), Route::pattern);
    let (status, outcome, cause) = match ended {
        Ok(status) => (status, "ok", ""),
        Err(error) => (error.status(), error.code(), error.cause()),
    };
    let ms = clock::now().ms_since(started);
    let line = CallLine { route: format!("{method} {path}"), status, ms, store, outcome, cause };
    console_log!("{}", serde_json::to_string(&line).unwrap_or_default());
}

/// Logs a problem that made no call fail.
pub fn trouble(trouble: &str, cause: &str) {
    console_error!("{}", serde_json::to_string(&TroubleLine { trouble, cause }).unwrap_or_default());
}

/// Logs an entry from a room.
pub fn entry(entry: LogEntry) {
    match entry {
        LogEntry::ReplicaOutOfSync { cause } => trouble("database-out-of-sync", cause),
        LogEntry::ReplicaInSync => {
            let line =
                TroubleLine { trouble: "database-in-sync", cause: "it holds what the room holds again" };
            console_log!("{}", serde_json::to_string(&line).unwrap_or_default());
        }
        LogEntry::JournalFailed { cause } => trouble("storage-failed", cause),
    }
}
