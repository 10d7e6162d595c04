//! Invariants of a single event: 0, 7, 13, 14 and 15.

use serde_json::Value;

use super::{Auditor, Dump, Sent, Verdict, ensure, rates::RatedAction};
use crate::{
    host::{HandledEvent, ReceivedFrame},
    network::ApiRequest,
};

impl Auditor {
    /// Somebody sent a request.
    pub fn request_sent(&mut self, api_request: &ApiRequest) {
        let Some(holder) = self.token_holder(api_request.token.as_ref()) else { return };
        let participant = holder.participant().to_owned();
        match (api_request.method, api_request.path) {
            ("POST", "/api/messages") => {
                let body: Value = serde_json::from_str(&api_request.body).unwrap_or_default();
                self.record_send(&body, participant);
            }
            ("DELETE", _) => self.is_destroy_requested = true,
            _ => {}
        }
    }

    /// Somebody sent a frame.
    pub fn frame_sent(&mut self, participant: &str, text: &str) {
        let Ok(body) = serde_json::from_str::<Value>(text) else { return };
        if body["type"] == "message" {
            self.record_send(&body, participant.to_owned());
        }
    }

    fn record_send(&mut self, body: &Value, participant: String) {
        let Some(text) = body["text"].as_str() else { return };
        let id = body["id"].as_str().map(str::to_owned);
        self.sent.entry(text.to_owned()).or_insert(Sent { participant, id, is_refused: false });
    }

    /// The object panicked after it stored something and before it announced it. Sockets that stay open do not receive
    /// it; their clients notice the gap with the next frame.
    pub fn panicked(&mut self, before: &Dump, after: &Dump) {
        self.record_if(before.last_seq() < after.last_seq(), "a message was stored and not announced");
        self.record_if(after.has_tombstone && after.room.is_some(), "a deletion was interrupted");
        self.unannounced.extend(before.last_seq() + 1..=after.last_seq());
        self.is_announcement_missing = true;
        // A request that waited in the memory was dropped with it.
        self.may_lack_an_append = true;
    }

    /// The object handled an event.
    pub fn handled(&mut self, handled: &HandledEvent, api_request: Option<&ApiRequest>) -> Verdict {
        self.max_clock = self.max_clock.max(handled.clock);
        self.rates.tick(handled.incarnation, handled.clock);
        self.record_event(handled, api_request);
        let (before, after) = (&handled.before, &handled.after);
        ensure(handled.status != Some(500), 0, || "an internal error".to_owned())?;
        ensure(handled.error.is_none(), 13, || handled.error.unwrap_or_default().to_owned())?;
        ensure(handled.effects <= 64, 13, || format!("an event had {} effects", handled.effects))?;
        self.check_no_leaks(handled)?;
        let is_over = before.is_room() && handled.clock >= before.expires_at();
        ensure(!is_over || !after.is_room() || handled.has_fault, 7, || {
            format!("the room goes on {} ms after its end", handled.clock - before.expires_at())
        })?;
        if before.is_room() && !after.is_room() {
            self.check_end(handled, api_request)?;
        }
        if handled.has_fault {
            // The event has no effects, but the statements before the failure remain in force.
            self.has_failed = true;
            self.panicked(before, after);
            return check_failed_event(handled);
        }
        self.check_no_change(handled, api_request)?;
        if !before.is_room() || !after.is_room() {
            return Ok(());
        }
        let is_left = handled.is_departure && handled.open_sockets > 0;
        ensure(!is_left || handled.is_presence_sent, 12, || "a departure is not announced".to_owned())?;
        let has_woken = handled.is_waking && handled.open_sockets > handled.closed.len();
        ensure(!has_woken || handled.is_presence_sent, 12, || {
            "a room that wakes does not say who is here".to_owned()
        })?;
        self.check_activity(handled)?;
        self.check_new_messages(handled, api_request)?;
        match &handled.frame {
            Some(frame) => self.check_frame_handled(frame, handled),
            None => self.check_reading(handled, api_request),
        }
    }

