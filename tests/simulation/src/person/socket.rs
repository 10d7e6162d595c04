//! The client's socket, and what it does with each frame.

use serde_json::Value;

use super::{ClientContext, Link, PING_EVERY_MS, PONG_LIMIT_MS, Person, Phase, Purpose, Timer};
use crate::network::{CallKey, ConnectionKey, Down, Up};

impl Person {
    pub(super) fn connect(&mut self, context: &mut ClientContext<'_>) {
        if self.phase != Phase::Inside || self.link != Link::Closed || !self.wants_socket {
            return;
        }
        let call = self.call("GET", "/api/realtime", "", String::new(), Purpose::Open, context);
        self.link = Link::Opening(call);
    }

    /// Something arrived on a socket.
    pub fn on_packet(
        &mut self,
        connection: ConnectionKey,
        call: Option<CallKey>,
        packet: &Down,
        context: &mut ClientContext<'_>,
    ) {
        if let (Down::Opened, Some(call)) = (packet, call) {
            return self.on_opened(connection, call, context);
        }
        if self.connection() != Some(connection) {
            return;
        }
        match packet {
            Down::Opened => {}
            Down::Pong => {
                self.timers.remove(&Timer::Pong);
            }
            Down::Text(text) => {
                let frame: Value = serde_json::from_str(text).unwrap_or_default();
                self.on_frame(connection, &frame, context);
            }
            Down::Closed(code) => self.on_closed(*code, context),
        }
    }

    fn on_opened(&mut self, connection: ConnectionKey, call: CallKey, context: &mut ClientContext<'_>) {
        self.waiting.remove(&call);
        if self.link == Link::Opening(call) {
            self.link = Link::Open { connection, is_ready: false };
            self.set(Timer::Ping, PING_EVERY_MS, context.sim);
        } else {
            // The client has given up this socket meanwhile.
            context.network.send_up(connection, Up::Closed, context.sim, context.faults);
        }
    }

    pub(super) fn ping(&mut self, context: &mut ClientContext<'_>) {
        let Some(connection) = self.connection() else { return };
        context.network.send_up(connection, Up::Ping, context.sim, context.faults);
        self.set(Timer::Pong, PONG_LIMIT_MS, context.sim);
        self.set(Timer::Ping, PING_EVERY_MS, context.sim);
    }

    /// The connection is lost: the network reports it, or a pong is overdue.
    pub fn lose_connection(&mut self, context: &mut ClientContext<'_>) {
        if let Link::Open { connection, .. } = self.link {
            context.network.send_up(connection, Up::Closed, context.sim, context.faults);
        }
        self.drop_link();
        if self.phase == Phase::Inside && self.wants_socket {
            let pause = self.pause(context.sim);
            self.set(Timer::Reconnect, pause, context.sim);
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

    fn on_closed(&mut self, code: u16, context: &mut ClientContext<'_>) {
        self.drop_link();
        match code {
            4404 | 4410 | 4411 => self.end(context),
            4401 => self.enter(context),
            _ => self.lose_connection(context),
        }
    }

    pub(super) fn end(&mut self, context: &mut ClientContext<'_>) {
        self.phase = Phase::Ended;
        let destroying = self.waiting.iter().find(|(_, purpose)| **purpose == Purpose::Destroy);
        let destroying = destroying.map(|(call, purpose)| (*call, *purpose));
        self.leave(context);
        // The answer to `destroy` still matters: it says whether everything is deleted.
        self.waiting.extend(destroying);
    }

    fn on_frame(&mut self, connection: ConnectionKey, frame: &Value, context: &mut ClientContext<'_>) {
        self.expires_at = frame["expiresAt"].as_u64().unwrap_or(self.expires_at);
        match frame["type"].as_str().unwrap_or_default() {
            "ready" => {
                self.link = Link::Open { connection, is_ready: true };
                self.failures = 0;
                self.record_online(frame);
                self.on_last_seq(frame, context);
                self.flush(context);
            }
            "message" => self.on_message(&frame["message"], context),
            "presence" => {
                self.record_online(frame);
                self.on_last_seq(frame, context);
            }
            "error" => self.on_error(frame, context),
            "destroy" | "expire" => self.phase = Phase::Ended,
            _ => {}
        }
    }

    fn record_online(&mut self, frame: &Value) {
        let online = frame["online"].as_array().into_iter().flatten().filter_map(Value::as_str);
        self.online = online.map(str::to_owned).collect();
    }
}
