//! Waiting for what happens, never for a guessed time.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How long anything may take that is not itself a matter of time.
pub const LIMIT: Duration = Duration::from_secs(20);

const STEP: Duration = Duration::from_millis(20);

/// Asks until there is an answer. Panics with `what` once `limit` is over.
pub fn wait_until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = now_ms() + limit.as_millis() as u64;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(now_ms() < end, "waited {limit:?} in vain: {what}");
        thread::sleep(STEP);
    }
}

/// Milliseconds since the Unix epoch, as the Worker on the same machine counts them.
#[allow(clippy::disallowed_methods, reason = "this runs on the host, which has a clock")]
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64
}
