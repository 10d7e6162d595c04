//! Rare states. A run records which of them it reached. A test fails if 2,000 runs never reach one of them.

use serde_json::Value;

use duet::room::LogEntry;

use super::Auditor;
use crate::{host::HandledEvent, network::ApiRequest};

/// All of them.
pub const RARE_STATES: [&str; 37] = [
    "a crash lost a write and its announcement",
    "a crash kept a write and lost its announcement",
    "a crash lost a request that waited for its write",
    "a panic kept the memory's writes and lost their announcement",
    "a statement failed",
    "a message was stored and not announced",
    "a timer was lost with the memory",
    "the object slept with sockets open",
    "the object slept while a client waited for a confirmation",
    "the object woke because a socket closed",
    "an alarm rang late",
    "an alarm rang again",
    "the clock went back",
    "a socket got the id of an older one",
    "a ninth socket took the place of the oldest",
    "a socket was closed for too many frames",
    "a message was refused by its rate",
    "a repeated message was confirmed from the journal",
    "a room that woke announced what a failed event had not",
    "the id of the other's message was refused",
    "a join was repeated",
    "a third person was refused",
    "a wrong proof was refused",
    "a page ended before the history",
    "a room reached its maximum lifetime",
    "create was refused because of the database",
    "destroy was confirmed by the database in time",
    "destroy was not confirmed by the database in time",
    "a second destroy came too late",
    "a deletion was interrupted",
    "a room ended with a request in flight",
    "a request ran late or again",
    "a request ran after the room's end",
    "a request was applied and answered with an error",
    "a request was abandoned",
    "the list had another length than the journal",
    "the copy was written in pieces",
];

impl Auditor {
    /// Records a rare state.
    pub fn record(&mut self, name: &'static str) {
        debug_assert!(RARE_STATES.contains(&name), "{name} is not in RARE_STATES");
        *self.rare_states.entry(name).or_default() += 1;
    }

    pub(super) fn record_if(&mut self, holds: bool, name: &'static str) {
        if holds {
            self.record(name);
        }
    }

    /// Records the rare states that an event reached.
    pub(super) fn record_event(&mut self, handled: &HandledEvent, api_request: Option<&ApiRequest>) {
        let (before, after) = (&handled.before, &handled.after);
        let is_same = before.last_seq() == after.last_seq();
        self.record_if(handled.has_fault, "a statement failed");
        self.record_if(
            handled.is_request_in_flight && before.is_room() && !after.is_room(),
            "a room ended with a request in flight",
        );
        self.record_if(
            before.is_room() && after.is_room() && after.expires_at() == after.ends_by(),
            "a room reached its maximum lifetime",
        );
        let is_post = api_request
            .is_some_and(|api_request| (api_request.method, api_request.path) == ("POST", "/api/messages"));
        self.record_if(
            is_post && handled.status == Some(200),
            "a repeated message was confirmed from the journal",
        );
        for entry in &handled.logged {
            let LogEntry::ReplicaOutOfSync { cause } = entry else { continue };
            self.record_if(
                *cause == "the database held something else",
                "the list had another length than the journal",
            );
            self.record_if(*cause == "no answer came in time", "a request was abandoned");
        }
        let Some(frame) = &handled.frame else { return };
        self.record_if(
            handled.is_rate_limited && handled.closed.contains(&frame.socket),
            "a socket was closed for too many frames",
        );
        let is_message = frame.text.as_ref().is_some_and(|text| text.contains(r#""type":"message""#));
        if is_message && is_same && before.is_room() && after.is_room() && !handled.has_fault {
            self.record_if(handled.is_rate_limited, "a message was refused by its rate");
        }
    }

    /// Records the rare states that an answer shows.
    pub(super) fn record_answer(&mut self, api_request: &ApiRequest, status: u16, value: &Value) {
        let is_room = self.durable.is_room();
        let is_seated = self.is_seated(self.token_holder(api_request.token.as_ref()));
        let name = match (api_request.method, api_request.path, status) {
            ("POST", "/api/room/create", 503) if !self.has_failed => {
                "create was refused because of the database"
            }
            ("POST", "/api/room/join", 409) => "a third person was refused",
            ("POST", "/api/room/join", 403) => "a wrong proof was refused",
            ("POST", "/api/messages", 400) if is_seated => "the id of the other's message was refused",
            ("POST", "/api/messages", 429) => "a message was refused by its rate",
            ("DELETE", _, 204) if self.rules.has_database => "destroy was confirmed by the database in time",
            ("DELETE", _, 202) => "destroy was not confirmed by the database in time",
            ("DELETE", _, 404) if self.is_destroyed => "a second destroy came too late",
            ("GET", "/api/messages", 200) => {
                let newest =
                    value["messages"].as_array().and_then(|page| page.last()).map(|last| &last["seq"]);
                let is_short =
                    newest.and_then(Value::as_u64).is_some_and(|seq| seq < self.durable.last_seq());
                return self.record_if(is_short && is_room, "a page ended before the history");
            }
            _ => return,
        };
        self.record(name);
    }
}
