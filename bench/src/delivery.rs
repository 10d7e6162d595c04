//! How long a message takes from the sender to the receiver, one after the other in one room.

use std::time::Duration;

use duet_test_support::message_id;
use serde_json::{Value, json};
use tokio::{time::Instant, try_join};

use crate::{
    bench::Bench,
    failure::Outcome,
    http::Client,
    report::{Row, Section},
    stats::Spread,
    store_cost,
    talk::{Kind, Pair, Place},
};

/// Messages before it counts: a room's first one does more than the others.
const WARM_UP: usize = 20;
const FAR: Duration = Duration::from_millis(10);

/// What may be added to the platform's own time.
const MOST_OF_FLOOR: f64 = 1.3;
const MOST_OF_FLOOR_WITH_UPSTASH: f64 = 1.5;

/// How a message is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Socket,
    Post,
}

/// A kind of delivery.
struct Lane {
    what: &'static str,
    kind: Kind,
    way: Way,
    /// Where Upstash is the store: how far away it is.
    round_trip: Option<Duration>,
    rounds: Vec<Spread>,
}

impl Lane {
    fn floor(what: &'static str, kind: Kind, way: Way) -> Self {
        Self { what, kind, way, round_trip: None, rounds: vec![] }
    }

    fn asking_floor(what: &'static str, round_trip: Duration) -> Self {
        let round_trip = Some(round_trip);
        Self { what, kind: Kind::AskingRelay, way: Way::Socket, round_trip, rounds: vec![] }
    }

    fn duet(what: &'static str, way: Way, round_trip: Option<Duration>) -> Self {
        Self { what, kind: Kind::Duet, way, round_trip, rounds: vec![] }
    }

    fn place(&self, bench: &Bench) -> Outcome<Place> {
        Ok(match (self.kind, self.round_trip) {
            (Kind::Duet, None) => bench.embedded()?.duet(),
            (Kind::Duet, Some(round_trip)) => bench.upstash(round_trip)?.duet(),
            (_, Some(round_trip)) => bench.floor()?.asking(bench.upstash(round_trip)?.stack.upstash()),
            (kind, _) => bench.floor()?.place(kind),
        })
    }

    fn messages(&self, bench: &Bench) -> usize {
        let is_slow = self.round_trip.is_some_and(|round_trip| !round_trip.is_zero());
        if is_slow { bench.plan.slow_messages } else { bench.plan.messages }
    }

    fn spread(&self) -> Spread {
        Spread::median(&self.rounds)
    }
}

fn lanes() -> Vec<Lane> {
    use Way::{Post, Socket};
    vec![
        Lane::floor("floor", Kind::Relay, Socket),
        Lane::floor("floor by POST", Kind::Relay, Post),
        Lane::floor("floor that writes a row", Kind::StoringRelay, Socket),
        Lane::asking_floor("floor that asks the store, 0 ms away", Duration::ZERO),
        Lane::asking_floor("floor that asks the store, 10 ms away", FAR),
        Lane::duet("embedded", Socket, None),
        Lane::duet("embedded by POST", Post, None),
        Lane::duet("Upstash, 0 ms away", Socket, Some(Duration::ZERO)),
        Lane::duet("Upstash, 0 ms away, by POST", Post, Some(Duration::ZERO)),
        Lane::duet("Upstash, 10 ms away", Socket, Some(FAR)),
    ]
}

/// Measures all lanes, which take turns.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let mut lanes = lanes();
    for _ in 0..bench.plan.rounds {
        for lane in &mut lanes {
            let (place, way, messages) = (lane.place(bench)?, lane.way, lane.messages(bench));
            lane.rounds.push(bench.run(round(place, way, messages))?);
        }
    }
    let near = store_cost::round_trip(bench, Duration::ZERO)?.p50_ms;
    let far = store_cost::round_trip(bench, FAR)?.p50_ms;
    Ok(section(bench, &lanes, near, far))
}

