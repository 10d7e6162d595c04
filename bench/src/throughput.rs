//! How many messages go through while everybody sends the next one as soon as the last one is confirmed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    bench::Bench,
    failure::Outcome,
    process::{cpu_time, thread_cpu_time},
    report::{Row, Section},
    site::Site,
    stats::{Spread, median},
    talk::{Kind, Person, Place},
};

const ROOMS: [usize; 3] = [1, 10, 50];
const ROUNDS: usize = 3;
/// What one of two people says in a room at the most. It holds 5,000 messages.
const SAID_BY_ONE: usize = 2_400;
const LEAST_OF_FLOOR: f64 = 0.7;

/// Which server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runner {
    Floor,
    StoringFloor,
    AskingFloor,
    Embedded,
    Upstash,
}

const RUNNERS: [Runner; 5] =
    [Runner::Floor, Runner::StoringFloor, Runner::AskingFloor, Runner::Embedded, Runner::Upstash];

impl Runner {
    fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::StoringFloor => "floor that writes a row",
            Self::AskingFloor => "floor that asks the store",
            Self::Embedded => "embedded",
            Self::Upstash => "Upstash, 0 ms away",
        }
    }

    fn site(self, bench: &Bench) -> Outcome<&Site> {
        match self {
            Self::Floor | Self::StoringFloor | Self::AskingFloor => bench.floor(),
            Self::Embedded => bench.embedded(),
            Self::Upstash => bench.upstash(Duration::ZERO),
        }
    }

    fn place(self, bench: &Bench) -> Outcome<Place> {
        let site = self.site(bench)?;
        Ok(match self {
            Self::Floor => site.place(Kind::Relay),
            Self::StoringFloor => site.place(Kind::StoringRelay),
            Self::AskingFloor => site.asking(bench.upstash(Duration::ZERO)?.stack.upstash()),
            Self::Embedded | Self::Upstash => site.duet(),
        })
    }
}

/// What one span showed. Shares are of one core.
#[derive(Clone, Copy)]
struct Run {
    per_second: f64,
    spread: Spread,
    load_share: f64,
    server_share: f64,
}

/// One server with so many rooms.
struct Cell {
    runner: Runner,
    rooms: usize,
    runs: Vec<Run>,
}

impl Cell {
    fn median(&self, figure: fn(&Run) -> f64) -> f64 {
        median(self.runs.iter().map(figure))
    }

    fn per_second(&self) -> f64 {
        self.median(|run| run.per_second)
    }

    fn said(&self) -> String {
        let p99_ms = self.median(|run| run.spread.p99_ms);
        let (load, server) = (self.median(|run| run.load_share), self.median(|run| run.server_share));
        let per_second = self.per_second();
        format!("{per_second:.0}/s, {p99_ms:.1} ms, {:.0} %, {:.0} %", server * 100.0, load * 100.0)
    }
}

/// Measures all cells; the servers take turns.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let mut cells = vec![];
    for rooms in ROOMS {
        let mut row: Vec<Cell> = RUNNERS.map(|runner| Cell { runner, rooms, runs: vec![] }).into();
        for _ in 0..ROUNDS.min(bench.plan.rounds) {
            for cell in &mut row {
                cell.runs.push(span(bench, cell.runner, rooms)?);
            }
        }
        cells.extend(row);
    }
    Ok(section(bench, &cells))
}

/// What was measured while people talked: how long, what they and the server took of a processor, and each confirmation.
#[derive(Default)]
struct Talk {
    took: Duration,
    load: Duration,
    server: Duration,
    times: Vec<Duration>,
}

/// A room holds a bounded number of messages. When the rooms are nearly full, the talk goes on in new ones, and the clock stands
/// still while they are made.
fn span(bench: &Bench, runner: Runner, rooms: usize) -> Outcome<Run> {
    let mut all = Talk::default();
    while all.took < bench.plan.span {
        let people = bench.run(gather(runner.place(bench)?, rooms))?;
        let part = talk(bench, runner.site(bench)?, people, bench.plan.span - all.took)?;
        all.took += part.took;
        all.load += part.load;
        all.server += part.server;
        all.times.extend(part.times);
    }
    let took = all.took.as_secs_f64();
    Ok(Run {
        per_second: all.times.len() as f64 / took,
        spread: Spread::of(&all.times),
        load_share: all.load.as_secs_f64() / took,
        server_share: all.server.as_secs_f64() / took,
    })
}

