//! A client with a seat in a room.

use serde_json::{Value, json};

use crate::{
    browser::{Answer, Browser},
    socket::Socket,
};

/// A browser that joined a room.
pub struct Participant {
    /// The participant's browser.
    pub browser: Browser,
    /// The room's id.
    pub room: String,
    /// The participant's id in that room.
    pub id: String,
}

impl Participant {
    /// Takes a seat in `room` with a new browser. Panics if the Worker refuses.
    pub fn join(base_url: &str, room: &str) -> Self {
        Self::join_as(Browser::new(base_url), room)
    }

    /// Takes a seat in `room` as `browser`. Panics if the Worker refuses.
    pub fn join_as(browser: Browser, room: &str) -> Self {
        let joined = browser.post(&format!("/api/room/join?roomId={room}"), &json!({}));
        assert_eq!(joined.status, 200, "{joined:?}");
        Self { id: joined.text("participantId"), room: room.to_owned(), browser }
    }

    /// The path `/api/<rest>` with the room's id in its query.
    pub fn path(&self, rest: &str) -> String {
        let separator = if rest.contains('?') { '&' } else { '?' };
        format!("/api/{rest}{separator}roomId={}", self.room)
    }

    /// Sends a message over HTTP.
    pub fn post(&self, message: &Value) -> Answer {
        self.browser.post(&self.path("messages"), message)
    }

    /// Reads all messages, page by page.
    pub fn history(&self) -> Vec<Value> {
        let mut messages: Vec<Value> = vec![];
        loop {
            let after = messages.last().map_or(0, |message| message["seq"].as_u64().unwrap_or_default());
            let page = self.browser.get(&self.path(&format!("messages?after={after}&limit=500")));
            assert_eq!(page.status, 200, "{page:?}");
            match page.json()["messages"].as_array() {
                Some(more) if !more.is_empty() => messages.extend(more.iter().cloned()),
                _ => return messages,
            }
        }
    }

    /// Opens a socket without waiting for its `ready`.
    pub fn open(&self) -> Socket {
        let opened = Socket::open(&self.browser, &self.path("realtime"), &[]);
        opened.unwrap_or_else(|status| panic!("the handshake was refused with {status}"))
    }

    /// Opens a socket and waits for its `ready`.
    pub fn connect(&self) -> Socket {
        let mut socket = self.open();
        socket.expect("ready");
        socket
    }

    /// Destroys the room.
    pub fn destroy(&self) -> Answer {
        self.browser.delete(&self.path("room"))
    }
}
