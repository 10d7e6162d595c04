//! Measures what each call costs, around the real Worker, and compares it with the table in docs/operations.md.

use std::{fs, thread, time::Duration};

use duet_test_support::{
    Answer, Browser, LIMIT, Participant, Stack, StoreKind, build_once, root, wait_until,
};
use serde_json::{Value, json};

use crate::world::{World, stranger, unknown_room};

cases![
    each_call_costs_what_the_operations_page_states,
    a_too_large_frame_takes_no_memory,
    a_failing_limiter_lets_requests_pass_and_is_logged_once_a_minute,
];

const TTL_SECONDS: &str = "5";
const PATIENCE: Duration = Duration::from_secs(30);
/// Redis is written up to 50 ms after a change. Counts that stay the same for this long are final.
const QUIET: Duration = Duration::from_millis(250);
/// If the database is slow for a moment, the room writes one row more. On a busy machine, the test may therefore retry.
const ATTEMPTS: usize = 3;

/// A call and its cells in the table. On the embedded store all cells except Upstash's; on Upstash only Upstash's.
type Row = (&'static str, Vec<String>);

fn each_call_costs_what_the_operations_page_states(world: &World) {
    let page = operations_page();
    let is_as_documented = |(call, cells): &Row| documented(&page, call, world.store) == *cells;

    let mut measured = vec![];
    let agrees = (0..ATTEMPTS).any(|_| {
        measured = measure(world.store);
        measured.iter().all(is_as_documented)
    });

    let lines: Vec<_> =
        measured.iter().map(|(call, cells)| format!("| {call} | {} |", cells.join(" | "))).collect();
    assert!(agrees, "docs/operations.md differs for {:?}:\n{}", world.store, lines.join("\n"));
}

/// The text of docs/operations.md, which has the tables.
pub fn operations_page() -> String {
    fs::read_to_string(root().join("docs/operations.md")).expect("it is there")
}

/// The cells of the row that begins with `name`.
pub fn cells_of<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let line = page.lines().find_map(|line| line.strip_prefix(&format!("| {name} |")));
    line.unwrap_or_default().trim_end_matches('|').split('|').map(str::trim).collect()
}

