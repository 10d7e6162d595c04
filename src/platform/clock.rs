//! The clock, read at the edges only.

use js_sys::Date;

use crate::domain::EpochMs;

/// The time. In a Worker it stands still between two I/O operations.
pub fn now() -> EpochMs {
    EpochMs(Date::now() as u64)
}
