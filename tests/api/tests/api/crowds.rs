//! Load: thousands of sockets that come and go, a thousand idle ones, and a pair that never stops sending. Other rooms
//! must keep working. It takes a minute or two on each store, so only `npm run abuse` runs it.

use std::{
    any::Any,
    collections::VecDeque,
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use duet_test_support::{Event, Participant, Socket, Stack};

use crate::world::{Talk, World, pair, talk};

cases![
    other_rooms_keep_working_while_thousands_of_sockets_come_and_go,
    a_client_that_floods_is_refused_and_finally_closed,
];

/// Sockets that open and close during the test.
const PASSERS_BY: usize = 10_000;
/// Rooms with two idle sockets each.
const IDLE_ROOMS: usize = 500;
const LANES: usize = 8;
/// Sockets of one lane that are still open when the next one opens.
const LINGERING: usize = 32;
/// Messages whose latency is measured, unless a condition ends the measurement.
const PROBES: usize = 300;
/// Messages of the busy pair that are sent but not received at any time.
const ON_THEIR_WAY: usize = 16;
/// Messages that the busy pair sends in a room before it moves to a new one. A room holds 5,000.
const MESSAGES_PER_ROOM: usize = 4_000;

fn other_rooms_keep_working_while_thousands_of_sockets_come_and_go(world: &World) {
    let stack = world.own(&[]);
    let measure = |what, latencies| report(world, &stack, what, latencies);
    let mut others = talk(&stack);

    measure("alone", probe(&mut others, PROBES, || false));
    let idle: Vec<Talk> = in_lanes(|| (0..IDLE_ROOMS / LANES).map(|_| talk(&stack)).collect());
    measure("beside 1,000 idle sockets", probe(&mut others, PROBES, || false));
    measure(
        "while 10,000 sockets come and go, and a pair never stops",
        probe_beside_crowds(&stack, &mut others),
    );
    measure("after that", probe(&mut others, PROBES, || false));

    for mut talk in idle {
        assert_talks(&mut talk);
    }
    assert_talks(&mut talk(&stack));
}

/// Runs the same work in all lanes at once.
fn in_lanes<T: Send>(work: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(&work)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    })
}

fn assert_talks(Talk { at_ann, at_bob, .. }: &mut Talk) {
    let id = at_ann.send_message("still here");
    for socket in [at_ann, at_bob] {
        assert_eq!(socket.expect_message()["id"], id);
    }
}

/// Measures the latency of messages from one person to the other, in milliseconds.
#[allow(clippy::disallowed_methods, reason = "this runs on the host, where the clock works")]
fn probe(Talk { at_ann, at_bob, .. }: &mut Talk, most: usize, is_over: impl Fn() -> bool) -> Vec<f64> {
    let mut latencies = vec![];
    while latencies.len() < most && !is_over() {
        let (id, sent) = (at_ann.send_message("probe"), Instant::now());
        assert_eq!(at_bob.expect_message()["id"], id, "no message is lost");
        latencies.push(sent.elapsed().as_secs_f64() * 1_000.0);
        at_ann.expect_message();
    }
    latencies
}

fn probe_beside_crowds(stack: &Stack, others: &mut Talk) -> Vec<f64> {
    let passing = AtomicUsize::new(LANES);
    let is_over = || passing.load(Ordering::Relaxed) == 0;
    thread::scope(|scope| {
        scope.spawn(|| never_stop(stack, is_over));
        for _ in 0..LANES {
            scope.spawn(|| {
                pass_by(stack, PASSERS_BY / LANES);
                passing.fetch_sub(1, Ordering::Relaxed);
            });
        }
        probe(others, MESSAGES_PER_ROOM, is_over)
    })
}

/// A connection that is dropped later.
type PasserBy = Box<dyn Any>;

