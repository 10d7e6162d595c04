//! The number of messages a second when everybody sends the next message as soon as the last one is confirmed.

use std::time::{Duration, Instant};

use crate::{
    report::{Row, Section},
    servers::{Lane, Servers},
    stats::median,
    talk::{Pair, Person, on_threads},
};

const ROOMS: [usize; 3] = [1, 10, 50];
const ROUNDS: usize = 3;
/// The most that each person sends in a room. It holds 5,000 messages.
const MOST_EACH: usize = 2_400;
const LEAST_OVER_FLOOR: f64 = 0.85;
const LEAST_OVER_EMBEDDED: f64 = 0.8;

const LANES: [Lane; 4] = [Lane::Floor, Lane::IndexingFloor, Lane::Embedded, Lane::Upstash { distance_ms: 0 }];

/// One server with a number of rooms.
struct Cell {
    lane: Lane,
    rooms: usize,
    /// Confirmed messages a second, a figure for each round.
    rounds: Vec<f64>,
}

impl Cell {
    fn per_second(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    fn said(&self) -> String {
        format!("{:.0}/s", self.per_second())
    }
}

/// Measures all cells; the servers take turns.
pub fn measure(servers: &Servers) -> Section {
    let rounds = ROUNDS.min(servers.plan.rounds);
    let mut rows = vec![];
    for rooms in ROOMS {
        let mut cells = LANES.map(|lane| Cell { lane, rooms, rounds: vec![] });
        for _ in 0..rounds {
            for cell in &mut cells {
                cell.rounds.push(messages_per_second(servers, cell.lane, rooms));
            }
        }
        rows.extend(cells.iter().map(|cell| row(cell, &cells)));
    }
    Section {
        title: "Throughput: confirmed messages",
        rows,
        notes: vec![format!(
            "Medians of {rounds} spans of {} s. Both people of each room have one message on its way. All rooms of a \
             server share one thread.",
            servers.plan.span.as_secs()
        )],
    }
}

/// A room holds a limited number of messages. When the rooms are nearly full, the conversation continues in new ones.
/// The time to create them does not count.
fn messages_per_second(servers: &Servers, lane: Lane, rooms: usize) -> f64 {
    let place = lane.place(servers);
    let (mut took, mut messages) = (Duration::ZERO, 0);
    while took < servers.plan.span {
        let people = people_in((0..rooms).map(|_| place.pair()).collect());
        let began = Instant::now();
        let until = began + (servers.plan.span - took);
        let confirmed = on_threads(people, |person| person.keep_talking(until, MOST_EACH).len());
        took += began.elapsed();
        messages += confirmed.iter().sum::<usize>();
    }
    messages as f64 / took.as_secs_f64()
}

/// Sends the first message of each room before the measurement, because it does more work than later ones.
fn people_in(mut pairs: Vec<Pair>) -> Vec<Person> {
    for pair in &mut pairs {
        pair.deliver();
    }
    pairs.into_iter().flat_map(|Pair { ann, bob }| [ann, bob]).collect()
}

fn row(cell: &Cell, cells: &[Cell]) -> Row {
    let plural = if cell.rooms == 1 { "" } else { "s" };
    let row = Row::new(format!("{}, {} room{plural}", cell.lane.name(), cell.rooms), cell.said());
    let over = |lane: Lane| {
        let baseline = cells.iter().find(|other| other.lane == lane).expect("every server is measured");
        (format!("{}: {}", lane.name(), baseline.said()), cell.per_second() / baseline.per_second())
    };
    match cell.lane {
        Lane::Floor => row,
        Lane::IndexingFloor => row.over(over(Lane::Floor)),
        Lane::Embedded => row.at_least(LEAST_OVER_FLOOR, over(Lane::Floor)),
        Lane::Upstash { .. } => row.at_least(LEAST_OVER_EMBEDDED, over(Lane::Embedded)),
    }
}
