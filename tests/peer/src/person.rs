//! A participant in a real room: carries out what the library decides, over HTTP and a WebSocket.

use std::{num::NonZeroU32, sync::mpsc::Sender, thread};

use duet_sealing::bytes::{Id, ParticipantId, RoomId, Secret32};
use duet_sealing::hello::SeatSecrets;
use duet_sealing::link::LinkSecret;
use duet_sealing::participant::{Draft, Incoming, Outcome, Outgoing, Participant};
use duet_test_support::{Browser, Event, Socket, message_id, now_ms};
use serde_json::{Value, json};

use crate::{PeerEvent, report};

const NAME: &str = "Rust";

/// Fresh random bytes.
pub fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

/// A client with a seat.
pub struct Person {
    browser: Browser,
    room: RoomId,
    id: ParticipantId,
    participant: Participant,
    /// The last sequence number that has been read.
    last_seq: u32,
    /// The events that have been reported. Each is reported only once.
    reported: Vec<Value>,
}

impl Person {
    /// Takes a seat. Panics if the room refuses.
    pub fn take_seat(browser: Browser, room: RoomId, link: &LinkSecret) -> Self {
        let [exchange, nonce, early, shelf] = [(); 4].map(|()| Secret32::new(random()));
        let secrets = SeatSecrets { exchange, nonce, early, shelf };
        let body = json!({
            "proof": link.proof().to_base64url(),
            "hello": secrets.hello(&room, link).to_base64url(),
            "shelf": secrets.shelf.to_base64url(),
        });
        let joined = browser.post(&format!("/api/room/join?roomId={}", room.as_str()), &body);
        assert_eq!(joined.status, 200, "{joined:?}");
        let id = Id::parse(&joined.text("participantId")).expect("a participant's id");
        let participant = Participant::new(room, link, &secrets);
        let mut person = Self { browser, room, id, participant, last_seq: 0, reported: vec![] };
        person.receive_hellos(&joined.json()["hellos"]);
        person
    }

    /// Opens a socket and reports everything that arrives on it.
    pub fn connect(&mut self, events: Sender<PeerEvent>) {
        let opened = Socket::open(&self.browser, &self.path("realtime"), &[]);
        let mut socket = opened.unwrap_or_else(|status| panic!("the handshake was refused with {status}"));
        thread::spawn(move || {
            loop {
                let event = match socket.next_event() {
                    Some(Event::Frame(frame)) => PeerEvent::Frame(frame),
                    Some(Event::Closed(code)) => PeerEvent::Closed(code),
                    None => continue,
                };
                let is_last = matches!(event, PeerEvent::Closed(_));
                if events.send(event).is_err() || is_last {
                    return;
                }
            }
        });
    }

    /// Handles a frame from the room.
    pub fn on_frame(&mut self, frame: &Value) {
        match frame["type"].as_str() {
            Some("ready" | "presence") => {
                self.receive_hellos(&frame["hellos"]);
                self.read_up_to(&frame["lastSeq"]);
            }
            Some("message") => {
                self.read_up_to(&json!(frame["message"]["seq"].as_u64().map(|seq| seq - 1)));
                self.receive(&frame["message"]);
            }
            Some("seen") => {
                let text = |key: &str| frame[key].as_str().expect("a text");
                self.participant.receive_mark(Id::parse(text("participantId")).expect("an id"), text("text"));
            }
            _ => {}
        }
        self.report_changes();
    }

    /// Sends a message.
    pub fn send(&mut self, text: &str) {
        let id = Id::parse(&message_id()).expect("a message's id");
        let draft = Draft { id, sender: NAME, text, at_ms: now_ms() };
        match self.participant.encrypt(&draft, random()) {
            Ok(outgoing) => self.post(&outgoing),
            Err(error) => report(&json!({ "stopped": format!("{error:?}") })),
        }
    }

    fn path(&self, rest: &str) -> String {
        let separator = if rest.contains('?') { '&' } else { '?' };
        format!("/api/{rest}{separator}roomId={}", self.room.as_str())
    }

    fn post(&self, Outgoing { id, text }: &Outgoing) {
        let sent = self.browser.post(&self.path("messages"), &json!({ "id": id.as_str(), "text": text }));
        assert!(matches!(sent.status, 200 | 201), "{sent:?}");
    }

    /// Sends the keys message before anything else.
    fn receive_hellos(&mut self, hellos: &Value) {
        let Some(hellos) = hellos.as_object() else { return };
        let hellos: Vec<_> = hellos
            .iter()
            .map(|(id, hello)| (Id::parse(id).expect("an id"), hello.as_str().expect("a text")))
            .collect();
        let _ = self.participant.on_hellos(self.id, &hellos);
        if let Some(keys) = self.participant.keys_message(random()) {
            self.post(&keys);
        }
    }

    /// Reads the missing messages. An honest room has every number.
    fn read_up_to(&mut self, last_seq: &Value) {
        while last_seq.as_u64().is_some_and(|last_seq| last_seq > u64::from(self.last_seq)) {
            let before = self.last_seq;
            let page =
                self.browser.get(&self.path(&format!("messages?after={}&limit=500", self.last_seq))).json();
            for message in page["messages"].as_array().expect("messages") {
                self.receive(message);
            }
            if self.last_seq == before {
                return self.participant.note_gap();
            }
        }
    }

    fn receive(&mut self, message: &Value) {
        let text = |key: &str| message[key].as_str().expect("a text");
        let seq = u32::try_from(message["seq"].as_u64().expect("a number")).expect("a number");
        if seq > self.last_seq + 1 {
            self.participant.note_gap();
        }
        self.last_seq = self.last_seq.max(seq);
        let _ = self.participant.receive(Incoming {
            seq: NonZeroU32::new(seq).expect("a sequence number from 1"),
            id: Id::parse(text("id")).expect("an id"),
            sender: Id::parse(text("participantId")).expect("an id"),
            text: text("text").to_owned(),
        });
    }

    fn report_changes(&mut self) {
        let shown =
            (1..=self.last_seq).filter_map(|seq| match self.participant.outcome(NonZeroU32::new(seq)?)? {
                Outcome::Shown { content, .. } => {
                    Some(json!({ "shown": { "seq": seq, "sender": content.sender, "text": content.text } }))
                }
                _ => None,
            });
        let words = self.participant.safety_words().map(|words| json!({ "words": words.join(" ") }));
        let broken = self.participant.is_order_broken().then(|| json!({ "broken": true }));
        let stopped = self.participant.stopped().map(|stop| json!({ "stopped": format!("{stop:?}") }));
        let seen = json!({ "seen": self.participant.other_has_seen() });
        let read = json!({ "read": self.participant.other_has_read() });
        for line in shown.chain(words).chain(broken).chain(stopped).chain([seen, read]) {
            if !self.reported.contains(&line) {
                report(&line);
                self.reported.push(line);
            }
        }
    }
}
