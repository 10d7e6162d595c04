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

use crate::world::{Conversation, World, conversation, pair};

cases![
    other_rooms_keep_working_while_thousands_of_sockets_come_and_go,
    a_client_that_floods_is_refused_and_finally_closed,
];

/// Sockets that open and close during the test.
const SHORT_LIVED_SOCKETS: usize = 10_000;
/// Rooms with two idle sockets each.
const IDLE_ROOMS: usize = 500;
const THREADS: usize = 8;
/// Sockets of one thread that are still open when the next one opens.
const HELD_CONNECTIONS: usize = 32;
/// Messages whose latency is measured, unless a condition ends the measurement.
const PROBES: usize = 300;
/// Messages of the busy pair that are sent but not received at any time.
const IN_FLIGHT: usize = 16;
/// Messages that the busy pair sends in a room before it moves to a new one. A room holds 5,000.
const MESSAGES_PER_ROOM: usize = 4_000;

fn other_rooms_keep_working_while_thousands_of_sockets_come_and_go(world: &World) {
    let stack = world.own(&[]);
    let measure = |what, latencies| report(world, &stack, what, latencies);
    let mut others = conversation(&stack);

    measure("alone", probe(&mut others, PROBES, || false));
    let idle: Vec<Conversation> =
        on_threads(|| (0..IDLE_ROOMS / THREADS).map(|_| conversation(&stack)).collect());
    measure("beside 1,000 idle sockets", probe(&mut others, PROBES, || false));
    measure(
        "while 10,000 sockets come and go, and a pair never stops",
        probe_under_load(&stack, &mut others),
    );
    measure("after that", probe(&mut others, PROBES, || false));

    for mut conversation in idle {
        assert_delivers(&mut conversation);
    }
    assert_delivers(&mut conversation(&stack));
}

/// Runs the same work on all threads at once.
fn on_threads<T: Send>(work: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS).map(|_| scope.spawn(&work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect()
    })
}

fn assert_delivers(Conversation { ann_socket, bob_socket, .. }: &mut Conversation) {
    let id = ann_socket.send_message("still here");
    for socket in [ann_socket, bob_socket] {
        assert_eq!(socket.expect_message()["id"], id);
    }
}

/// Measures the latency of messages from one person to the other, in milliseconds.
#[allow(clippy::disallowed_methods, reason = "this runs on the host, where the clock works")]
fn probe(
    Conversation { ann_socket, bob_socket, .. }: &mut Conversation,
    max: usize,
    is_over: impl Fn() -> bool,
) -> Vec<f64> {
    let mut latencies = vec![];
    while latencies.len() < max && !is_over() {
        let (id, sent) = (ann_socket.send_message("probe"), Instant::now());
        assert_eq!(bob_socket.expect_message()["id"], id, "no message is lost");
        latencies.push(sent.elapsed().as_secs_f64() * 1_000.0);
        ann_socket.expect_message();
    }
    latencies
}

fn probe_under_load(stack: &Stack, others: &mut Conversation) -> Vec<f64> {
    let running = AtomicUsize::new(THREADS);
    let is_over = || running.load(Ordering::Relaxed) == 0;
    thread::scope(|scope| {
        scope.spawn(|| send_continuously(stack, is_over));
        for _ in 0..THREADS {
            scope.spawn(|| {
                open_and_drop(stack, SHORT_LIVED_SOCKETS / THREADS);
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        probe(others, MESSAGES_PER_ROOM, is_over)
    })
}

/// A connection that is dropped later.
type HeldConnection = Box<dyn Any>;

/// Opens and drops connections in four ways, none of them clean.
fn open_and_drop(stack: &Stack, times: usize) {
    let (ann, bob) = pair(stack);
    let mut held = VecDeque::new();
    for number in 0..times {
        let who = if number % 2 == 0 { &ann } else { &bob };
        held.push_back(match number % 4 {
            0 => connect(stack, ""),
            1 => connect(stack, &format!("GET {} HTTP/1.1\r\nUpgrade: webso", ann.path("realtime"))),
            2 => connect_client(who),
            _ => half_close(who),
        });
        if held.len() > HELD_CONNECTIONS {
            held.pop_front();
        }
    }
}

fn connect(stack: &Stack, text: &str) -> HeldConnection {
    let mut stream = TcpStream::connect(stack.base_url().trim_start_matches("http://")).expect("it listens");
    stream.write_all(text.as_bytes()).expect("it listens");
    Box::new(stream)
}

/// Connects, even if the sockets before it are not closed yet: the oldest one is replaced.
fn connect_client(who: &Participant) -> HeldConnection {
    Box::new(who.connect())
}

fn half_close(who: &Participant) -> HeldConnection {
    let mut socket = who.open();
    socket.stop_writing();
    Box::new(socket)
}

/// Sends as fast as the room accepts, in one room after the other.
fn send_continuously(stack: &Stack, is_over: impl Fn() -> bool) {
    let mut sent = 0;
    while !is_over() {
        let Conversation { ann, ann_socket, bob_socket, .. } = conversation(stack);
        thread::scope(|scope| {
            scope.spawn(|| read_all(bob_socket));
            sent += flood(ann_socket, &is_over);
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
        while sent < received + IN_FLIGHT {
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
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = conversation(&stack);

    let sent = (0..FLOOD).take_while(|_| ann_socket.try_send_message("on and on")).count();
    let (refused, code) = refusals_until_closed(&mut ann_socket);

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
        assert_eq!(bob_socket.skip_to("message")["message"], message);
    }
    bob_socket.send_message("I was not");
    bob_socket.skip_to("message");
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
