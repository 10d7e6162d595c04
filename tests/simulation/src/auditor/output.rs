//! Invariants of everything that the object sends: 1, 5, 6, 7, 8, 11 and 12.

use duet::wire::ApiError;
use serde_json::Value;

use super::{Auditor, Message, Socket, TokenHolder, Verdict, Violation, ensure};
use crate::network::{ApiRequest, SocketKey};

/// A page of the history may end early once it has this many bytes.
const PAGE_BYTES: usize = 1024 * 1024;
/// The number of sockets that a participant may have open.
const MOST_SOCKETS: usize = 8;

impl Auditor {
    /// The object accepted a socket, and the client learns that it is open.
    pub fn socket_opened(&mut self, socket: SocketKey, token: Option<&String>) -> Verdict {
        let holder = self.token_holder(token);
        let is_over = !self.durable.is_room();
        ensure(is_over || self.is_seated(holder), 6, || {
            "a socket opened for somebody without a seat".to_owned()
        })?;
        let owner = holder.map(|holder| holder.participant().to_owned()).unwrap_or_default();
        let open = self.sockets_of(&owner).count();
        ensure(open < MOST_SOCKETS, 13, || format!("a participant has {} sockets", open + 1))?;
        self.sockets.insert(socket, Socket { owner, ..Socket::default() });
        ensure(!is_over, 8, || "a socket opened after the end".to_owned())
    }

