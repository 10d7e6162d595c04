//! The times that people wait in a browser. `bench/*.js` measure them, and print rows of the table as JSON.

use std::process::Command;

use duet_test_support::root;

use crate::{
    report::{Row, Section},
    rooms::{RoomFactory, RoomKind},
    servers::Servers,
};

/// A first visit to the lobby and to a room.
pub fn first_visit(servers: &Servers) -> Section {
    Section {
        title: "Pages, first visit",
        rows: rows(servers, "visits.js"),
        notes: vec![
            "Medians, through a proxy that compresses and speaks HTTP/2 as the platform does. Bytes are those of the \
             files' bodies after compression, without the API's answers. Slow 4G: 1.6 Mbit/s, 150 ms, CPU slowed four times."
                .to_owned(),
        ],
    }
}

/// Two pages that talk, in a short and in a long conversation.
pub fn long_conversation(servers: &Servers) -> Section {
    Section {
        title: "Pages, a conversation",
        rows: rows(servers, "conversation.js"),
        notes: vec![
            "From Enter in one page until the message is drawn in the other; medians. Both pages are in one Chromium."
                .to_owned(),
        ],
    }
}

fn rows(servers: &Servers, script: &str) -> Vec<Row> {
    let room_factory = RoomFactory::on(servers.embedded(), RoomKind::Duet);
    let output = Command::new("node")
        .arg(root().join("bench").join(script))
        .args([&room_factory.base_url, &servers.plan.visits.to_string()])
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<[String; 6]> = serde_json::from_slice(&output.stdout).expect("a list of rows");
    rows.into_iter().map(Row).collect()
}
