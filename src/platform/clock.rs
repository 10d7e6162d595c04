//! Time and randomness, read at the edge only.

use js_sys::Date;

use crate::domain::{EpochMs, RandomBytes};

/// The time. In a Worker it stands still between two I/O operations.
pub fn now() -> EpochMs {
    EpochMs(Date::now() as u64)
}

/// Random bytes. Fails where the platform has none to give.
pub fn random() -> Result<RandomBytes, getrandom::Error> {
    let mut bytes = RandomBytes::default();
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
