//! Waiting for events instead of a guessed time.

use std::{
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The limit for everything whose duration is not itself under test.
pub const LIMIT: Duration = Duration::from_secs(20);

const STEP: Duration = Duration::from_millis(20);

/// Calls `ask` until it returns a value. Panics with `what` when `limit` is over.
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

/// Milliseconds since the Unix epoch, on the same clock as the Worker.
#[allow(clippy::disallowed_methods, reason = "this runs on the host, where the clock works")]
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64
}
