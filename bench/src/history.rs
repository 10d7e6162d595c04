//! What a long conversation costs: bytes for each next message, and the time to come back to it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    bench::Bench,
    failure::Outcome,
    http::Client,
    report::{Row, Section},
    stats::Spread,
    talk::{Pair, Person, Place},
};

const MESSAGES: usize = 1000;
/// The messages that are weighed, by their places.
const WEIGHED: [usize; 3] = [1, 100, MESSAGES];
/// As the pages ask for them.
const PAGE_MESSAGES: u64 = 500;
const FAR: Duration = Duration::from_millis(10);

/// Fills a room on each store, weighs what arrives, and opens it.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let embedded = bench.embedded()?.duet();
    let (mut pair, weights) = bench.run(fill(&embedded))?;
    let mut openings = vec![("embedded", bench.run(open_often(&embedded, &pair.ann, bench.plan.openings))?)];
    let upstash = bench.upstash(Duration::ZERO)?.duet();
    (pair, _) = bench.run(fill(&upstash))?;
    for (what, distance) in [("Upstash, 0 ms away", Duration::ZERO), ("Upstash, 10 ms away", FAR)] {
        bench.upstash(distance)?;
        openings.push((what, bench.run(open_often(&upstash, &pair.ann, bench.plan.openings))?));
    }
    Ok(section(bench, &weights, &openings))
}

/// Returns the bytes of each weighed frame, but for the digits of its number.
async fn fill(place: &Place) -> Outcome<(Pair, Vec<usize>)> {
    let mut pair = place.pair().await?;
    let mut weights = vec![];
    for number in 1..=MESSAGES {
        let id = pair.ann.say().await?;
        let frame = pair.bob.hear(&id).await?;
        pair.ann.hear(&id).await?;
        if WEIGHED.contains(&number) {
            weights.push(frame.len() - number.to_string().len());
        }
    }
    Ok((pair, weights))
}

async fn open_often(place: &Place, ann: &Person, times: usize) -> Outcome<Spread> {
    let mut took = vec![];
    for _ in 0..times {
        let mut client = Client::connect(&place.host).await?;
        let began = Instant::now();
        let again = place.enter(&ann.room, &ann.token).await?;
        read_all(&mut client, ann).await?;
        took.push(began.elapsed());
        again.leave().await?;
    }
    Ok(Spread::of(&took))
}

async fn read_all(client: &mut Client, ann: &Person) -> Outcome<()> {
    let (mut after, mut last_seq) = (0, 1);
    while after < last_seq {
        let path = format!("/api/messages?roomId={}&after={after}&limit={PAGE_MESSAGES}", ann.room);
        let page = client.get(&path, Some(&ann.token)).await?.json()?;
        last_seq = page.get("lastSeq").and_then(Value::as_u64).ok_or("no lastSeq")?;
        after += PAGE_MESSAGES;
    }
    Ok(())
}

fn section(bench: &Bench, weights: &[usize], openings: &[(&str, Spread)]) -> Section {
    let said: Vec<String> = weights.iter().map(usize::to_string).collect();
    let is_constant = weights.windows(2).all(|pair| pair.first() == pair.last());
    let bytes = Row::new("bytes of message 1, 100, 1,000 to a receiver", said.join(", "));
    let opening = |(what, spread): &(&str, Spread)| {
        Row::new(format!("open a room of {MESSAGES} messages, {what}"), spread.said())
    };
    let figure = |(what, spread): &(&str, Spread)| json!({ "what": what, "took": spread.to_json() });
    Section {
        title: "History".to_owned(),
        rows: std::iter::once(bytes.target("constant", is_constant))
            .chain(openings.iter().map(opening))
            .collect(),
        notes: vec![
            "Bytes are those of the frame's text, without the digits of the message's own number.".to_owned(),
            format!(
                "To open: handshake, `ready`, and pages of {PAGE_MESSAGES} to the last; p50 / p95 / p99 of {} times, the room awake.",
                bench.plan.openings
            ),
        ],
        figures: json!({ "frameBytes": weights, "openings": openings.iter().map(figure).collect::<Vec<_>>() }),
    }
}