fn documented(page: &str, call: &str, store: StoreKind) -> Vec<String> {
    let cells = cells_of(page, call);
    let (embedded, upstash) = cells.split_at(cells.len().min(5));
    let cells = if store == StoreKind::Embedded { embedded } else { upstash };
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// The Worker's memory never shrinks, so a refused frame must not be copied into it.
fn a_too_large_frame_takes_no_memory(world: &World) {
    const FRAMES: usize = 8;
    let meter = Meter::start(world.store, &[]);
    let room = Browser::new(meter.stack.base_url()).create_room(&json!({ "ttlSeconds": 3600 }));
    let ann = Participant::join(meter.stack.base_url(), &room);
    let mut sockets: Vec<_> = (0..FRAMES).map(|_| ann.connect()).collect();
    let before = meter.read()["wasmBytes"].as_u64().expect("a number");

    for socket in &mut sockets {
        socket.send_text(&"x".repeat(1_000_000));
        assert_eq!(socket.closed(), 1009);
    }

    assert_eq!(meter.read()["wasmBytes"], before);
}

fn a_failing_limiter_lets_requests_pass_and_is_logged_once_a_minute(world: &World) {
    let meter = Meter::start(world.store, &[("ADDRESS_LIMITS", "on")]);
    let visitor = Browser::new(meter.stack.base_url());
    let logged = || meter.stack.worker().log().iter().filter(|line| line.contains("limiter-failed")).count();

    // One limiter fails; the others are absent.
    for round in 1..=2 {
        for _ in 0..20 {
            let room = visitor.create_room(&json!({}));
            assert_eq!(visitor.get(&format!("/api/room?roomId={room}")).status, 200);
        }
        wait_until("it is logged", LIMIT, || (logged() == round).then_some(()));
        visitor.get("/later");
    }

    assert_eq!(logged(), 2);
}

fn measure(store: StoreKind) -> Vec<Row> {
    let mut meter = Meter::start(store, &[]);
    let mut rows = refusals(&mut meter);
    rows.extend(life_of_a_room(&mut meter));
    rows.push(expiry(&mut meter));
    rows.push(status_of_hibernated_room(&mut meter));
    rows
}

/// The Worker wrapped in the meter of `tests/api/meter`.
struct Meter {
    stack: Stack,
    last: Value,
}

impl Meter {
    fn start(store: StoreKind, more: &[(&str, &str)]) -> Self {
        let vars =
            [("ADDRESS_LIMITS", "off"), ("MESSAGE_RATE_PER_SECOND", "0"), ("ROOM_TTL_SECONDS", TTL_SECONDS)];
        build_once().unwrap_or_else(|error| panic!("{error}"));
        let project = root().join("tests/api/meter");
        let stack = Stack::start_project(&project, store, &[&vars, more].concat());
        let mut meter = Self { stack: stack.unwrap_or_else(|error| panic!("{error}")), last: json!({}) };
        meter.skip();
        meter
    }

    fn read(&self) -> Value {
        Browser::new(self.stack.base_url()).get("/meter").json()
    }

    /// Discards the counts so far.
    fn skip(&mut self) {
        let mut reading = self.read();
        self.last = wait_until("nothing is counted any more", PATIENCE, || {
            thread::sleep(QUIET);
            let before = std::mem::replace(&mut reading, self.read());
            (before == reading).then(|| reading.clone())
        });
    }

    /// The counts since `skip`.
    fn row(&mut self, call: &'static str) -> Row {
        let before = std::mem::take(&mut self.last);
        self.skip();
        let count = |name: &str| self.last[name].as_u64().unwrap_or(0) - before[name].as_u64().unwrap_or(0);
        let written = (count("rowsWritten") + count("alarmsSet")).to_string();
        let read = count("rowsRead").to_string();
        let whole = count("objectRequests") + count("alarms");
        let events = if count("frames") == 0 { whole.to_string() } else { format!("{}/20", count("frames")) };
        let cells = match self.stack.store() {
            StoreKind::Upstash => vec![read, written, count("commands").to_string()],
            StoreKind::Embedded => {
                vec![count("requests").to_string(), events, count("wakes").to_string(), read, written]
            }
        };
        (call, cells)
    }
}

fn refusals(meter: &mut Meter) -> Vec<Row> {
    let (nobody, member) = (Browser::new(meter.stack.base_url()), stranger(&meter.stack));
    let mut measure = |call, refused: Answer, status| {
        assert_eq!(refused.status, status);
        meter.row(call)
    };
    let unknown = |path: &str| format!("/api/{path}?roomId={}", unknown_room());
    let too_large = json!({ "text": "x".repeat(64 * 1024) });
    vec![
        measure("garbage", nobody.get("/api/room?roomId=short"), 400),
        measure("body over 64 KiB", member.post(&unknown("messages"), &too_large), 413),
        measure("call without a token", nobody.get(&unknown("messages")), 401),
        measure("call with a made-up token", member.get(&unknown("messages")), 404),
        measure("look at a room that is not there", nobody.get(&unknown("room")), 404),
    ]
}

fn life_of_a_room(meter: &mut Meter) -> Vec<Row> {
    let base_url = meter.stack.base_url().to_owned();
    let mut rows = vec![];
    // A room that lives longer than the whole measurement.
    let room = Browser::new(&base_url).create_room(&json!({ "ttlSeconds": 3600 }));
    rows.push(meter.row("create a room"));
    let ann = Participant::join(&base_url, &room);
    rows.push(meter.row("join"));
    assert_eq!(ann.browser.get(&ann.path("room")).status, 200);
    rows.push(meter.row("look at a room"));
    let mut ann_socket = ann.connect();
    rows.push(meter.row("open a socket"));
    ann_socket.send_message("the first makes a key in Redis");
    ann_socket.expect_message();
    rows.push(meter.row("first message by frame"));
    ann_socket.send_message("by frame");
    ann_socket.expect_message();
    rows.push(meter.row("message by frame"));
    ann.post(&json!({ "text": "by post" }));
    rows.push(meter.row("message by POST"));
    (3..50).for_each(|_| drop(ann_socket.send_message("one of fifty")));
    meter.skip();
    assert_eq!(ann.browser.get(&ann.path("messages")).json()["messages"].as_array().map(Vec::len), Some(50));
    rows.push(meter.row("read 50 messages"));
    assert_eq!(ann.browser.post(&ann.path("room/keep"), &json!({})).status, 200);
    rows.push(meter.row("keep open"));
    assert_eq!(ann.destroy().status, 204);
    rows.push(meter.row("destroy"));
    rows
}

/// Restarts the Worker, so that the rooms have to be loaded.
fn status_of_hibernated_room(meter: &mut Meter) -> Row {
    let room = Browser::new(meter.stack.base_url()).create_room(&json!({ "ttlSeconds": 3600 }));
    let ann = Participant::join(meter.stack.base_url(), &room);
    ann.post(&json!({ "text": "good night" }));
    meter.skip();
    meter.stack.start_worker().unwrap_or_else(|error| panic!("{error}"));
    meter.skip();
    assert_eq!(Browser::new(meter.stack.base_url()).get(&ann.path("room")).status, 200);
    meter.row("look at a room that slept")
}

fn expiry(meter: &mut Meter) -> Row {
    Browser::new(meter.stack.base_url()).create_room(&json!({}));
    meter.skip();
    let is_over = || (meter.read()["deletions"] != meter.last["deletions"]).then_some(());
    wait_until("the room's time is over", PATIENCE, is_over);
    meter.row("expire, with nobody there")
}