    fn check_no_change(&self, handled: &HandledEvent, api_request: Option<&ApiRequest>) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        let changes_nothing = api_request.is_some_and(|api_request| api_request.method == "GET")
            || handled.status.is_some_and(|it| it >= 400);
        let seen = |dump: &Dump| (dump.participants().len(), dump.messages.len(), dump.expires_at());
        let is_same = !before.is_room() || !after.is_room() || seen(before) == seen(after);
        ensure(!changes_nothing || is_same, 14, || {
            format!("a call that changes nothing changed the journal: {api_request:?}")
        })
    }

    /// A new seat, a message and `keep` move the room's end, and nothing else does.
    fn check_activity(&mut self, handled: &HandledEvent) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        let is_seat_taken = before.participants().len() < after.participants().len();
        let is_message = before.last_seq() < after.last_seq();
        let is_active = is_seat_taken || is_message || handled.is_end_announced;
        let end = (handled.clock + self.rules.ttl_seconds * 1000).min(after.ends_by());
        ensure(!is_active || after.expires_at() >= end, 7, || "an activity did not move the end".to_owned())?;
        let moved = before.expires_at() < after.expires_at();
        ensure(!moved || is_active, 7, || "the end moved, and this is not announced".to_owned())
    }

    fn check_new_messages(&mut self, handled: &HandledEvent, api_request: Option<&ApiRequest>) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        // When the clock goes back, the room's time does not.
        let latest = self.max_clock.max(before.active_at());
        for row in after.messages.iter().skip(before.messages.len()) {
            let time = row.message.timestamp;
            ensure((handled.clock..=latest).contains(&time), 4, || {
                format!("message {} is {} ms old", row.message.seq, handled.clock.abs_diff(time))
            })?;
            self.rates.check(&row.message.participant, RatedAction::Message)?;
        }
        let is_post = api_request
            .is_some_and(|api_request| (api_request.method, api_request.path) == ("POST", "/api/messages"));
        let is_new = before.last_seq() < after.last_seq();
        ensure(!is_post || handled.status != Some(201) || is_new, 5, || {
            "201 for a message that was there before".to_owned()
        })
    }

    fn check_reading(&mut self, handled: &HandledEvent, api_request: Option<&ApiRequest>) -> Verdict {
        let Some(api_request) = api_request.filter(|_| handled.status == Some(200)) else { return Ok(()) };
        let Some(participant) =
            self.token_holder(api_request.token.as_ref()).map(|holder| holder.participant().to_owned())
        else {
            return Ok(());
        };
        match (api_request.method, api_request.path) {
            ("GET", "/api/messages") => self.rates.check(&participant, RatedAction::Read),
            ("POST", "/api/room/keep") => {
                ensure(handled.is_end_announced, 12, || "a moved end is not announced".to_owned())?;
                self.rates.check(&participant, RatedAction::Keep)
            }
            _ => Ok(()),
        }
    }

    /// Every message is confirmed or refused at once. A malformed frame closes its socket, and so does a flood of
    /// frames.
    fn check_frame_handled(&mut self, frame: &ReceivedFrame, handled: &HandledEvent) -> Verdict {
        let is_closed = handled.closed.contains(&frame.socket);
        let is_within = self.rates.take(&frame.owner, RatedAction::Frame);
        ensure(is_within || is_closed, 13, || "frames beyond their rate".to_owned())?;
        let value = frame.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let kind = value.as_ref().and_then(|value| value["type"].as_str());
        match kind {
            None => ensure(is_closed, 12, || "nonsense does not close its socket".to_owned()),
            Some("message") => ensure(handled.reached.contains(&frame.socket), 12, || {
                "a message is neither confirmed nor refused".to_owned()
            }),
            Some("typing") if handled.is_typing_forwarded => {
                self.rates.check(&frame.owner, RatedAction::Typing)
            }
            Some("keep") if handled.is_end_announced => self.rates.check(&frame.owner, RatedAction::Keep),
            Some("keep") => ensure(handled.reached.contains(&frame.socket), 12, || {
                "`keep` is neither announced nor refused".to_owned()
            }),
            Some(_) => Ok(()),
        }
    }

    fn check_end(&mut self, handled: &HandledEvent, api_request: Option<&ApiRequest>) -> Verdict {
        // The seat itself may not be durable yet.
        let caller = api_request
            .filter(|api_request| api_request.method == "DELETE")
            .and_then(|api_request| self.token_holder(api_request.token.as_ref()));
        let seats = handled.before.participants();
        let is_destroyed = caller.is_some_and(|caller| seats.contains(&caller.participant()));
        let is_expired = self.max_clock >= handled.before.expires_at();
        let was_never_confirmed = !self.is_creation_confirmed;
        let end_frame = if is_destroyed { "destroy" } else { "expire" };
        let is_announced =
            handled.open_sockets == 0 || handled.end_frame.is_some_and(|kind| kind == end_frame);
        ensure(is_announced || handled.has_fault || is_destroyed && is_expired, 12, || {
            format!("the end of the room is not announced by `{end_frame}`")
        })?;
        ensure(is_destroyed || is_expired || was_never_confirmed, 7, || {
            format!("the room ended {} ms too early", handled.before.expires_at() - self.max_clock)
        })
    }

    fn check_no_leaks(&self, handled: &HandledEvent) -> Verdict {
        let Some(debug_text) = &handled.debug_text else { return Ok(()) };
        let token = self.token_holders.iter().find(|holder| debug_text.contains(&holder.token));
        ensure(token.is_none(), 15, || format!("a token is shown: {debug_text}"))?;
        let text = self.sent.keys().find(|text| text.len() > 4 && debug_text.contains(*text));
        ensure(text.is_none(), 15, || format!("a text is shown: {debug_text}"))
    }
}

/// When the journal fails in an event, the object sends only refusals, and closes the socket that sent the frame.
fn check_failed_event(handled: &HandledEvent) -> Verdict {
    ensure(handled.reached == handled.closed, 5, || "an event that failed sent a frame".to_owned())?;
    let sender = handled.frame.as_ref().map(|frame| frame.socket);
    ensure(sender.is_none_or(|sender| handled.closed.contains(&sender)), 12, || {
        "the journal failed, and the sender's socket stays open".to_owned()
    })
}
