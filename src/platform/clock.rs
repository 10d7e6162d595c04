//! Time and randomness. Only the platform layer reads them.

use js_sys::Date;

use crate::domain::{EpochMs, RandomBytes};

/// The current time. In a Worker it stands still between two I/O operations.
pub fn now() -> EpochMs {
    EpochMs(Date::now() as u64)
}

/// 32 random bytes. Fails if the platform has no randomness to give.
pub fn random() -> Result<RandomBytes, getrandom::Error> {
    let mut bytes = RandomBytes::default();
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
