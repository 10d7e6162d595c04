//! The messages that the client has, and those that it sends.

use serde_json::{Value, json};

use super::{CONFIRMATION_LIMIT_MS, ClientContext, Link, Person, Phase, Purpose, Timer};
use crate::{network::Up, sim::Sim};

impl Person {
    /// The room has messages up to a number. Requests the missing ones.
    pub(super) fn on_last_seq(&mut self, value: &Value, context: &mut ClientContext<'_>) {
        self.last_seq = self.last_seq.max(value["lastSeq"].as_u64().unwrap_or(0));
        self.fetch(context);
    }

    pub(super) fn fetch(&mut self, context: &mut ClientContext<'_>) {
        let complete = self.complete_up_to();
        let is_asking = self.waiting.values().any(|purpose| *purpose == Purpose::Page);
        if complete < self.last_seq && !is_asking && self.phase == Phase::Inside {
            self.call(
                "GET",
                "/api/messages",
                &format!("&after={complete}"),
                String::new(),
                Purpose::Page,
                context,
            );
        }
    }

    pub(super) fn on_page(&mut self, body: &Value, context: &mut ClientContext<'_>) {
        for message in body["messages"].as_array().into_iter().flatten() {
            self.insert(message);
        }
        self.on_last_seq(body, context);
    }

    pub(super) fn on_message(&mut self, message: &Value, context: &mut ClientContext<'_>) {
        self.insert(message);
        self.fetch(context);
        self.flush(context);
    }

    fn insert(&mut self, message: &Value) {
        let (Some(seq), Some(id)) = (message["seq"].as_u64(), message["id"].as_str()) else { return };
        let text = message["text"].as_str().unwrap_or_default();
        self.outbox.retain(|draft| draft.id != id);
        self.last_seq = self.last_seq.max(seq);
        if self.known_ids.insert(id.to_owned()) {
            self.messages.insert(seq, (id.to_owned(), text.to_owned()));
        }
    }

    pub(super) fn on_error(&mut self, frame: &Value, context: &mut ClientContext<'_>) {
        let id = frame["id"].as_str().unwrap_or_default().to_owned();
        match frame["error"].as_str().unwrap_or_default() {
            "bad-request" | "room-history-full" => self.outbox.retain(|draft| draft.id != id),
            _ if self.outbox.iter().any(|draft| draft.id == id) => {
                self.was_held_up = true;
                let seconds = frame["retryAfterSeconds"].as_u64().unwrap_or(1);
                self.hold(seconds * 1000, context.sim);
            }
            _ => {}
        }
        self.flush(context);
    }

    /// Sends nothing for a while, and then all waiting messages in order.
    pub(super) fn hold(&mut self, ms: u64, sim: &mut Sim) {
        self.is_held = true;
        self.outbox.iter_mut().for_each(|draft| draft.is_sent = false);
        self.set(Timer::Resend, ms, sim);
    }

    pub(super) fn flush(&mut self, context: &mut ClientContext<'_>) {
        if self.is_held || self.phase != Phase::Inside {
            return;
        }
        if self.posts {
            return self.post(context);
        }
        let Link::Open { connection, is_ready: true } = self.link else { return };
        match self.outbox.front() {
            None => drop(self.timers.remove(&Timer::Confirmation)),
            Some(first) if !first.is_sent => {
                self.set(Timer::Confirmation, CONFIRMATION_LIMIT_MS, context.sim)
            }
            Some(_) => {}
        }
        for draft in self.outbox.iter_mut().take(self.window).filter(|draft| !draft.is_sent) {
            draft.is_sent = true;
            let frame = json!({"type": "message", "id": draft.id, "sender": "S", "text": draft.text});
            context.network.send_up(connection, Up::Text(frame.to_string()), context.sim, context.faults);
        }
    }

    fn post(&mut self, context: &mut ClientContext<'_>) {
        let is_posting = self.waiting.values().any(|purpose| *purpose == Purpose::Post);
        let Some(draft) = self.outbox.front().filter(|_| !is_posting) else { return };
        let body = json!({"id": draft.id, "sender": "S", "text": draft.text}).to_string();
        self.call("POST", "/api/messages", "", body, Purpose::Post, context);
    }
}
