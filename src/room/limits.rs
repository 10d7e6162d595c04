//! How fast a participant may be. Kept in memory only: a room that slept has forgotten, and nobody was fast meanwhile.

use crate::{
    domain::{EpochMs, ParticipantId},
    error::ApiError,
};

/// Frames of any kind per message that is allowed; a participant beyond that is cut off.
const FRAMES_PER_MESSAGE: u64 = 5;
/// Typing notices passed on per second.
const TYPING_PER_SECOND: u64 = 2;

/// A token bucket: `rate` a second, and twice that at once.
#[derive(Clone, Copy)]
struct Bucket {
    thousandths: u64,
    filled_at: EpochMs,
}

impl Bucket {
    fn full(rate: u64, now: EpochMs) -> Self {
        Self { thousandths: capacity(rate), filled_at: now }
    }

    /// Takes one out, or says how many milliseconds it takes until there is one.
    fn take(&mut self, rate: u64, now: EpochMs) -> Result<(), u64> {
        let gained = now.ms_since(self.filled_at).saturating_mul(rate);
        self.thousandths = self.thousandths.saturating_add(gained).min(capacity(rate));
        self.filled_at = now;
        match self.thousandths.checked_sub(1000) {
            Some(left) => {
                self.thousandths = left;
                Ok(())
            }
            None => Err((1000 - self.thousandths).div_ceil(rate.max(1))),
        }
    }
}

fn capacity(rate: u64) -> u64 {
    rate.saturating_mul(2 * 1000)
}

struct Buckets {
    messages: Bucket,
    frames: Bucket,
    typing: Bucket,
}

impl Buckets {
    fn full(rate: u64, now: EpochMs) -> Self {
        Self {
            messages: Bucket::full(rate, now),
            frames: Bucket::full(rate * FRAMES_PER_MESSAGE, now),
            typing: Bucket::full(TYPING_PER_SECOND, now),
        }
    }
}

/// The buckets of everybody in a room.
pub struct Limits {
    rate: u64,
    of: Vec<(ParticipantId, Buckets)>,
}

impl Limits {
    /// At most `rate` messages per second and participant; 0 for no limit.
    pub fn new(rate: u64) -> Self {
        Self { rate, of: vec![] }
    }

    /// Counts a message. Over the limit: `TooManyRequests`, and when to try again.
    pub fn message(&mut self, participant: &ParticipantId, now: EpochMs) -> Result<(), ApiError> {
        let rate = self.rate;
        self.take(participant, now, rate, |buckets| &mut buckets.messages)
    }

    /// Counts a frame of any kind. Over the limit the socket is to be closed.
    pub fn frame(&mut self, participant: &ParticipantId, now: EpochMs) -> Result<(), ApiError> {
        let rate = self.rate * FRAMES_PER_MESSAGE;
        self.take(participant, now, rate, |buckets| &mut buckets.frames)
    }

    /// Counts a typing notice. Over the limit it is not passed on.
    pub fn typing(&mut self, participant: &ParticipantId, now: EpochMs) -> Result<(), ApiError> {
        self.take(participant, now, TYPING_PER_SECOND, |buckets| &mut buckets.typing)
    }

    fn take(
        &mut self,
        participant: &ParticipantId,
        now: EpochMs,
        rate: u64,
        bucket: impl Fn(&mut Buckets) -> &mut Bucket,
    ) -> Result<(), ApiError> {
        if rate == 0 {
            return Ok(());
        }
        if self.of.iter().all(|(known, _)| known != participant) {
            self.of.push((participant.clone(), Buckets::full(self.rate, now)));
        }
        let Some((_, buckets)) = self.of.iter_mut().find(|(known, _)| known == participant) else {
            return Ok(());
        };
        bucket(buckets)
            .take(rate, now)
            .map_err(|wait_ms| ApiError::TooManyRequests { retry_after_seconds: wait_ms.div_ceil(1000) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(letter: &str) -> ParticipantId {
        ParticipantId::parse(&letter.repeat(16)).unwrap()
    }

    #[test]
    fn a_burst_of_twice_the_rate_passes_and_the_next_waits() {
        let mut limits = Limits::new(10);
        let passed = |limits: &mut Limits, now| {
            (0..50).take_while(|_| limits.message(&participant("a"), now).is_ok()).count()
        };

        assert_eq!(passed(&mut limits, EpochMs(0)), 20);
        assert_eq!(
            limits.message(&participant("a"), EpochMs(0)),
            Err(ApiError::TooManyRequests { retry_after_seconds: 1 })
        );
        assert_eq!(passed(&mut limits, EpochMs(500)), 5);
        assert_eq!(passed(&mut limits, EpochMs(3_600_000)), 20);
    }

    #[test]
    fn one_participant_does_not_use_up_the_others_share() {
        let mut limits = Limits::new(1);
        while limits.message(&participant("a"), EpochMs(0)).is_ok() {}

        assert!(limits.message(&participant("b"), EpochMs(0)).is_ok());
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let mut limits = Limits::new(0);

        assert!((0..1000).all(|_| limits.message(&participant("a"), EpochMs(0)).is_ok()));
        assert!((0..1000).all(|_| limits.frame(&participant("a"), EpochMs(0)).is_ok()));
    }
}
