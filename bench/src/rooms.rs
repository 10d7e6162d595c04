//! Two people in a room, on Duet and on the floor.

use std::{
    thread,
    time::{Duration, Instant},
};

use duet_test_support::{Browser, Participant, Socket, Stack, message_id};
use serde_json::{Value, json};

/// The length of a short encrypted message, in bytes.
const TEXT_BYTES: usize = 220;

/// What kind of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// The floor: writes a row, and sends the frame to all.
    Storing,
    /// The same, with an index that finds a repeated message, and a sequence number in the frame.
    Indexing,
    /// All that Duet does for a message, by hand in JavaScript.
    Complete,
    /// Duet.
    Duet,
}

/// Makes rooms of one kind on one server.
#[derive(Clone, Debug)]
pub struct RoomFactory {
    /// The server, without a trailing slash.
    pub base_url: String,
    /// What kind of rooms it makes.
    pub kind: RoomKind,
}

/// Two people in a new room, each with an open socket.
pub struct Pair {
    /// The first person.
    pub ann: Person,
    /// The second person.
    pub bob: Person,
}

/// A person in a room, with an open socket.
pub struct Person {
    /// The seat; on the floor nobody has one.
    pub seat: Participant,
    socket: Socket,
}

impl RoomFactory {
    /// Rooms of this kind on this server.
    pub fn on(server: &Stack, kind: RoomKind) -> Self {
        Self { base_url: server.base_url().to_owned(), kind }
    }

    /// Makes a room with two people in it.
    pub fn pair(&self) -> Pair {
        let room = match self.kind {
            RoomKind::Duet => Browser::new(&self.base_url).create_room(&json!({})),
            _ => message_id(),
        };
        Pair { ann: self.enter(&room), bob: self.enter(&room) }
    }

    fn enter(&self, room: &str) -> Person {
        let browser = Browser::new(&self.base_url);
        let (seat, socket_path) = match self.kind {
            RoomKind::Storing => (without_seat(browser, room), format!("/storing/{room}")),
            RoomKind::Indexing => (without_seat(browser, room), format!("/indexing/{room}")),
            RoomKind::Complete => (without_seat(browser, room), format!("/complete/{room}")),
            RoomKind::Duet => (Participant::join_as(browser, room), format!("/api/realtime?roomId={room}")),
        };
        let mut socket = Socket::open(&seat.browser, &socket_path, &[]).expect("a socket opens");
        if self.kind == RoomKind::Duet {
            socket.expect("ready");
        }
        Person { seat, socket }
    }
}

/// Somebody without a seat. Makes a call as joining does, so that a person has equally many connections everywhere.
fn without_seat(browser: Browser, room: &str) -> Participant {
    browser.get("/");
    Participant { browser, room: room.to_owned(), id: message_id() }
}

impl Pair {
    /// Sends one message and waits until both have it. Returns how long it took to the other person.
    pub fn deliver(&mut self) -> Duration {
        let sent = Instant::now();
        let id = self.ann.send_message();
        self.bob.wait_for(&id);
        let took = sent.elapsed();
        self.ann.wait_for(&id);
        took
    }

    /// Sends `messages` messages, one after the other.
    pub fn deliver_many(&mut self, messages: usize) -> Vec<Duration> {
        (0..messages).map(|_| self.deliver()).collect()
    }
}

impl Person {
    /// Sends a message under a new id, which it returns.
    pub fn send_message(&mut self) -> String {
        let id = message_id();
        let text = "x".repeat(TEXT_BYTES);
        self.socket.send(&json!({ "type": "message", "id": id, "text": text }));
        id
    }

    /// Waits for the message with this id, skips all other frames, and returns its frame. Panics if the message is
    /// refused.
    pub fn wait_for(&mut self, id: &str) -> Value {
        loop {
            let frame = self.socket.frame();
            assert_ne!(frame["type"], "error", "refused: {frame}");
            // The first variant of the floor sends a frame unchanged.
            if frame["message"]["id"] == id || frame["id"] == id {
                return frame;
            }
        }
    }

    /// Sends the next message when the last one is confirmed, up to `max` and until `until`. Returns the time of each
    /// confirmation.
    pub fn send_until(mut self, until: Instant, max: usize) -> Vec<Duration> {
        let mut times = vec![];
        while times.len() < max && Instant::now() < until {
            let sent = Instant::now();
            let id = self.send_message();
            self.wait_for(&id);
            times.push(sent.elapsed());
        }
        times
    }
}

/// Ends all rooms: Duet destroys them, and on the floor both people leave.
pub fn end_all(room_factory: &RoomFactory, pairs: Vec<Pair>) {
    for Pair { ann, bob } in pairs {
        if room_factory.kind == RoomKind::Duet {
            assert!(ann.seat.destroy().status < 300, "a room can be destroyed");
        }
        drop((ann, bob));
    }
}

/// Runs one job for each item, each on a thread of its own, and returns all results.
pub fn on_threads<T: Send, R: Send>(items: Vec<T>, job: impl Fn(T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let job = &job;
        let running: Vec<_> = items.into_iter().map(|item| scope.spawn(move || job(item))).collect();
        running.into_iter().map(|thread| thread.join().expect("a load that ends")).collect()
    })
}