    /// The sockets of a participant that the object did not close, oldest first.
    fn sockets_of<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = SocketKey> + 'a {
        let is_own = move |(_, socket): &(&SocketKey, &Socket)| !socket.is_closed && socket.owner == owner;
        self.sockets.iter().filter(is_own).map(|(id, _)| *id)
    }

    /// The object answered a call, after this many milliseconds.
    pub fn answered(&mut self, api_request: &ApiRequest, status: u16, body: &str, after_ms: u64) -> Verdict {
        self.check_wait(api_request, after_ms)?;
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        self.record_answer(api_request, status, &value);
        self.is_destroyed |= api_request.method == "DELETE" && matches!(status, 202 | 204);
        let is_seated = self.is_seated(self.token_holder(api_request.token.as_ref()));
        let (route, is_room) = ((api_request.method, api_request.path), self.durable.is_room());
        ensure(is_room || status >= 500 || self.durable.messages.is_empty(), 8, || {
            "messages are left after the end".to_owned()
        })?;
        if status < 400 {
            self.check_room_state(&value)?;
        }
        match (route, status) {
            (("POST", "/api/room/create"), 201) => {
                self.is_creation_confirmed = true;
                ensure(is_room, 5, || "201 without a room in the durable journal".to_owned())
            }
            (("POST", "/api/room/create"), 503) => {
                let is_excused = self.has_failed;
                ensure(!is_room || is_excused, 5, || "503 for a room that stays".to_owned())
            }
            (("GET", "/api/room"), 200) => self.check_status(&value, is_seated),
            (("POST", "/api/room/join"), 200) => self.check_joined(api_request, &value, is_seated),
            (("POST", "/api/messages"), 200 | 201) => self.check_confirmation(api_request, &value, is_seated),
            (("GET", "/api/messages"), 200) => self.check_page(api_request, &value, is_seated),
            (("DELETE", _), 404) if after_ms > 0 => {
                Err(Violation::new(5, "404 for the call that ended the room"))
            }
            (("DELETE", _), 202 | 204) => ensure(!is_room, 5, || format!("{status} while the room is there")),
            (("POST", "/api/messages"), 400 | 409) => self.record_refusal(api_request, status),
            (("POST", "/api/room/join"), 409) => {
                let seats = self.durable.participants().len();
                ensure(!is_room || (seats == 2 && !is_seated), 6, || format!("full with {seats} seats taken"))
            }
            (_, 401) => {
                ensure(!is_seated, 6, || "somebody with a seat is refused as if without one".to_owned())
            }
            (_, 404) => ensure(!self.is_creation_confirmed || !is_room, 7, || {
                "404 while the room is there".to_owned()
            }),
            (_, 200 | 101) => {
                ensure(is_seated, 6, || format!("{status} for somebody without a seat: {route:?}"))
            }
            _ => Ok(()),
        }
    }

    /// `create` waits up to five seconds for the database and `destroy` up to three. No other call waits.
    fn check_wait(&self, api_request: &ApiRequest, after_ms: u64) -> Verdict {
        let most_ms = match (api_request.method, api_request.path) {
            ("POST", "/api/room/create") => 5_000,
            ("DELETE", _) => 3_000,
            _ => 0,
        };
        let is_excused = self.rates.does_clock_jump;
        ensure(after_ms <= most_ms || is_excused, 13, || format!("an answer took {after_ms} ms"))
    }

    fn check_joined(&mut self, api_request: &ApiRequest, value: &Value, is_seated: bool) -> Verdict {
        ensure(is_seated, 5, || "a join is answered before its seat is durable".to_owned())?;
        let holder = self.token_holder(api_request.token.as_ref()).cloned();
        let participant = holder.as_ref().map(TokenHolder::participant).unwrap_or_default();
        let is_repeated = !self.joined.insert(participant.to_owned());
        self.record_if(is_repeated, "a join was repeated");
        ensure(value["participantId"] == participant, 6, || "a join names somebody else".to_owned())?;
        let room = self.durable.room.as_ref();
        let index = self.durable.participants().iter().position(|seated| *seated == participant);
        let keys = room.zip(index).and_then(|(room, index)| room.keys.get(index));
        let shelf = keys.and_then(|(_, shelf)| shelf.as_deref());
        ensure(value["shelf"].as_str() == shelf, 6, || "a join hands out another shelf".to_owned())?;
        self.check_hellos(value)
    }

    /// In an encrypted room, both people receive both halves of the key exchange.
    fn check_hellos(&self, value: &Value) -> Verdict {
        let real = self.durable.hellos().unwrap_or_default();
        ensure(value["hellos"] == real, 6, || {
            "the halves of the key exchange are not those stored".to_owned()
        })
    }

    /// Every answer and frame agrees with the durable journal.
    fn check_room_state(&mut self, value: &Value) -> Verdict {
        if let Some(end) = value["expiresAt"].as_u64() {
            let real = self.durable.expires_at();
            ensure(end == real, 5, || format!("expiresAt is {end}, and {real} in the durable journal"))?;
        }
        if let Some(last) = value["lastSeq"].as_u64() {
            let real = self.durable.last_seq();
            ensure(last == real, 5, || format!("lastSeq is {last}, and {real} in the durable journal"))?;
        }
        if let Some(named) = value["participants"].as_array() {
            let named: Vec<&str> = named.iter().filter_map(Value::as_str).collect();
            let real = self.durable.participants();
            ensure(named == real, 5, || {
                format!("{} participants are named, {} are in the durable journal", named.len(), real.len())
            })?;
        }
        Ok(())
    }

    fn check_status(&self, value: &Value, is_seated: bool) -> Verdict {
        let real = match (is_seated, self.durable.participants().len()) {
            (true, _) => "joined",
            (false, 2) => "full",
            _ => "open",
        };
        ensure(value["status"] == real, 6, || {
            format!("the status is {real}, and the answer says {}", value["status"])
        })?;
        let keys = value.as_object().map_or(0, serde_json::Map::len);
        ensure(keys == 4, 6, || "the status holds more than a visitor may know".to_owned())
    }

    fn check_confirmation(&mut self, api_request: &ApiRequest, value: &Value, is_seated: bool) -> Verdict {
        ensure(is_seated, 6, || "a message of somebody without a seat is confirmed".to_owned())?;
        let message =
            Message::read(value, None).ok_or_else(|| Violation::new(5, "a confirmation is no message"))?;
        let own = self
            .token_holder(api_request.token.as_ref())
            .is_some_and(|holder| holder.participant() == message.participant);
        ensure(own, 1, || "somebody is confirmed the other's message".to_owned())?;
        self.check_announced(message)
    }

    /// A message that the object sends is in the durable journal, and never changes.
    fn check_announced(&mut self, message: Message) -> Verdict {
        let (seq, durable) = (message.seq, self.durable.message(message.seq));
        ensure(durable == Some(&message), 5, || {
            format!("message {seq} was sent and is not in the durable journal")
        })?;
        let first = self.announced.entry(message.id.clone()).or_insert_with(|| message.clone());
        ensure(*first == message, 1, || format!("message {seq} was sent in two versions"))
    }

    fn check_page(&mut self, api_request: &ApiRequest, value: &Value, is_seated: bool) -> Verdict {
        ensure(is_seated, 6, || "somebody without a seat reads the history".to_owned())?;
        let (after, limit) =
            (number(&api_request.query, "after", 0), number(&api_request.query, "limit", 200));
        let page = value["messages"].as_array().map_or(&[] as &[Value], |page| page);
        let mut bytes = 0;
        let before_last: usize = page.iter().rev().skip(1).map(|message| message.to_string().len()).sum();
        ensure(before_last <= PAGE_BYTES + page.len() * 32, 11, || format!("a page of {before_last} bytes"))?;
        for (index, message) in page.iter().enumerate() {
            let message =
                Message::read(message, None).ok_or_else(|| Violation::new(11, "a page holds no message"))?;
            let seq = after + index as u64 + 1;
            ensure(message.seq == seq, 11, || format!("message {} stands where {seq} belongs", message.seq))?;
            bytes += message.text.len() + 150;
            self.check_announced(message)?;
        }
        let expected = self.durable.last_seq().saturating_sub(after).min(limit);
        ensure(page.len() as u64 == expected || bytes >= PAGE_BYTES / 2, 11, || {
            format!("a page after {after} with limit {limit} holds {} of {expected} messages", page.len())
        })
    }

    fn record_refusal(&mut self, api_request: &ApiRequest, status: u16) -> Verdict {
        let body: Value = serde_json::from_str(&api_request.body).unwrap_or_default();
        let is_full = self.durable.last_seq() >= 5_000;
        ensure(status != 409 || is_full, 4, || "the history is called full and is not".to_owned())?;
        self.refuse(body["text"].as_str().unwrap_or_default())
    }

    fn refuse(&mut self, text: &str) -> Verdict {
        let Some(sent) = self.sent.get_mut(text) else { return Ok(()) };
        let is_there = self
            .durable
            .messages
            .iter()
            .any(|row| row.message.text == text && row.message.participant == sent.participant);
        ensure(!is_there, 4, || "a message that is in the journal is refused permanently".to_owned())?;
        sent.is_refused = true;
        Ok(())
    }

    /// The object sent a frame to several sockets.
    pub fn sent(&mut self, to: &[SocketKey], text: &str) -> Verdict {
        let value: Value =
            serde_json::from_str(text).map_err(|_| Violation::new(12, "a frame is not JSON"))?;
        let kind = value["type"].as_str().unwrap_or_default();
        let is_end_frame = matches!(kind, "destroy" | "expire");
        ensure(is_end_frame || self.durable.is_room(), 8, || format!("a frame `{kind}` after the end"))?;
        ensure(!is_end_frame || !self.durable.is_room(), 5, || format!("`{kind}` while the room is there"))?;
        self.check_room_state(&value)?;
        if matches!(kind, "ready" | "presence") && self.durable.is_room() {
            self.check_hellos(&value)?;
        }
        let is_missed = |(id, socket): (&SocketKey, &Socket)| !socket.is_closed && !to.contains(id);
        if kind == "presence" && !self.sockets.iter().any(is_missed) {
            self.record_if(
                self.is_announcement_missing,
                "a room that woke announced what a failed event had not",
            );
            self.is_announcement_missing = false;
        }
        self.check_reach(to, kind, &value)?;
        let message = if kind == "message" { Message::read(&value["message"], None) } else { None };
        if let Some(message) = &message {
            self.check_announced(message.clone())?;
        }
        for id in to {
            let is_alone = to.len() == 1;
            // The client may have lost the socket, or the object closed it, while the frame waited in the gate.
            let Some(socket) = self.sockets.get_mut(id).filter(|socket| !socket.is_closed) else { continue };
            while self.unannounced.contains(&(socket.last + 1))
                && message.as_ref().is_some_and(|message| message.seq > socket.last + 1)
            {
                socket.last += 1;
            }
            let is_known = message.as_ref().is_some_and(|message| message.seq <= socket.last);
            check_frame(socket, kind, &value, message.as_ref(), is_alone)?;
            self.record_if(is_known, "a repeated message was confirmed from the journal");
        }
        if kind == "error" && matches!(value["error"].as_str(), Some("bad-request" | "room-history-full")) {
            self.record_refused_frame(&value)?;
        }
        Ok(())
    }

    /// New messages and the last frame go to every open socket. A repeated message is confirmed to one socket only,
    /// which already knows that there is a message with this number.
    fn check_reach(&self, to: &[SocketKey], kind: &str, value: &Value) -> Verdict {
        let seq = value["message"]["seq"].as_u64().unwrap_or_default();
        let is_news_to = |id| self.sockets.get(id).is_some_and(|socket| socket.last < seq);
        let is_for_all = match kind {
            "destroy" | "expire" | "expiry" => true,
            "message" => !self.unannounced.contains(&seq) && to.iter().any(is_news_to),
            _ => false,
        };
        let is_missed =
            |(id, socket): &(&SocketKey, &Socket)| socket.is_ready && !socket.is_closed && !to.contains(id);
        let is_missed = is_for_all && self.sockets.iter().any(|entry| is_missed(&entry));
        ensure(!is_missed, 12, || format!("`{kind}` is not sent to every open socket"))
    }

    fn record_refused_frame(&mut self, value: &Value) -> Verdict {
        let Some(id) = value["id"].as_str() else { return Ok(()) };
        let is_match = |id: &str, sent: &super::Sent| sent.id.as_deref() == Some(id);
        let texts: Vec<String> =
            self.sent.iter().filter(|(_, sent)| is_match(id, sent)).map(|(text, _)| text.clone()).collect();
        // If both people used the same id, only one of them is refused.
        if let [text] = texts.as_slice() { self.refuse(text) } else { Ok(()) }
    }

    /// The object closed sockets.
    pub fn closed(&mut self, sockets: &[SocketKey], code: u16) -> Verdict {
        let is_end = matches!(code, 4404 | 4410 | 4411);
        ensure(!is_end || !self.durable.is_room(), 5, || format!("{code} while the room is there"))?;
        ensure(code != 4410 || self.is_destroy_requested, 7, || {
            "4410 although nobody destroyed the room".to_owned()
        })?;
        if code == 4408 {
            self.check_replaced(sockets)?;
        }
        let internal = ApiError::Internal.close().code;
        ensure(code != internal, 0, || "a socket is closed for an internal error".to_owned())?;
        for id in sockets {
            // The client may have lost the socket while the close waited in the gate.
            if let Some(socket) = self.sockets.get_mut(id) {
                socket.is_closed = true;
            }
        }
        Ok(())
    }

    /// The socket that is closed for a ninth one is the participant's oldest.
    fn check_replaced(&mut self, sockets: &[SocketKey]) -> Verdict {
        self.record("a ninth socket took the place of the oldest");
        for id in sockets {
            let Some(socket) = self.sockets.get(id) else { continue };
            let oldest = self.sockets_of(&socket.owner).next();
            ensure(oldest == Some(*id), 13, || "the socket that is replaced is not the oldest".to_owned())?;
        }
        Ok(())
    }

    /// Sockets that were lost with the object's memory, or by their clients.
    pub fn forget_socket(&mut self, socket: SocketKey) {
        self.sockets.remove(&socket);
    }
}

