//! The client's socket, and what it does with each frame.

use serde_json::Value;

use super::{Link, Means, PING_EVERY_MS, PONG_LIMIT_MS, Person, Phase, Purpose, Timer};
use crate::wire::{CallKey, Down, PipeKey, Up};

impl Person {
    pub(super) fn connect(&mut self, means: &mut Means<'_>) {
        if self.phase != Phase::Inside || self.link != Link::Closed || !self.wants_socket {
            return;
        }
        let call = self.call("GET", "/api/realtime", "", String::new(), Purpose::Open, means);
        self.link = Link::Opening(call);
    }

    /// Something arrived on a socket.
    pub fn on_line(&mut self, pipe: PipeKey, call: Option<CallKey>, line: &Down, means: &mut Means<'_>) {
        if let (Down::Opened, Some(call)) = (line, call) {
            return self.on_opened(pipe, call, means);
        }
        if self.pipe() != Some(pipe) {
            return;
        }
        match line {
            Down::Opened => {}
            Down::Pong => {
                self.timers.remove(&Timer::Pong);
            }
            Down::Text(text) => {
                let frame: Value = serde_json::from_str(text).unwrap_or_default();
                self.on_frame(pipe, &frame, means);
            }
            Down::Closed(code) => self.on_closed(*code, means),
        }
    }

    fn on_opened(&mut self, pipe: PipeKey, call: CallKey, means: &mut Means<'_>) {
        self.waiting.remove(&call);
        if self.link == Link::Opening(call) {
            self.link = Link::Open { pipe, is_ready: false };
            self.set(Timer::Ping, PING_EVERY_MS, means.stage);
        } else {
            // The client has given up this socket meanwhile.
            means.wire.send_up(pipe, Up::Closed, means.stage, means.weather);
        }
    }

    pub(super) fn ping(&mut self, means: &mut Means<'_>) {
        let Some(pipe) = self.pipe() else { return };
        means.wire.send_up(pipe, Up::Ping, means.stage, means.weather);
        self.set(Timer::Pong, PONG_LIMIT_MS, means.stage);
        self.set(Timer::Ping, PING_EVERY_MS, means.stage);
    }

    /// The connection is lost: the network reports it, or a pong is overdue.
    pub fn lose_connection(&mut self, means: &mut Means<'_>) {
        if let Link::Open { pipe, .. } = self.link {
            means.wire.send_up(pipe, Up::Closed, means.stage, means.weather);
        }
        self.drop_link();
        if self.phase == Phase::Inside && self.wants_socket {
            let pause = self.pause(means.stage);
            self.set(Timer::Reconnect, pause, means.stage);
        }
    }

    pub(super) fn drop_link(&mut self) {
        self.link = Link::Closed;
        self.online.clear();
        self.timers.remove(&Timer::Ping);
        self.timers.remove(&Timer::Pong);
        self.timers.remove(&Timer::Confirmation);
        self.outbox.iter_mut().for_each(|draft| draft.is_sent = false);
    }

    fn on_closed(&mut self, code: u16, means: &mut Means<'_>) {
        self.drop_link();
        match code {
            4404 | 4410 | 4411 => self.end(means),
            4401 => self.enter(means),
            _ => self.lose_connection(means),
        }
    }

    pub(super) fn end(&mut self, means: &mut Means<'_>) {
        self.phase = Phase::Ended;
        let destroying = self.waiting.iter().find(|(_, purpose)| **purpose == Purpose::Destroy);
        let destroying = destroying.map(|(call, purpose)| (*call, *purpose));
        self.leave(means);
        // The answer to `destroy` still matters: it says whether everything is deleted.
        self.waiting.extend(destroying);
    }

    fn on_frame(&mut self, pipe: PipeKey, frame: &Value, means: &mut Means<'_>) {
        self.expires_at = frame["expiresAt"].as_u64().unwrap_or(self.expires_at);
        match frame["type"].as_str().unwrap_or_default() {
            "ready" => {
                self.link = Link::Open { pipe, is_ready: true };
                self.failures = 0;
                self.note_online(frame);
                self.note_last_seq(frame, means);
                self.flush(means);
            }
            "message" => self.on_message(&frame["message"], means),
            "presence" => {
                self.note_online(frame);
                self.note_last_seq(frame, means);
            }
            "error" => self.on_error(frame, means),
            "destroy" | "expire" => self.phase = Phase::Ended,
            _ => {}
        }
    }

    fn note_online(&mut self, frame: &Value) {
        let online = frame["online"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.online = online.map(str::to_owned).collect();
    }
}
