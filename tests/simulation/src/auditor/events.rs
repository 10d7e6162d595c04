//! Invariants of a single event: 0, 7, 13, 14 and 15.

use serde_json::Value;

use super::{Auditor, Dump, Sent, Verdict, demand, rates::Rated};
use crate::{
    host::{FrameSeen, Handled},
    wire::Ask,
};

impl Auditor {
    /// Somebody made a call.
    pub fn asked(&mut self, ask: &Ask) {
        let Some(known) = self.who(ask.token.as_ref()) else { return };
        let participant = known.participant().to_owned();
        match (ask.method, ask.path) {
            ("POST", "/api/messages") => {
                let body: Value = serde_json::from_str(&ask.body).unwrap_or_default();
                self.note_send(&body, participant);
            }
            ("DELETE", _) => self.is_destroy_asked = true,
            _ => {}
        }
    }

    /// Somebody sent a frame.
    pub fn framed(&mut self, participant: &str, text: &str) {
        let Ok(body) = serde_json::from_str::<Value>(text) else { return };
        if body["type"] == "message" {
            self.note_send(&body, participant.to_owned());
        }
    }

    fn note_send(&mut self, body: &Value, participant: String) {
        let Some(text) = body["text"].as_str() else { return };
        let id = body["id"].as_str().map(str::to_owned);
        self.sent.entry(text.to_owned()).or_insert(Sent { participant, id, is_refused: false });
    }

    /// The object panicked after it stored something and before it announced it. Sockets that stay open do not receive
    /// it; their clients notice the gap with the next frame.
    pub fn panicked(&mut self, before: &Dump, after: &Dump) {
        self.mark_if(before.last_seq() < after.last_seq(), "a message was stored and not announced");
        self.mark_if(after.has_tombstone && after.room.is_some(), "a burial was cut short");
        self.unannounced.extend(before.last_seq() + 1..=after.last_seq());
        self.is_news_lost = true;
        // A request that waited in the memory was dropped with it.
        self.may_lack_an_append = true;
    }

    /// The object handled an event.
    pub fn handled(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        self.max_clock = self.max_clock.max(handled.clock);
        self.rates.tick(handled.life, handled.clock);
        self.mark_handled(handled, ask);
        let (before, after) = (&handled.before, &handled.after);
        demand(handled.status != Some(500), 0, || "an internal error".to_owned())?;
        demand(handled.trouble.is_none(), 13, || handled.trouble.unwrap_or_default().to_owned())?;
        demand(handled.effects <= 64, 13, || format!("an event had {} effects", handled.effects))?;
        self.check_silence(handled)?;
        let is_over = before.is_room() && handled.clock >= before.expires_at();
        demand(!is_over || !after.is_room() || handled.has_mishap, 7, || {
            format!("the room goes on {} ms after its end", handled.clock - before.expires_at())
        })?;
        if before.is_room() && !after.is_room() {
            self.check_end(handled, ask)?;
        }
        if handled.has_mishap {
            // The event has no effects, but the statements before the failure remain in force.
            self.has_failed = true;
            self.panicked(before, after);
            return check_failed_event(handled);
        }
        self.check_no_change(handled, ask)?;
        if !before.is_room() || !after.is_room() {
            return Ok(());
        }
        let is_left = handled.is_departure && handled.open_sockets > 0;
        demand(!is_left || handled.is_presence_sent, 12, || "a departure is not announced".to_owned())?;
        let has_woken = handled.is_waking && handled.open_sockets > handled.closed.len();
        demand(!has_woken || handled.is_presence_sent, 12, || {
            "a room that wakes does not say who is here".to_owned()
        })?;
        self.check_activity(handled)?;
        self.check_new_messages(handled, ask)?;
        match &handled.frame {
            Some(frame) => self.check_frame_handled(frame, handled),
            None => self.check_reading(handled, ask),
        }
    }

    fn check_no_change(&self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        let changes_nothing =
            ask.is_some_and(|ask| ask.method == "GET") || handled.status.is_some_and(|it| it >= 400);
        let seen = |dump: &Dump| (dump.participants().len(), dump.messages.len(), dump.expires_at());
        let is_same = !before.is_room() || !after.is_room() || seen(before) == seen(after);
        demand(!changes_nothing || is_same, 14, || {
            format!("a call that changes nothing changed the journal: {ask:?}")
        })
    }