fn check_frame(
    socket: &mut Socket,
    kind: &str,
    value: &Value,
    message: Option<&Message>,
    is_alone: bool,
) -> Verdict {
    ensure(!socket.is_over, 12, || format!("`{kind}` after the final frame"))?;
    ensure(socket.is_ready != (kind == "ready"), 12, || format!("`{kind}` before or after `ready`"))?;
    match kind {
        "ready" => {
            socket.is_ready = true;
            socket.last = value["lastSeq"].as_u64().unwrap_or_default();
            let own = value["participantId"] == socket.owner.as_str();
            ensure(own, 6, || "`ready` for somebody else".to_owned())
        }
        "destroy" | "expire" => {
            socket.is_over = true;
            Ok(())
        }
        "typing" | "seen" => {
            ensure(value["participantId"] != socket.owner.as_str(), 12, || format!("`{kind}` to oneself"))
        }
        "message" => check_news(socket, message, is_alone),
        _ => Ok(()),
    }
}

/// New messages come once and in order. A repeated message is confirmed to its sender only.
fn check_news(socket: &mut Socket, message: Option<&Message>, is_alone: bool) -> Verdict {
    let Some(message) = message else { return Err(Violation::new(12, "a message that cannot be read")) };
    let is_confirmation = message.seq <= socket.last && is_alone && message.participant == socket.owner;
    ensure(is_confirmation || message.seq == socket.last + 1, 12, || {
        format!("message {} goes to a socket that has those up to {}", message.seq, socket.last)
    })?;
    socket.last = socket.last.max(message.seq);
    Ok(())
}

fn number(query: &str, name: &str, default: u64) -> u64 {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse().ok()).unwrap_or(default)
}
