//! The messages that the client has, and those that it sends.

use serde_json::{Value, json};

use super::{CONFIRMATION_LIMIT_MS, Link, Means, Person, Phase, Purpose, Timer};
use crate::{stage::Stage, wire::Up};

impl Person {
    /// The room has messages up to a number. Requests the missing ones.
    pub(super) fn note_last_seq(&mut self, value: &Value, means: &mut Means<'_>) {
        self.last_seq = self.last_seq.max(value["lastSeq"].as_u64().unwrap_or(0));
        self.fetch(means);
    }

    pub(super) fn fetch(&mut self, means: &mut Means<'_>) {
        let complete = self.complete_up_to();
        let is_asking = self.waiting.values().any(|purpose| *purpose == Purpose::Page);
        if complete < self.last_seq && !is_asking && self.phase == Phase::Inside {
            self.call(
                "GET",
                "/api/messages",
                &format!("&after={complete}"),
                String::new(),
                Purpose::Page,
                means,
            );
        }
    }

    pub(super) fn on_page(&mut self, body: &Value, means: &mut Means<'_>) {
        for message in body["messages"].as_array().into_iter().flatten() {
            self.insert(message);
        }
        self.note_last_seq(body, means);
    }

    pub(super) fn on_message(&mut self, message: &Value, means: &mut Means<'_>) {
        self.insert(message);
        self.fetch(means);
        self.flush(means);
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

    pub(super) fn on_error(&mut self, frame: &Value, means: &mut Means<'_>) {
        let id = frame["id"].as_str().unwrap_or_default().to_owned();
        match frame["error"].as_str().unwrap_or_default() {
            "bad-request" | "room-history-full" => self.outbox.retain(|draft| draft.id != id),
            _ if self.outbox.iter().any(|draft| draft.id == id) => {
                self.was_held_up = true;
                let seconds = frame["retryAfterSeconds"].as_u64().unwrap_or(1);
                self.hold(seconds * 1000, means.stage);
            }
            _ => {}
        }
        self.flush(means);
    }

    /// Sends nothing for a while, and then all waiting messages in order.
    pub(super) fn hold(&mut self, ms: u64, stage: &mut Stage) {
        self.is_held = true;
        self.outbox.iter_mut().for_each(|draft| draft.is_sent = false);
        self.set(Timer::Resend, ms, stage);
    }

    pub(super) fn flush(&mut self, means: &mut Means<'_>) {
        if self.is_held || self.phase != Phase::Inside {
            return;
        }
        if self.posts {
            return self.post(means);
        }
        let Link::Open { pipe, is_ready: true } = self.link else { return };
        match self.outbox.front() {
            None => drop(self.timers.remove(&Timer::Confirmation)),
            Some(first) if !first.is_sent => {
                self.set(Timer::Confirmation, CONFIRMATION_LIMIT_MS, means.stage)
            }
            Some(_) => {}
        }
        for draft in self.outbox.iter_mut().take(self.window).filter(|draft| !draft.is_sent) {
            draft.is_sent = true;
            let frame = json!({"type": "message", "id": draft.id, "sender": "S", "text": draft.text});
            means.wire.send_up(pipe, Up::Text(frame.to_string()), means.stage, means.weather);
        }
    }

    fn post(&mut self, means: &mut Means<'_>) {
        let is_posting = self.waiting.values().any(|purpose| *purpose == Purpose::Post);
        let Some(draft) = self.outbox.front().filter(|_| !is_posting) else { return };
        let body = json!({"id": draft.id, "sender": "S", "text": draft.text}).to_string();
        self.call("POST", "/api/messages", "", body, Purpose::Post, means);
    }
}
