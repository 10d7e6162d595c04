//! What two people feel of others, in other rooms of the same workerd: of those who are there and say nothing, of those who
//! come and go, and of a pair that never stops.

use std::{cell::Cell, time::Duration};

use serde_json::{Value, json};
use tokio::{join, task::JoinSet, time::Instant};

use crate::{
    bench::Bench,
    delivery::by_socket,
    failure::Outcome,
    http::Client,
    report::{Row, Section},
    stats::Spread,
    talk::{Kind, Pair, Place},
    throughput::keep_all_talking,
};

/// How many open and drop a socket at the same time, each in a room of its own.
const LANES: usize = 4;
/// What the two say in a room before they take another. It holds 5,000 messages.
const SAID_IN_A_ROOM: usize = 2_000;

/// A crowd: who they are, and what the two felt of them.
type Felt = (String, Spread);

/// Does the same to Duet and to the floor.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let (duet, floor) = (bench.start_embedded()?, bench.start_floor()?);
    let duet = bench.run(crowds(bench, duet.duet()))?;
    let floor = bench.run(crowds(bench, floor.place(Kind::Relay)))?;
    Ok(section(&duet, &floor))
}

async fn crowds(bench: &Bench, place: Place) -> Outcome<Vec<Felt>> {
    let plan = bench.plan;
    let alone = feel(&place, wait(plan.span)).await?;
    let idle = place.pairs(plan.idle_rooms).await?;
    let beside_idle = feel(&place, wait(plan.span)).await?;
    drop(idle);
    let passing = feel(&place, pass_by(place.clone(), plan.passers_by)).await?;
    let never_stopping = feel(&place, never_stop(place.clone(), Instant::now() + plan.span)).await?;
    Ok(vec![
        ("nobody else".to_owned(), alone),
        (format!("{} idle sockets in {} rooms", plan.idle_rooms * 2, plan.idle_rooms), beside_idle),
        (format!("{} sockets that open and drop, {LANES} at once", plan.passers_by), passing),
        ("a pair that never stops".to_owned(), never_stopping),
    ])
}

/// Takes the time of one message after the other until `crowd` is over.
async fn feel(place: &Place, crowd: impl Future<Output = Outcome<()>>) -> Outcome<Spread> {
    let is_over = Cell::new(false);
    let crowd = async {
        let ended = crowd.await;
        is_over.set(true);
        ended
    };
    let (times, ended) = join!(probe(place, &is_over), crowd);
    ended?;
    Ok(Spread::of(&times?))
}

async fn probe(place: &Place, is_over: &Cell<bool>) -> Outcome<Vec<Duration>> {
    let mut times = vec![];
    while !is_over.get() {
        let mut pair = place.pair().await?;
        for _ in 0..SAID_IN_A_ROOM {
            if is_over.get() {
                break;
            }
            times.push(by_socket(&mut pair).await?);
        }
    }
    Ok(times)
}

async fn wait(span: Duration) -> Outcome<()> {
    tokio::time::sleep(span).await;
    Ok(())
}

async fn pass_by(place: Place, times: usize) -> Outcome<()> {
    let mut lanes: JoinSet<_> = (0..LANES).map(|_| open_and_drop(place.clone(), times / LANES)).collect();
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    Ok(())
}

async fn open_and_drop(place: Place, times: usize) -> Outcome<()> {
    let mut client = Client::connect(&place.host).await?;
    let room = place.create(&mut client).await?;
    let token = place.join(&mut client, &room).await?;
    let mut opened = 0;
    for _ in 0..times {
        // Those before may not be gone yet, and a ninth is refused.
        opened += usize::from(place.enter(&room, &token).await.is_ok());
    }
    if opened * 2 < times { Err(format!("only {opened} of {times} sockets opened").into()) } else { Ok(()) }
}

async fn never_stop(place: Place, until: Instant) -> Outcome<()> {
    while Instant::now() < until {
        let Pair { ann, bob } = place.pair().await?;
        keep_all_talking(vec![ann, bob], until).await?;
    }
    Ok(())
}

fn section(duet: &[Felt], floor: &[Felt]) -> Section {
    let row = |((beside, duet), (_, floor)): (&Felt, &Felt)| {
        Row::new(format!("beside {beside}"), duet.said()).against(floor.said(), duet.p50_ms / floor.p50_ms)
    };
    Section {
        title: "Others: delivery in one room beside a crowd in others, p50 / p95 / p99".to_owned(),
        rows: duet.iter().zip(floor).map(row).collect(),
        notes: vec![
            "All rooms of a Worker are on one thread here, and the load is on another of the same machine."
                .to_owned(),
        ],
        figures: json!({ "duet": figures(duet), "floor": figures(floor) }),
    }
}

fn figures(felt: &[Felt]) -> Value {
    felt.iter().map(|(beside, spread)| json!({ "beside": beside, "delivery": spread.to_json() })).collect()
}
