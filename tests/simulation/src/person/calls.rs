//! The client's calls, their answers and its timers.

use serde_json::Value;

use super::{CALL_LIMIT_MS, LONGEST_PAUSE_MS, Means, OPENING_LIMIT_MS, Person, Phase, Purpose, Timer};
use crate::{
    stage::Stage,
    wire::{Answer, Ask, CallKey},
    world::Happening,
};

impl Person {
    pub(super) fn call(
        &mut self,
        method: &'static str,
        path: &'static str,
        query: &str,
        body: String,
        purpose: Purpose,
        means: &mut Means<'_>,
    ) -> CallKey {
        let query = format!("roomId={}{query}", self.room);
        let is_upgrade = purpose == Purpose::Open;
        let ask = Ask { method, path, query, body, token: Some(self.identity.token.clone()), is_upgrade };
        let key = means.wire.call(self.who, ask, means.stage, means.weather);
        self.waiting.insert(key, purpose);
        let limit = if is_upgrade { OPENING_LIMIT_MS } else { CALL_LIMIT_MS };
        means.stage.after(limit, Happening::GiveUp { client: self.place, call: key });
        key
    }

    pub(super) fn set(&mut self, timer: Timer, ms: u64, stage: &mut Stage) {
        self.timer_count += 1;
        self.timers.insert(timer, self.timer_count);
        stage.after(ms, Happening::ClientTimer { client: self.place, timer, count: self.timer_count });
    }

    /// A pause that grows, with jitter.
    pub(super) fn pause(&mut self, stage: &mut Stage) -> u64 {
        let longest = (500 << self.failures.min(6)).min(LONGEST_PAUSE_MS);
        self.failures += 1;
        longest / 2 + stage.dice.below(self.part, "jitter", longest / 2)
    }

    /// A timer ran out.
    pub fn on_timer(&mut self, timer: Timer, count: u64, means: &mut Means<'_>) {
        if self.timers.get(&timer) != Some(&count) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::Reconnect if self.phase == Phase::Joining => self.enter(means),
            Timer::Reconnect => self.connect(means),
            Timer::Resend => {
                self.is_held = false;
                self.flush(means);
            }
            Timer::Refetch => self.fetch(means),
            Timer::Ping => self.ping(means),
            Timer::Pong | Timer::Confirmation => self.lose_connection(means),
        }
    }

    /// A call took too long.
    pub fn give_up(&mut self, call: CallKey, means: &mut Means<'_>) {
        means.wire.calls.remove(&call);
        if let Some(purpose) = self.waiting.remove(&call) {
            self.on_failure(purpose, None, means);
        }
    }

    /// The answer to a call arrived.
    pub fn on_answer(&mut self, call: CallKey, answer: &Answer, means: &mut Means<'_>) {
        let Some(purpose) = self.waiting.remove(&call) else { return };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match (answer.status, purpose) {
            (404, _) => self.end(means),
            (401, _) => self.enter(means),
            (200, Purpose::Join) => self.on_joined(&body, means),
            (200, Purpose::Page) => self.on_page(&body, means),
            (200 | 201, Purpose::Post) => self.on_message(&body, means),
            (200..=299, Purpose::Destroy) => {
                self.destroyed = Some(answer.status);
                self.end(means);
            }
            (200..=299, _) => {}
            (400 | 403 | 409, Purpose::Join) => self.phase = Phase::Refused(answer.status),
            (400 | 409, Purpose::Post) => {
                self.outbox.pop_front();
                self.flush(means);
            }
            (_, purpose) => self.on_failure(purpose, Some(&body), means),
        }
    }

    fn on_failure(&mut self, purpose: Purpose, _body: Option<&Value>, means: &mut Means<'_>) {
        match purpose {
            Purpose::Join => {
                let pause = self.pause(means.stage);
                self.set(Timer::Reconnect, pause, means.stage);
            }
            Purpose::Open => self.lose_connection(means),
            Purpose::Page => self.set(Timer::Refetch, 1_000, means.stage),
            Purpose::Post => self.hold(1_000, means.stage),
            Purpose::Destroy if self.phase != Phase::Ended => self.destroy(means),
            Purpose::Destroy => {}
            Purpose::Other => {}
        }
    }

    fn on_joined(&mut self, body: &Value, means: &mut Means<'_>) {
        self.phase = Phase::Inside;
        self.failures = 0;
        self.note_last_seq(body, means);
        self.connect(means);
        self.flush(means);
    }
}
