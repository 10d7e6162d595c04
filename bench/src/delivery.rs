//! The time of a message from the sender to the receiver: one message at a time, in one room.

use crate::{
    report::{Row, Section},
    servers::{Lane, Servers},
    stats::Spread,
};

/// Messages before the measurement, because the first message of a room does more work than later ones.
const WARM_UP: usize = 20;
const MOST_OVER_FLOOR: f64 = 1.15;
const MOST_OVER_EMBEDDED: f64 = 1.25;

const LANES: [Lane; 6] = [
    Lane::Floor,
    Lane::IndexingFloor,
    Lane::Embedded,
    Lane::Upstash { distance_ms: 0 },
    Lane::Upstash { distance_ms: 10 },
    Lane::Upstash { distance_ms: 100 },
];

/// Measures all lanes, which take turns.
pub fn measure(servers: &Servers) -> Section {
    let mut lanes = LANES.map(|lane| (lane, vec![]));
    for _ in 0..servers.plan.rounds {
        for (lane, rounds) in &mut lanes {
            let mut pair = lane.place(servers).pair();
            pair.deliver_many(WARM_UP);
            rounds.push(Spread::of(&pair.deliver_many(servers.plan.messages)));
        }
    }
    let medians = lanes.map(|(lane, rounds)| (lane, Spread::median(&rounds)));
    let plan = &servers.plan;
    Section {
        title: "Delivery, sender to receiver: p50 / p95 / p99",
        rows: medians.iter().map(|(lane, spread)| row(*lane, spread, &medians)).collect(),
        notes: vec![format!("Medians of {} rounds of {} messages.", plan.rounds, plan.messages)],
    }
}

fn row(lane: Lane, spread: &Spread, all: &[(Lane, Spread)]) -> Row {
    let of = |lane| all.iter().find(|(other, _)| *other == lane).expect("every lane is measured").1;
    let row = Row::new(lane.name(), spread.said());
    let over = |baseline: Lane| {
        let of_baseline = of(baseline);
        (format!("{}: {}", baseline.name(), of_baseline.said()), spread.p50_ms / of_baseline.p50_ms)
    };
    match lane {
        Lane::Floor => row,
        Lane::IndexingFloor => row.over(over(Lane::Floor)),
        Lane::Embedded => row.at_most(MOST_OVER_FLOOR, over(Lane::Floor)),
        Lane::Upstash { .. } => row.at_most(MOST_OVER_EMBEDDED, over(Lane::Embedded)),
    }
}