/// Opens and drops connections in four ways, none of them clean.
fn pass_by(stack: &Stack, times: usize) {
    let (ann, bob) = pair(stack);
    let mut lingering = VecDeque::new();
    for number in 0..times {
        let who = if number % 2 == 0 { &ann } else { &bob };
        lingering.push_back(match number % 4 {
            0 => connect(stack, ""),
            1 => connect(stack, &format!("GET {} HTTP/1.1\r\nUpgrade: webso", ann.path("realtime"))),
            2 => arrive(who),
            _ => half_close(who),
        });
        if lingering.len() > LINGERING {
            lingering.pop_front();
        }
    }
}

fn connect(stack: &Stack, words: &str) -> PasserBy {
    let mut stream = TcpStream::connect(stack.base_url().trim_start_matches("http://")).expect("it listens");
    stream.write_all(words.as_bytes()).expect("it listens");
    Box::new(stream)
}

/// Connects, even if the sockets before it are not closed yet: the oldest one is replaced.
fn arrive(who: &Participant) -> PasserBy {
    Box::new(who.connect())
}

fn half_close(who: &Participant) -> PasserBy {
    let mut socket = who.open();
    socket.stop_writing();
    Box::new(socket)
}

/// Sends as fast as the room accepts, in one room after the other.
fn never_stop(stack: &Stack, is_over: impl Fn() -> bool) {
    let mut sent = 0;
    while !is_over() {
        let Talk { ann, at_ann, at_bob, .. } = talk(stack);
        thread::scope(|scope| {
            scope.spawn(|| read_all(at_bob));
            sent += flood(at_ann, &is_over);
            ann.destroy();
        });
    }
    println!("the pair that never stops sent {sent} messages");
}

fn read_all(mut socket: Socket) {
    while !matches!(socket.event(), Event::Closed(_)) {}
}

fn flood(mut socket: Socket, is_over: impl Fn() -> bool) -> usize {
    let (mut sent, mut received) = (0, 0);
    while received < MESSAGES_PER_ROOM && !is_over() {
        while sent < received + ON_THEIR_WAY {
            socket.send_message("on and on");
            sent += 1;
        }
        socket.expect_message();
        received += 1;
    }
    received
}

fn report(world: &World, stack: &Stack, what: &str, mut latencies: Vec<f64>) {
    latencies.sort_by(f64::total_cmp);
    let percentile = |share: f64| latencies[(latencies.len() as f64 * share) as usize];
    println!(
        "{:8} another room {what}: {} messages, median {:.1} ms, p99 {:.1} ms; workerd {} MB",
        world.store.name(),
        latencies.len(),
        percentile(0.5),
        percentile(0.99),
        stack.worker().resident_bytes() / 1_000_000,
    );
}

/// More messages than all buckets of the default rate hold.
const FLOOD: usize = 1_000;

fn a_client_that_floods_is_refused_and_finally_closed(world: &World) {
    let stack = world.own(&[("MESSAGE_RATE_PER_SECOND", "10")]);
    let Talk { ann, mut at_ann, mut at_bob, .. } = talk(&stack);

    let sent = (0..FLOOD).take_while(|_| at_ann.try_send_message("on and on")).count();
    let (refused, code) = refusals_until_closed(&mut at_ann);

    // A message that was accepted before the end may be stored after it. Only the other person is sure to receive it.
    let delivered = ann.history();
    println!(
        "{} at full speed: {sent} sent, {} delivered, {refused} refused, {code}",
        world.store.name(),
        delivered.len()
    );
    assert_eq!(code, 4429);
    assert!(delivered.len() >= 20 && refused > 0, "twice the rate at once, and no more");
    for message in delivered {
        assert_eq!(at_bob.skip_to("message")["message"], message);
    }
    at_bob.send_message("I was not");
    at_bob.skip_to("message");
}

fn refusals_until_closed(socket: &mut Socket) -> (usize, u16) {
    let mut refused = 0;
    loop {
        match socket.event() {
            Event::Frame(frame) if frame["type"] == "message" => {}
            Event::Frame(frame) => {
                assert_eq!(frame["error"], "too-many-requests");
                refused += 1;
            }
            Event::Closed(code) => return (refused, code),
        }
    }
}
