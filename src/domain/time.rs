//! Moments and durations.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EpochMs(pub u64);

impl EpochMs {
    /// The moment `seconds` later.
    pub fn plus_seconds(self, seconds: u64) -> Self {
        self.plus_ms(seconds.saturating_mul(1000))
    }

    /// The moment `ms` milliseconds later.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 if `earlier` is not earlier.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds from `now` to this moment, rounded up, so that an open room never shows 0. 0 once it has passed.
    pub fn seconds_left(self, now: Self) -> u64 {
        self.ms_since(now).div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_left_round_up_and_never_go_below_zero() {
        assert_eq!(EpochMs(1_001).seconds_left(EpochMs(0)), 2);
        assert_eq!(EpochMs(1_000).seconds_left(EpochMs(0)), 1);
        assert_eq!(EpochMs(0).seconds_left(EpochMs(5)), 0);
    }
}
