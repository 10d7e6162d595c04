//! Many messages sent at once to a store that is far away.

use std::time::Duration;

use duet_test_support::upstash::Upstash;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    bench::Bench,
    failure::Outcome,
    report::Row,
    stats::{median, millis},
    store_cost,
    talk::{Pair, Place},
};

const MESSAGES: usize = 20;
const MOST_ROUND_TRIPS: f64 = 3.0;

/// Bursts to a store that is so far away.
pub struct Burst {
    distance: Duration,
    /// One REST request by itself.
    round_trip_ms: f64,
    /// Until the other side had all messages, and how many requests that took; a round each.
    rounds: Vec<(Duration, usize)>,
}

/// Sends bursts to a store at `distance`.
pub fn measure(bench: &Bench, distance: Duration) -> Outcome<Burst> {
    let round_trip_ms = store_cost::round_trip(bench, distance)?.p50_ms;
    let site = bench.upstash(distance)?;
    let mut rounds = vec![];
    for _ in 0..bench.plan.rounds {
        rounds.push(bench.run(send(site.duet(), site.stack.upstash()))?);
    }
    Ok(Burst { distance, round_trip_ms, rounds })
}

async fn send(place: Place, upstash: &Upstash) -> Outcome<(Duration, usize)> {
    let Pair { mut ann, mut bob } = place.pair().await?;
    let first = ann.say().await?;
    bob.hear(&first).await?;
    let mark = upstash.mark();
    let began = Instant::now();
    let mut ids = vec![];
    for _ in 0..MESSAGES {
        ids.push(ann.say().await?);
    }
    for id in ids {
        bob.hear(&id).await?;
    }
    Ok((began.elapsed(), upstash.requests_since(mark, &ann.room).len()))
}

impl Burst {
    fn took_ms(&self) -> f64 {
        median(self.rounds.iter().map(|(took, _)| millis(*took)))
    }

    fn round_trips(&self) -> f64 {
        self.took_ms() / self.round_trip_ms
    }

    fn requests(&self) -> f64 {
        median(self.rounds.iter().map(|(_, requests)| *requests as f64))
    }

    /// The line of the table.
    pub fn row(&self) -> Row {
        let (took_ms, round_trips, requests) = (self.took_ms(), self.round_trips(), self.requests());
        let said = format!("{round_trips:.2} round trips ({took_ms:.1} ms), {requests:.0} requests");
        let what = format!("burst of {MESSAGES}, {} ms away", self.distance.as_millis());
        Row::new(what, said)
            .target(format!("≤ {MOST_ROUND_TRIPS} round trips"), round_trips <= MOST_ROUND_TRIPS)
    }

    /// For programs.
    pub fn figures(&self) -> Value {
        json!({
            "distanceMs": millis(self.distance),
            "roundTripMs": self.round_trip_ms,
            "tookMs": self.took_ms(),
            "requests": self.requests(),
        })
    }
}
