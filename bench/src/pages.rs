//! What a first visit to the pages takes, as a Chromium sees it: `bench/pages.js` does the looking.

use std::process::Command;

use duet_test_support::root;
use serde_json::Value;

use crate::{
    bench::Bench,
    failure::Outcome,
    report::{Row, Section},
};

const MOST_TASK_MS: u64 = 50;

/// Visits lobby and room, each as a newcomer.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let site = bench.embedded()?;
    let output = Command::new("node")
        .arg(root().join("bench/pages.js"))
        .arg(format!("http://{}", site.host))
        .arg(bench.plan.visits.to_string())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let figures: Value = serde_json::from_slice(&output.stdout)?;
    let visits = figures.as_array().ok_or("no list of visits")?;
    Ok(Section {
        title: "Pages, first visit".to_owned(),
        rows: visits.iter().map(rows).collect::<Outcome<Vec<_>>>()?.concat(),
        notes: vec![
            "Compressed by `gzip -9`, file by file: `wrangler dev` itself does not compress, the platform does. Requests \
             include those to the API, not the socket. Times are medians."
                .to_owned(),
        ],
        figures,
    })
}

fn rows(visit: &Value) -> Outcome<Vec<Row>> {
    let page = visit.get("page").and_then(Value::as_str).ok_or("no page")?;
    let number = |key: &str| visit.get(key).and_then(Value::as_u64).ok_or(format!("no {key}"));
    let (compressed, limit) = (number("gzippedBytes")?, number("limitBytes")?);
    let (requests, of_api) = (number("requests")?, number("apiRequests")?);
    let (longest_ms, ready_ms) = (number("longestTaskMs")?, number("usableMs")?);
    let bytes =
        format!("{:.1} KB ({:.1} KB as they are)", kilobytes(compressed), kilobytes(number("bytes")?));
    let longest = match longest_ms {
        0 => format!("none over {MOST_TASK_MS} ms"),
        _ => format!("{longest_ms} ms"),
    };
    Ok(vec![
        Row::new(format!("{page}: bytes"), bytes)
            .target(format!("≤ {} KB", limit / 1000), compressed <= limit),
        Row::new(format!("{page}: requests"), format!("{requests}, {of_api} of them to the API")),
        Row::new(format!("{page}: longest task"), longest)
            .target(format!("≤ {MOST_TASK_MS} ms"), longest_ms <= MOST_TASK_MS),
        Row::new(
            format!("{page}: {}", visit.get("usable").and_then(Value::as_str).unwrap_or_default()),
            format!("{ready_ms} ms"),
        ),
    ])
}

fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1000.0
}