fn talk(bench: &Bench, site: &Site, people: Vec<Person>, at_most: Duration) -> Outcome<Talk> {
    let (server_before, load_before) = (cpu_time(site.workerd)?, thread_cpu_time()?);
    let began = Instant::now();
    let times = bench.run(keep_all_talking(people, began + at_most))?;
    Ok(Talk {
        took: began.elapsed(),
        load: thread_cpu_time()? - load_before,
        server: cpu_time(site.workerd)? - server_before,
        times,
    })
}

async fn gather(place: Place, rooms: usize) -> Outcome<Vec<Person>> {
    let mut people = vec![];
    for _ in 0..rooms {
        let mut pair = place.pair().await?;
        let id = pair.ann.say().await?;
        pair.bob.hear(&id).await?;
        people.extend([pair.ann, pair.bob]);
    }
    Ok(people)
}

/// Returns how long each confirmation took.
/// Lets everybody send the next message when the last is confirmed, until then or until rooms are nearly full. Returns how long
/// each confirmation took.
pub async fn keep_all_talking(people: Vec<Person>, until: Instant) -> Outcome<Vec<Duration>> {
    let mut talking: JoinSet<_> = people.into_iter().map(|person| keep_talking(person, until)).collect();
    let mut times = vec![];
    while let Some(ended) = talking.join_next().await {
        times.extend(ended??);
    }
    Ok(times)
}

async fn keep_talking(mut person: Person, until: Instant) -> Outcome<Vec<Duration>> {
    let mut times = vec![];
    while times.len() < SAID_BY_ONE {
        let sent = Instant::now();
        if sent >= until {
            break;
        }
        let id = person.say().await?;
        person.hear(&id).await?;
        times.push(sent.elapsed());
    }
    Ok(times)
}

fn section(bench: &Bench, cells: &[Cell]) -> Section {
    let seconds = bench.plan.span.as_secs();
    Section {
        title: "Throughput: confirmed messages, p99 of a confirmation, core of the server, core of the load"
            .to_owned(),
        rows: cells.iter().filter(|cell| cell.runner != Runner::Floor).map(|cell| row(cell, cells)).collect(),
        notes: vec![format!(
            "Medians of {} spans of {seconds} s; both people of each room have one message on its way. Server and load are one thread \
             each: a server near 100 % is the bottleneck, a load near 100 % would be.",
            ROUNDS.min(bench.plan.rounds)
        )],
        figures: json!(cells.iter().map(figures).collect::<Vec<_>>()),
    }
}

fn row(cell: &Cell, cells: &[Cell]) -> Row {
    let floor = cells.iter().find(|other| other.runner == Runner::Floor && other.rooms == cell.rooms);
    let (said, floor_per_second) = floor.map_or(("".into(), 0.0), |floor| (floor.said(), floor.per_second()));
    let ratio = cell.per_second() / floor_per_second;
    let plural = if cell.rooms == 1 { "" } else { "s" };
    let row = Row::new(format!("{}, {} room{plural}", cell.runner.name(), cell.rooms), cell.said());
    let row = row.against(said, ratio);
    match cell.runner {
        Runner::Embedded => row.target(format!("≥ {LEAST_OF_FLOOR} × floor"), ratio >= LEAST_OF_FLOOR),
        _ => row,
    }
}

fn figures(cell: &Cell) -> Value {
    let run = |run: &Run| {
        json!({
            "perSecond": run.per_second,
            "confirmation": run.spread.to_json(),
            "loadShareOfACore": run.load_share,
            "serverShareOfACore": run.server_share,
        })
    };
    let runs: Vec<Value> = cell.runs.iter().map(run).collect();
    json!({ "what": cell.runner.name(), "rooms": cell.rooms, "runs": runs })
}
