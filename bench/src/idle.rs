//! The first message after a room hibernated, and the number of Redis commands for a conversation.

use std::{thread::sleep, time::Duration};

use duet_test_support::Stack;

use crate::{
    report::{Row, Section},
    rooms::{Pair, RoomFactory, RoomKind},
    servers::Servers,
    stats::Percentiles,
};

const SHORT_ROOM: usize = 50;
const LONG_ROOM: usize = 4_900;
/// Longer than the 10 s after which the platform hibernates an idle object.
const SLEEP: Duration = Duration::from_secs(14);
/// Longer than what a message causes after its delivery, such as its copy to Redis. Both rooms share one thread.
const SETTLE_TIME: Duration = Duration::from_millis(200);
const SPACING: Duration = Duration::from_secs(12);
const LIVELY_MESSAGES: usize = 500;
const ROUND_TRIP: Duration = Duration::from_millis(10);
const READS: [&str; 5] = ["LRANGE", "LLEN", "HGETALL", "HGET", "EXISTS"];
const MAX_GROWTH: f64 = 1.5;
const MAX_COMMANDS_LIVELY: f64 = 1.0;
const MAX_COMMANDS_SPACED: f64 = 1.3;

/// Measures Duet with Upstash, 10 ms away.
pub fn measure(servers: &Servers) -> Section {
    let server = servers.upstash(ROUND_TRIP);
    let mut rows = first_messages(server, servers.plan.rounds);
    let mut pair = RoomFactory::on(server, RoomKind::Duet).pair();
    pair.deliver();
    let lively = commands_each(server, &mut pair, LIVELY_MESSAGES, Duration::ZERO);
    let spaced = commands_each(server, &mut pair, servers.plan.spaced_messages, SPACING);
    rows.push(commands_row("Redis commands a message, lively", lively, MAX_COMMANDS_LIVELY));
    rows.push(commands_row("Redis commands a message, one every 12 s", spaced, MAX_COMMANDS_SPACED));
    Section {
        title: "Idle rooms, and Redis commands",
        rows,
        notes: vec![format!(
            "The first message after {} s without any, in {} rooms of each length: medians. The double of Upstash \
             counts the commands.",
            SLEEP.as_secs(),
            servers.plan.rounds
        )],
    }
}

fn first_messages(server: &Stack, rooms: usize) -> Vec<Row> {
    let mut long: Vec<Pair> = (0..rooms).map(|_| filled(server, LONG_ROOM)).collect();
    let mut short: Vec<Pair> = (0..rooms).map(|_| filled(server, SHORT_ROOM)).collect();
    // From now on all rooms are idle for the same time. Otherwise those that were filled last may still be awake.
    for pair in long.iter_mut().chain(&mut short) {
        pair.deliver();
    }
    sleep(SLEEP);
    let upstash = server.upstash();
    let start = upstash.log_position();
    let (mut long_times, mut short_times) = (vec![], vec![]);
    for (long, short) in long.iter_mut().zip(&mut short) {
        for (pair, times) in [(short, &mut short_times), (long, &mut long_times)] {
            times.push(pair.deliver());
            sleep(SETTLE_TIME);
        }
    }
    let requests = upstash.all_requests_since(start);
    let reads =
        requests.iter().flat_map(|request| request.verbs()).filter(|verb| READS.contains(verb)).count();
    let (of_long, of_short) = (Percentiles::of(&long_times), Percentiles::of(&short_times));
    let baseline = format!("room of {SHORT_ROOM}: {}", of_short.formatted());
    let first = Row::new(format!("first message after a sleep, room of {LONG_ROOM}"), of_long.formatted());
    vec![
        first.at_most(MAX_GROWTH, (baseline, of_long.p50_ms / of_short.p50_ms)),
        Row::new("reads from Redis for it", reads.to_string()).target("0", reads == 0),
    ]
}

fn filled(server: &Stack, messages: usize) -> Pair {
    let mut pair = RoomFactory::on(server, RoomKind::Duet).pair();
    pair.deliver_many(messages);
    pair
}

/// Redis commands for each message, with a pause after each.
fn commands_each(server: &Stack, pair: &mut Pair, messages: usize, pause: Duration) -> f64 {
    let start = server.upstash().log_position();
    for _ in 0..messages {
        pair.deliver();
        sleep(pause);
    }
    // Waits until the last message has reached Redis.
    sleep(ROUND_TRIP * 20);
    let requests = server.upstash().requests_since(start, &pair.ann.seat.room);
    let commands: usize = requests.iter().map(|request| request.commands.len()).sum();
    commands as f64 / messages as f64
}

fn commands_row(what: &'static str, each: f64, max: f64) -> Row {
    Row::new(what, format!("{each:.2}")).target(format!("≤ {max}"), each <= max)
}
