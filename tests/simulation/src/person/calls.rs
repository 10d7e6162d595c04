//! The client's calls, their answers and its timers.

use serde_json::Value;

use super::{
    CALL_LIMIT_MS, ClientContext, LONGEST_PAUSE_MS, OPENING_LIMIT_MS, Person, Phase, Purpose, Timer,
};
use crate::{
    network::{Answer, ApiRequest, CallKey},
    sim::Sim,
    world::SimEvent,
};

impl Person {
    pub(super) fn call(
        &mut self,
        method: &'static str,
        path: &'static str,
        query: &str,
        body: String,
        purpose: Purpose,
        context: &mut ClientContext<'_>,
    ) -> CallKey {
        let query = format!("roomId={}{query}", self.room);
        let is_upgrade = purpose == Purpose::Open;
        let api_request =
            ApiRequest { method, path, query, body, token: Some(self.identity.token.clone()), is_upgrade };
        let key = context.network.call(self.caller, api_request, context.sim, context.faults);
        self.waiting.insert(key, purpose);
        let limit = if is_upgrade { OPENING_LIMIT_MS } else { CALL_LIMIT_MS };
        context.sim.after(limit, SimEvent::GiveUp { client: self.index, call: key });
        key
    }

    pub(super) fn set(&mut self, timer: Timer, ms: u64, sim: &mut Sim) {
        self.timer_count += 1;
        self.timers.insert(timer, self.timer_count);
        sim.after(ms, SimEvent::ClientTimer { client: self.index, timer, count: self.timer_count });
    }

    /// A pause that grows, with jitter.
    pub(super) fn pause(&mut self, sim: &mut Sim) -> u64 {
        let longest = (500 << self.failures.min(6)).min(LONGEST_PAUSE_MS);
        self.failures += 1;
        longest / 2 + sim.rng.below(self.part, "jitter", longest / 2)
    }

    /// A timer ran out.
    pub fn on_timer(&mut self, timer: Timer, count: u64, context: &mut ClientContext<'_>) {
        if self.timers.get(&timer) != Some(&count) {
            return;
        }
        self.timers.remove(&timer);
        match timer {
            Timer::Reconnect if self.phase == Phase::Joining => self.enter(context),
            Timer::Reconnect => self.connect(context),
            Timer::Resend => {
                self.is_held = false;
                self.flush(context);
            }
            Timer::Refetch => self.fetch(context),
            Timer::Ping => self.ping(context),
            Timer::Pong | Timer::Confirmation => self.lose_connection(context),
        }
    }

    /// A call took too long.
    pub fn on_timeout(&mut self, call: CallKey, context: &mut ClientContext<'_>) {
        context.network.calls.remove(&call);
        if let Some(purpose) = self.waiting.remove(&call) {
            self.on_failure(purpose, None, context);
        }
    }

    /// The answer to a call arrived.
    pub fn on_answer(&mut self, call: CallKey, answer: &Answer, context: &mut ClientContext<'_>) {
        let Some(purpose) = self.waiting.remove(&call) else { return };
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        match (answer.status, purpose) {
            (404, _) => self.end(context),
            (401, _) => self.enter(context),
            (200, Purpose::Join) => self.on_joined(&body, context),
            (200, Purpose::Page) => self.on_page(&body, context),
            (200 | 201, Purpose::Post) => self.on_message(&body, context),
            (200..=299, Purpose::Destroy) => {
                self.destroyed = Some(answer.status);
                self.end(context);
            }
            (200..=299, _) => {}
            (400 | 403 | 409, Purpose::Join) => self.phase = Phase::Refused(answer.status),
            (400 | 409, Purpose::Post) => {
                self.outbox.pop_front();
                self.flush(context);
            }
            (_, purpose) => self.on_failure(purpose, Some(&body), context),
        }
    }

    fn on_failure(&mut self, purpose: Purpose, _body: Option<&Value>, context: &mut ClientContext<'_>) {
        match purpose {
            Purpose::Join => {
                let pause = self.pause(context.sim);
                self.set(Timer::Reconnect, pause, context.sim);
            }
            Purpose::Open => self.lose_connection(context),
            Purpose::Page => self.set(Timer::Refetch, 1_000, context.sim),
            Purpose::Post => self.hold(1_000, context.sim),
            Purpose::Destroy if self.phase != Phase::Ended => self.destroy(context),
            Purpose::Destroy => {}
            Purpose::Other => {}
        }
    }

    fn on_joined(&mut self, body: &Value, context: &mut ClientContext<'_>) {
        self.phase = Phase::Inside;
        self.failures = 0;
        self.on_last_seq(body, context);
        self.connect(context);
        self.flush(context);
    }
}
