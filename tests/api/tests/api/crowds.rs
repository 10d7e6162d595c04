//! Crowds: thousands of sockets that come and go, a thousand that say nothing, and a pair that never stops. Everybody else
//! talks on. Takes a minute or two on each store, so it runs only when asked, which `npm run abuse` does.

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

cases![while_crowds_come_and_go_the_others_talk_on, who_never_stops_is_refused_and_at_last_closed,];

/// Sockets that come and go.
const PASSERS_BY: usize = 10_000;
/// Rooms in which two sit and say nothing.
const IDLE_ROOMS: usize = 500;
const LANES: usize = 8;
/// Passers-by of one lane who are still there while the next one comes.
const LINGERING: usize = 32;
/// Messages whose time is taken, where nothing else says how many.
const PROBES: usize = 300;
/// Of the pair that never stops: what is sent and not yet heard.
const ON_THEIR_WAY: usize = 16;
/// What that pair says in a room before it takes another; a room holds 5,000.
const SAID_IN_A_ROOM: usize = 4_000;

fn while_crowds_come_and_go_the_others_talk_on(world: &World) {
    let stack = world.own(&[]);
    let say = |what, latencies| report(world, &stack, what, latencies);
    let mut others = talk(&stack);

    say("alone", probe(&mut others, PROBES, || false));
    let idle: Vec<Talk> = in_lanes(|| (0..IDLE_ROOMS / LANES).map(|_| talk(&stack)).collect());
    say("beside 1,000 idle sockets", probe(&mut others, PROBES, || false));
    say("while 10,000 sockets come and go, and a pair never stops", probe_beside_crowds(&stack, &mut others));
    say("after that", probe(&mut others, PROBES, || false));

    for mut talk in idle {
        assert_talks(&mut talk);
    }
    assert_talks(&mut talk(&stack));
}

/// Does the same in all lanes at once.
fn in_lanes<T: Send>(work: impl Fn() -> Vec<T> + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(&work)).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    })
}

fn assert_talks(Talk { at_ann, at_bob, .. }: &mut Talk) {
    let id = at_ann.say("still here");
    for socket in [at_ann, at_bob] {
        assert_eq!(socket.expect_message()["id"], id);
    }
}

/// Takes the time, in milliseconds, from a message's sending to its arrival at the other, again and again.
#[allow(clippy::disallowed_methods, reason = "this runs on the host, which has a clock")]
fn probe(Talk { at_ann, at_bob, .. }: &mut Talk, most: usize, is_over: impl Fn() -> bool) -> Vec<f64> {
    let mut latencies = vec![];
    while latencies.len() < most && !is_over() {
        let (id, sent) = (at_ann.say("probe"), Instant::now());
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
        probe(others, SAID_IN_A_ROOM, is_over)
    })
}

/// Whoever is there for a moment: a connection, to be dropped.
type PasserBy = Box<dyn Any>;

/// Comes and goes in four ways, none of them polite.
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

/// Is let in, even where those that went before are not gone yet: the oldest has to make room.
fn arrive(who: &Participant) -> PasserBy {
    Box::new(who.connect())
}

fn half_close(who: &Participant) -> PasserBy {
    let mut socket = who.open();
    socket.stop_writing();
    Box::new(socket)
}

/// Talks as fast as the room takes it, in one room after the other.
fn never_stop(stack: &Stack, is_over: impl Fn() -> bool) {
    let mut said = 0;
    while !is_over() {
        let Talk { ann, at_ann, at_bob, .. } = talk(stack);
        thread::scope(|scope| {
            scope.spawn(|| hear_all(at_bob));
            said += flood(at_ann, &is_over);
            ann.destroy();
        });
    }
    println!("the pair that never stops said {said} messages");
}

fn hear_all(mut socket: Socket) {
    while !matches!(socket.event(), Event::Closed(_)) {}
}

fn flood(mut socket: Socket, is_over: impl Fn() -> bool) -> usize {
    let (mut sent, mut heard) = (0, 0);
    while heard < SAID_IN_A_ROOM && !is_over() {
        while sent < heard + ON_THEIR_WAY {
            socket.say("on and on");
            sent += 1;
        }
        socket.expect_message();
        heard += 1;
    }
    heard
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
        stack.worker().resident_megabytes(),
    );
}

/// More than all buckets of the default rate hold.
const FLOOD: usize = 1_000;

fn who_never_stops_is_refused_and_at_last_closed(world: &World) {
    let stack = world.own(&[("MESSAGE_RATE_PER_SECOND", "10")]);
    let Talk { ann, mut at_ann, mut at_bob, .. } = talk(&stack);

    let sent = (0..FLOOD).take_while(|_| at_ann.try_say("on and on")).count();
    let (refused, code) = refusals_until_closed(&mut at_ann);

    // What was taken before the end may be stored after it: only the other is sure to be told.
    let told = ann.history();
    println!(
        "{} at full speed: {sent} sent, {} told, {refused} refused, {code}",
        world.store.name(),
        told.len()
    );
    assert_eq!(code, 4429);
    assert!(told.len() >= 20 && refused > 0, "twice the rate at once, and no more");
    for message in told {
        assert_eq!(at_bob.skip_to("message")["message"], message);
    }
    at_bob.say("I was not");
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
