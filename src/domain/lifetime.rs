//! How long a room lives. No other module computes a room's end.

use super::EpochMs;

/// The times that decide when a room ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// When the room was created, in milliseconds since the Unix epoch.
    pub created_at: EpochMs,
    /// Seconds that the room lives after its last activity.
    pub ttl_seconds: u64,
    /// When the room ends at the latest, regardless of activity.
    pub ends_by: EpochMs,
    /// The last activity: the room was created, a seat was taken, a message was stored, or `keep` was called.
    pub active_at: EpochMs,
}

impl Lifetime {
    /// The lifetime of a room that is created at `now`.
    pub fn starting(now: EpochMs, ttl_seconds: u64, longest_seconds: u64) -> Self {
        Self { created_at: now, ttl_seconds, ends_by: now.plus_seconds(longest_seconds), active_at: now }
    }

    /// Records an activity. A clock that stepped back never shortens the room's life.
    pub fn extend(&mut self, now: EpochMs) {
        self.active_at = self.active_at.max(now);
    }

    /// When the room ends if nothing more happens in it.
    pub fn expires_at(&self) -> EpochMs {
        self.active_at.plus_seconds(self.ttl_seconds).min(self.ends_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_ends_after_inactivity_or_at_its_maximum_lifetime_whichever_is_first() {
        let mut lifetime = Lifetime::starting(EpochMs(0), 60, 100);

        lifetime.extend(EpochMs(30_000));
        assert_eq!(lifetime.expires_at(), EpochMs(90_000));

        lifetime.extend(EpochMs(50_000));
        assert_eq!(lifetime.expires_at(), EpochMs(100_000));
    }

    #[test]
    fn a_clock_that_steps_back_never_shortens_a_life() {
        let mut lifetime = Lifetime::starting(EpochMs(50_000), 60, 1_000);

        lifetime.extend(EpochMs(10_000));

        assert_eq!(lifetime.expires_at(), EpochMs(110_000));
    }
}
