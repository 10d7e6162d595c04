//! The Worker itself: its size, and the memory of rooms.

use std::{fs, path::Path, process::Command, thread::sleep, time::Duration};

use duet_test_support::{Stack, root};

use crate::{
    report::{Row, Section},
    rooms::{Pair, RoomFactory, RoomKind, end_all},
    servers::Servers,
};

const MAX_GZIPPED_BYTES: u64 = 165_000;
const MAX_MEMORY_OVER_FLOOR: f64 = 1.3;
/// The platform releases an object's memory within this time after its last use, with a margin of some seconds.
const RELEASE: Duration = Duration::from_secs(90);

/// Measures both, for the floor and for Duet.
pub fn measure(servers: &Servers) -> Section {
    let mut rows = vec![size_row(servers)];
    rows.extend(memory_rows(servers));
    Section {
        title: "Worker",
        rows,
        notes: vec![
            "Memory is the resident set of the workerd that runs the Worker. Each room holds one message."
                .to_owned(),
        ],
    }
}

fn size_row(servers: &Servers) -> Row {
    let (size, floor) = (upload_bytes(&servers.duet_project()), upload_bytes(&servers.floor_project()));
    Row::new("upload, gzipped", kilobytes(size))
        .over((format!("floor: {}", kilobytes(floor)), size as f64 / floor as f64))
        .target(format!("≤ {}", kilobytes(MAX_GZIPPED_BYTES)), size <= MAX_GZIPPED_BYTES)
}

/// The bytes that a deployment would upload, with each file compressed by itself.
fn upload_bytes(project: &Path) -> u64 {
    let out = tempfile::Builder::new().prefix("duet-bench-upload-").tempdir().expect("a folder");
    let mut wrangler = Command::new(root().join("node_modules/.bin/wrangler"));
    wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(out.path()).current_dir(project);
    let output = wrangler.output().expect("wrangler runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = fs::read_dir(out.path()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_sent = |file: &Path| file.extension().is_some_and(|kind| kind == "js" || kind == "wasm");
    files.filter(|file| is_sent(file)).map(|file| gzipped_bytes(&file)).sum()
}

fn gzipped_bytes(file: &Path) -> u64 {
    Command::new("gzip").args(["-9", "-c"]).arg(file).output().expect("gzip runs").stdout.len() as u64
}

/// Resident memory in bytes: fresh, with open rooms, and after they ended.
struct Memory {
    fresh: u64,
    with_rooms: u64,
    after_rooms: u64,
}

impl Memory {
    fn each_room_bytes(&self, rooms: usize) -> f64 {
        (self.with_rooms as f64 - self.fresh as f64) / rooms as f64
    }
}

fn memory_rows(servers: &Servers) -> Vec<Row> {
    let rooms = servers.plan.rooms;
    let duet = memory(servers, &servers.start_embedded(), RoomKind::Duet);
    let floor = memory(servers, &servers.start_floor(), RoomKind::Storing);
    let (each_duet, each_floor) = (duet.each_room_bytes(rooms), floor.each_room_bytes(rooms));
    let whole = |what: String, duet: u64, floor: u64| {
        let baseline = format!("floor that writes a row: {}", megabytes(floor));
        Row::new(what, megabytes(duet)).over((baseline, duet as f64 / floor as f64))
    };
    vec![
        whole("memory, fresh".to_owned(), duet.fresh, floor.fresh),
        whole(format!("memory, {rooms} rooms with two idle sockets each"), duet.with_rooms, floor.with_rooms),
        Row::new("memory, each such room", format!("{:.0} KB", each_duet / 1000.0)).at_most(
            MAX_MEMORY_OVER_FLOOR,
            (format!("floor that writes a row: {:.0} KB", each_floor / 1000.0), each_duet / each_floor),
        ),
        whole("memory, after they ended".to_owned(), duet.after_rooms, floor.after_rooms),
    ]
}

fn memory(servers: &Servers, server: &Stack, kind: RoomKind) -> Memory {
    let room_factory = RoomFactory::on(server, kind);
    let fresh = server.worker().resident_bytes();
    let mut pairs: Vec<Pair> = (0..servers.plan.rooms).map(|_| room_factory.pair()).collect();
    for pair in &mut pairs {
        pair.deliver();
    }
    sleep(servers.plan.idle_time);
    let with_rooms = server.worker().resident_bytes();
    end_all(&room_factory, pairs);
    sleep(RELEASE.min(servers.plan.idle_time * 6));
    Memory { fresh, with_rooms, after_rooms: server.worker().resident_bytes() }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
