//! The number of messages a second when everybody sends the next message as soon as the last one is confirmed.

use std::time::{Duration, Instant};

use crate::{
    report::{Row, Section},
    rooms::{Pair, Person, on_threads},
    servers::{Servers, Setup},
    stats::median,
};

const ROOMS: [usize; 3] = [1, 10, 50];
const ROUNDS: usize = 3;
/// The most that each person sends in a room. It holds 5,000 messages.
const MAX_MESSAGES_EACH: usize = 2_400;
const MIN_OVER_FLOOR: f64 = 0.85;
const MIN_OVER_EMBEDDED: f64 = 0.8;

const SETUPS: [Setup; 5] = [
    Setup::Floor,
    Setup::IndexingFloor,
    Setup::CompleteFloor,
    Setup::Embedded,
    Setup::Upstash { distance_ms: 0 },
];

/// One server with a number of rooms.
struct Cell {
    setup: Setup,
    rooms: usize,
    /// Confirmed messages a second, a figure for each round.
    rounds: Vec<f64>,
}

impl Cell {
    fn per_second(&self) -> f64 {
        median(self.rounds.iter().copied())
    }

    fn formatted(&self) -> String {
        format!("{:.0}/s", self.per_second())
    }
}

/// Measures all cells; the servers take turns.
pub fn measure(servers: &Servers) -> Section {
    let rounds = ROUNDS.min(servers.plan.rounds);
    let mut rows = vec![];
    for rooms in ROOMS {
        let mut cells = SETUPS.map(|setup| Cell { setup, rooms, rounds: vec![] });
        for _ in 0..rounds {
            for cell in &mut cells {
                cell.rounds.push(messages_per_second(servers, cell.setup, rooms));
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
fn messages_per_second(servers: &Servers, setup: Setup, rooms: usize) -> f64 {
    let room_factory = setup.room_factory(servers);
    let (mut took, mut messages) = (Duration::ZERO, 0);
    while took < servers.plan.span {
        let people = people_in((0..rooms).map(|_| room_factory.pair()).collect());
        let began = Instant::now();
        let until = began + (servers.plan.span - took);
        let confirmed = on_threads(people, |person| person.send_until(until, MAX_MESSAGES_EACH).len());
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
    let row = Row::new(format!("{}, {} room{plural}", cell.setup.name(), cell.rooms), cell.formatted());
    let over = |setup: Setup| {
        let baseline = cells.iter().find(|other| other.setup == setup).expect("every server is measured");
        (format!("{}: {}", setup.name(), baseline.formatted()), cell.per_second() / baseline.per_second())
    };
    match cell.setup {
        Setup::Floor => row,
        Setup::IndexingFloor | Setup::CompleteFloor => row.over(over(Setup::Floor)),
        Setup::Embedded => row.at_least(MIN_OVER_FLOOR, over(Setup::Floor)),
        Setup::Upstash { .. } => row.at_least(MIN_OVER_EMBEDDED, over(Setup::Embedded)),
    }
}
