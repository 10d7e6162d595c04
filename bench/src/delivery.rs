//! The time of a message from the sender to the receiver: one message at a time, in one room.

use crate::{
    report::{Row, Section},
    servers::{Servers, Setup},
    stats::Percentiles,
};

/// Messages before the measurement, because the first message of a room does more work than later ones.
const WARM_UP: usize = 20;
const MAX_OVER_FLOOR: f64 = 1.15;
const MAX_OVER_EMBEDDED: f64 = 1.25;

const SETUPS: [Setup; 7] = [
    Setup::Floor,
    Setup::IndexingFloor,
    Setup::CompleteFloor,
    Setup::Embedded,
    Setup::Upstash { distance_ms: 0 },
    Setup::Upstash { distance_ms: 10 },
    Setup::Upstash { distance_ms: 100 },
];

/// Measures all setups, which take turns.
pub fn measure(servers: &Servers) -> Section {
    let mut setups = SETUPS.map(|setup| (setup, vec![]));
    for _ in 0..servers.plan.rounds {
        for (setup, rounds) in &mut setups {
            let mut pair = setup.room_factory(servers).pair();
            pair.deliver_many(WARM_UP);
            rounds.push(Percentiles::of(&pair.deliver_many(servers.plan.messages)));
        }
    }
    let medians = setups.map(|(setup, rounds)| (setup, Percentiles::median(&rounds)));
    let plan = &servers.plan;
    Section {
        title: "Delivery, sender to receiver: p50 / p95 / p99",
        rows: medians.iter().map(|(setup, percentiles)| row(*setup, percentiles, &medians)).collect(),
        notes: vec![format!("Medians of {} rounds of {} messages.", plan.rounds, plan.messages)],
    }
}

fn row(setup: Setup, percentiles: &Percentiles, all: &[(Setup, Percentiles)]) -> Row {
    let of = |setup| all.iter().find(|(other, _)| *other == setup).expect("every setup is measured").1;
    let row = Row::new(setup.name(), percentiles.formatted());
    let over = |baseline: Setup| {
        let of_baseline = of(baseline);
        (format!("{}: {}", baseline.name(), of_baseline.formatted()), percentiles.p50_ms / of_baseline.p50_ms)
    };
    match setup {
        Setup::Floor => row,
        Setup::IndexingFloor | Setup::CompleteFloor => row.over(over(Setup::Floor)),
        Setup::Embedded => row.at_most(MAX_OVER_FLOOR, over(Setup::Floor)),
        Setup::Upstash { .. } => row.at_most(MAX_OVER_EMBEDDED, over(Setup::Embedded)),
    }
}