    /// A new seat, a message and `keep` move the room's end, and nothing else does.
    fn check_activity(&mut self, handled: &Handled) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        let is_seat_taken = before.participants().len() < after.participants().len();
        let is_message = before.last_seq() < after.last_seq();
        let is_active = is_seat_taken || is_message || handled.is_end_announced;
        let end = (handled.clock + self.rules.ttl_seconds * 1000).min(after.ends_by());
        demand(!is_active || after.expires_at() >= end, 7, || "an activity did not move the end".to_owned())?;
        let moved = before.expires_at() < after.expires_at();
        demand(!moved || is_active, 7, || "the end moved, and this is not announced".to_owned())
    }

    fn check_new_messages(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        let (before, after) = (&handled.before, &handled.after);
        // When the clock goes back, the room's time does not.
        let latest = self.max_clock.max(before.active_at());
        for row in after.messages.iter().skip(before.messages.len()) {
            let time = row.said.timestamp;
            demand((handled.clock..=latest).contains(&time), 4, || {
                format!("message {} is {} ms old", row.said.seq, handled.clock.abs_diff(time))
            })?;
            self.rates.demand(&row.said.participant, Rated::Message)?;
        }
        let is_post = ask.is_some_and(|ask| (ask.method, ask.path) == ("POST", "/api/messages"));
        let is_new = before.last_seq() < after.last_seq();
        demand(!is_post || handled.status != Some(201) || is_new, 5, || {
            "201 for a message that was there before".to_owned()
        })
    }

    fn check_reading(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        let Some(ask) = ask.filter(|_| handled.status == Some(200)) else { return Ok(()) };
        let Some(participant) = self.who(ask.token.as_ref()).map(|known| known.participant().to_owned())
        else {
            return Ok(());
        };
        match (ask.method, ask.path) {
            ("GET", "/api/messages") => self.rates.demand(&participant, Rated::Read),
            ("POST", "/api/room/keep") => {
                demand(handled.is_end_announced, 12, || "a moved end is not announced".to_owned())?;
                self.rates.demand(&participant, Rated::Keep)
            }
            _ => Ok(()),
        }
    }

    /// Every message is confirmed or refused at once. A malformed frame closes its socket, and so does a flood of
    /// frames.
    fn check_frame_handled(&mut self, frame: &FrameSeen, handled: &Handled) -> Verdict {
        let is_closed = handled.closed.contains(&frame.socket);
        let is_within = self.rates.take(&frame.owner, Rated::Frame);
        demand(is_within || is_closed, 13, || "frames beyond their rate".to_owned())?;
        let value = frame.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let kind = value.as_ref().and_then(|value| value["type"].as_str());
        match kind {
            None => demand(is_closed, 12, || "nonsense does not close its socket".to_owned()),
            Some("message") => demand(handled.reached.contains(&frame.socket), 12, || {
                "a message is neither confirmed nor refused".to_owned()
            }),
            Some("typing") if handled.is_typing_passed_on => self.rates.demand(&frame.owner, Rated::Typing),
            Some("keep") if handled.is_end_announced => self.rates.demand(&frame.owner, Rated::Keep),
            Some("keep") => demand(handled.reached.contains(&frame.socket), 12, || {
                "`keep` is neither announced nor refused".to_owned()
            }),
            Some(_) => Ok(()),
        }
    }

    fn check_end(&mut self, handled: &Handled, ask: Option<&Ask>) -> Verdict {
        // The seat itself may not be durable yet.
        let caller = ask.filter(|ask| ask.method == "DELETE").and_then(|ask| self.who(ask.token.as_ref()));
        let seats = handled.before.participants();
        let is_destroyed = caller.is_some_and(|caller| seats.contains(&caller.participant()));
        let is_expired = self.max_clock >= handled.before.expires_at();
        let was_never_confirmed = !self.is_creation_confirmed;
        let last_word = if is_destroyed { "destroy" } else { "expire" };
        let is_announced =
            handled.open_sockets == 0 || handled.last_word.is_some_and(|word| word == last_word);
        demand(is_announced || handled.has_mishap || is_destroyed && is_expired, 12, || {
            format!("the end of the room is not announced by `{last_word}`")
        })?;
        demand(is_destroyed || is_expired || was_never_confirmed, 7, || {
            format!("the room ended {} ms too early", handled.before.expires_at() - self.max_clock)
        })
    }

    fn check_silence(&self, handled: &Handled) -> Verdict {
        let Some(shown) = &handled.shown else { return Ok(()) };
        let token = self.people.iter().find(|known| shown.contains(&known.token));
        demand(token.is_none(), 15, || format!("a token is shown: {shown}"))?;
        let text = self.sent.keys().find(|text| text.len() > 4 && shown.contains(*text));
        demand(text.is_none(), 15, || format!("a text is shown: {shown}"))
    }
}

/// When the journal fails in an event, the object sends only refusals, and closes the socket that sent the frame.
fn check_failed_event(handled: &Handled) -> Verdict {
    demand(handled.reached == handled.closed, 5, || "an event that failed sent a frame".to_owned())?;
    let sender = handled.frame.as_ref().map(|frame| frame.socket);
    demand(sender.is_none_or(|sender| handled.closed.contains(&sender)), 12, || {
        "the journal failed, and the sender's socket stays open".to_owned()
    })
}
