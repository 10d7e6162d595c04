//! Rate limits per participant. They are in memory only: a room hibernates only when it is idle, and then its buckets
//! are full.

use crate::{
    domain::{EpochMs, ParticipantId},
    wire::ApiError,
};

/// An action with a bucket of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A message, by frame or by `POST`.
    Message,
    /// A frame of any type.
    Frame,
    /// A typing notice.
    Typing,
    /// A seen mark.
    Seen,
    /// A page of the history.
    Read,
    /// A `keep`, by frame or by `POST`.
    Keep,
}

/// The limit of one action.
#[derive(Clone, Copy)]
struct Limit {
    /// Sustained rate: actions per 1,000 seconds.
    per_1000_seconds: u64,
    /// Actions that may happen at once.
    burst: u64,
}

impl Limit {
    fn per_second(rate: u64) -> Self {
        Self { per_1000_seconds: rate.saturating_mul(1000), burst: rate.saturating_mul(2) }
    }
}

const KEEP: Limit = Limit { per_1000_seconds: 100, burst: 1 };

/// A token bucket that counts in millionths of an action.
#[derive(Clone, Copy)]
struct Bucket {
    millionths: u64,
    filled_at: EpochMs,
}

impl Bucket {
    /// Takes one token. Fails with the number of milliseconds until the next token is available.
    fn take(&mut self, limit: Limit, now: EpochMs) -> Result<(), u64> {
        let gained = now.ms_since(self.filled_at).saturating_mul(limit.per_1000_seconds);
        self.millionths = self.millionths.saturating_add(gained).min(limit.burst.saturating_mul(1_000_000));
        self.filled_at = now;
        match self.millionths.checked_sub(1_000_000) {
            Some(left) => {
                self.millionths = left;
                Ok(())
            }
            None => Err((1_000_000 - self.millionths).div_ceil(limit.per_1000_seconds.max(1))),
        }
    }
}

/// The buckets of all participants of a room.
pub struct RateLimits {
    messages_per_second: u64,
    buckets: Vec<(ParticipantId, Action, Bucket)>,
}

impl RateLimits {
    /// At most `messages_per_second` per participant. 0 disables the limits on messages, frames and reads.
    pub fn new(messages_per_second: u64) -> Self {
        Self { messages_per_second, buckets: vec![] }
    }

    fn limit(&self, action: Action) -> Limit {
        match action {
            Action::Message => Limit::per_second(self.messages_per_second),
            Action::Frame => Limit::per_second(self.messages_per_second.saturating_mul(5)),
            Action::Typing | Action::Seen => Limit::per_second(2),
            Action::Read => Limit::per_second(10),
            Action::Keep => KEEP,
        }
    }

    /// Counts an action. Fails with `TooManyRequests`, which says when to retry, if the action exceeds its limit.
    pub fn take(
        &mut self,
        participant: &ParticipantId,
        action: Action,
        now: EpochMs,
    ) -> Result<(), ApiError> {
        let is_free = matches!(action, Action::Message | Action::Frame | Action::Read);
        if is_free && self.messages_per_second == 0 {
            return Ok(());
        }
        let limit = self.limit(action);
        let taken =
            self.bucket(participant, action, limit, now).map_or(Ok(()), |bucket| bucket.take(limit, now));
        taken.map_err(|wait_ms| ApiError::TooManyRequests { retry_after_seconds: wait_ms.div_ceil(1000) })
    }

    fn bucket(
        &mut self,
        participant: &ParticipantId,
        action: Action,
        limit: Limit,
        now: EpochMs,
    ) -> Option<&mut Bucket> {
        let is_match =
            |(who, what, _): &(ParticipantId, Action, Bucket)| who == participant && *what == action;
        let index = self.buckets.iter().position(is_match).unwrap_or_else(|| {
            let full = Bucket { millionths: limit.burst.saturating_mul(1_000_000), filled_at: now };
            self.buckets.push((participant.clone(), action, full));
            self.buckets.len() - 1
        });
        self.buckets.get_mut(index).map(|(_, _, bucket)| bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(letter: &str) -> ParticipantId {
        ParticipantId::parse(&letter.repeat(16)).unwrap()
    }

    fn passed(limits: &mut RateLimits, action: Action, now: EpochMs) -> usize {
        (0..300).take_while(|_| limits.take(&participant("a"), action, now).is_ok()).count()
    }

    #[test]
    fn a_burst_of_twice_the_rate_passes_and_the_next_waits() {
        let mut limits = RateLimits::new(10);

        assert_eq!(passed(&mut limits, Action::Message, EpochMs(0)), 20);
        assert_eq!(
            limits.take(&participant("a"), Action::Message, EpochMs(0)),
            Err(ApiError::TooManyRequests { retry_after_seconds: 1 })
        );
        assert_eq!(passed(&mut limits, Action::Message, EpochMs(500)), 5);
        assert_eq!(passed(&mut limits, Action::Message, EpochMs(3_600_000)), 20);
    }

    #[test]
    fn participants_and_actions_have_separate_limits() {
        let mut limits = RateLimits::new(1);
        passed(&mut limits, Action::Message, EpochMs(0));

        assert!(limits.take(&participant("b"), Action::Message, EpochMs(0)).is_ok());
        assert!(limits.take(&participant("a"), Action::Frame, EpochMs(0)).is_ok());
    }

    #[test]
    fn keep_is_allowed_once_in_ten_seconds() {
        let mut limits = RateLimits::new(0);

        assert_eq!(passed(&mut limits, Action::Keep, EpochMs(0)), 1);
        assert_eq!(
            limits.take(&participant("a"), Action::Keep, EpochMs(2_500)),
            Err(ApiError::TooManyRequests { retry_after_seconds: 8 })
        );
        assert_eq!(passed(&mut limits, Action::Keep, EpochMs(10_000)), 1);
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        let mut limits = RateLimits::new(0);

        assert_eq!(passed(&mut limits, Action::Message, EpochMs(0)), 300);
        assert_eq!(passed(&mut limits, Action::Read, EpochMs(0)), 300);
    }
}
