//! Runs the Rust library of the encryption in a real room, for the browser tests:
//!
//! ```text
//! duet-peer create BASE_URL     creates a room and takes the first seat
//! duet-peer join LINK           takes a seat in a room
//! duet-peer attack              tries to decrypt a room, with evidence from standard input
//! ```
//!
//! `create` and `join` write events to standard output, a JSON object per line: `link`, `shown`, `words`, `broken`,
//! `seen`, `stopped`, `ended`. They send each line of standard input as a message, and end when standard input closes.
//!
//! `attack` reads `{"link", "transcript": [texts], "files": [paths]}` and writes `{"messages", "opened":
//! [plaintexts]}`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
)]

mod attack;
mod evidence;
mod person;

use std::{env, io, process::ExitCode, sync::mpsc, thread};

use duet_sealing::{bytes::Id, link::LinkSecret};
use duet_test_support::Browser;
use serde_json::{Value, json};

use crate::person::{Person, random};

/// An event of a participant.
pub enum PeerEvent {
    /// The room sent a frame.
    Frame(Value),
    /// The connection ended with this code.
    Closed(u16),
    /// Standard input has a text to send.
    Input(String),
    /// Standard input closed.
    InputClosed,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["create", base_url] => run(create(base_url)),
        ["join", link] => run(join(link)),
        ["attack"] => {
            let evidence = serde_json::from_reader(io::stdin()).expect("evidence as JSON");
            report(&attack::attack(&evidence));
        }
        _ => {
            eprintln!("duet-peer: create BASE_URL, join LINK or attack");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Writes a line to standard output.
pub fn report(line: &Value) {
    println!("{line}");
}

fn create(base_url: &str) -> Person {
    let (browser, link) = (Browser::new(base_url), LinkSecret::new(random()));
    let room = Id::parse(&browser.create_room(&json!({ "access": link.access() }))).expect("a room's id");
    report(&json!({ "link": format!("{base_url}{}", link.path(&room)) }));
    Person::take_seat(browser, room, &link)
}

fn join(address: &str) -> Person {
    let (base_url, room, link) = parse_link(address);
    Person::take_seat(Browser::new(base_url), room, &link)
}

/// The parts of a complete link: the server's address, the room and the link's secret.
pub fn parse_link(address: &str) -> (&str, duet_sealing::bytes::RoomId, LinkSecret) {
    let (base_url, rest) = address.split_once("/room/").expect("a room's link");
    let (room, fragment) = rest.split_once('#').expect("a whole link");
    let room = Id::parse(room).expect("a room's id");
    (base_url, room, LinkSecret::from_fragment(fragment).expect("a whole link"))
}

fn run(mut person: Person) {
    let (sender, events) = mpsc::channel();
    person.connect(sender.clone());
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            let _ = sender.send(PeerEvent::Input(line));
        }
        let _ = sender.send(PeerEvent::InputClosed);
    });
    for event in events {
        match event {
            PeerEvent::Frame(frame) => person.on_frame(&frame),
            PeerEvent::Input(text) => person.send(&text),
            PeerEvent::Closed(code) => return report(&json!({ "ended": code })),
            PeerEvent::InputClosed => return,
        }
    }
}