async fn round(place: Place, way: Way, messages: usize) -> Outcome<Spread> {
    let mut pair = place.pair().await?;
    let mut client = Client::connect(&place.host).await?;
    let mut times = Vec::with_capacity(messages);
    for _ in 0..WARM_UP + messages {
        times.push(match way {
            Way::Socket => by_socket(&mut pair).await?,
            Way::Post => by_post(&mut pair, &mut client).await?,
        });
    }
    Ok(Spread::of(times.get(WARM_UP..).unwrap_or_default()))
}

/// Says one message, and returns how long it was on its way to the other.
pub async fn by_socket(Pair { ann, bob }: &mut Pair) -> Outcome<Duration> {
    let sent = Instant::now();
    let id = ann.say().await?;
    bob.hear(&id).await?;
    let took = sent.elapsed();
    ann.hear(&id).await?;
    Ok(took)
}

async fn by_post(Pair { ann, bob }: &mut Pair, client: &mut Client) -> Outcome<Duration> {
    let id = message_id();
    let sent = Instant::now();
    let heard = async {
        bob.hear(&id).await?;
        Ok(sent.elapsed())
    };
    let (answer, took) = try_join!(ann.post(client, &id), heard)?;
    match answer.status {
        200..300 => ann.hear(&id).await.map(|_| took),
        _ => Err(format!("refused: {answer:?}").into()),
    }
}

fn section(bench: &Bench, lanes: &[Lane], near_ms: f64, far_ms: f64) -> Section {
    let floor_of = |way| lanes.iter().find(|lane| lane.kind == Kind::Relay && lane.way == way);
    let floor_by = |way| floor_of(way).map(Lane::spread).unwrap_or(Spread::of(&[]));
    let row = |lane: &Lane| {
        let (spread, floor) = (lane.spread(), floor_by(lane.way));
        let row = Row::new(lane.what, spread.said()).against(floor.said(), spread.p50_ms / floor.p50_ms);
        match target(lane, floor.p50_ms, near_ms, far_ms) {
            Some((said, most_ms)) => row.target(said, spread.p50_ms <= most_ms),
            None => row,
        }
    };
    let measured = lanes.iter().filter(|lane| lane.kind != Kind::Relay);
    Section {
        title: "Delivery, sender to receiver: p50 / p95 / p99".to_owned(),
        rows: measured.map(row).collect(),
        notes: vec![
            format!(
                "Medians of {} rounds of {} messages ({} at 10 ms).",
                bench.plan.rounds, bench.plan.messages, bench.plan.slow_messages
            ),
            format!(
                "One REST request to the Upstash double by itself takes {near_ms:.2} ms, and {far_ms:.2} ms at 10 ms: that is the RTT of the targets."
            ),
        ],
        figures: figures(lanes, near_ms, far_ms),
    }
}

fn target(lane: &Lane, floor_ms: f64, near_ms: f64, far_ms: f64) -> Option<(String, f64)> {
    match (lane.kind, lane.way, lane.round_trip) {
        (Kind::Duet, Way::Socket, None) => {
            Some((format!("p50 ≤ {MOST_OF_FLOOR} × floor"), MOST_OF_FLOOR * floor_ms))
        }
        (Kind::Duet, Way::Socket, Some(round_trip)) => {
            let rtt_ms = if round_trip.is_zero() { near_ms } else { far_ms };
            let most_ms = rtt_ms + MOST_OF_FLOOR_WITH_UPSTASH * floor_ms;
            let said = format!("p50 ≤ RTT + {MOST_OF_FLOOR_WITH_UPSTASH} × floor = {most_ms:.2} ms");
            Some((said, most_ms))
        }
        _ => None,
    }
}

fn figures(lanes: &[Lane], near_ms: f64, far_ms: f64) -> Value {
    let lanes = lanes.iter().map(|lane| {
        let rounds: Vec<Value> = lane.rounds.iter().map(|round| round.to_json()).collect();
        json!({ "what": lane.what, "median": lane.spread().to_json(), "rounds": rounds })
    });
    json!({ "lanes": lanes.collect::<Vec<_>>(), "restRoundTripMs": { "near": near_ms, "at10Ms": far_ms } })
}
