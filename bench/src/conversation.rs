//! What a message takes between two pages, in a short and in a long conversation: `bench/conversation.js` does the talking.

use std::process::Command;

use duet_test_support::root;
use serde_json::Value;

use crate::{
    bench::Bench,
    failure::Outcome,
    report::{Row, Section},
};

/// A little less than a room takes.
const MESSAGES: u64 = 4900;
const MOST_GROWTH: f64 = 1.3;
const MOST_TASK_MS: f64 = 50.0;
const MOST_RELOAD_MS: f64 = 1000.0;

/// Two people in Chromium talk, before and after a program has filled the room.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let site = bench.embedded()?;
    let output = Command::new("node")
        .arg(root().join("bench/conversation.js"))
        .arg(format!("http://{}", site.host))
        .arg(MESSAGES.to_string())
        .arg((10 * bench.plan.rounds).to_string())
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let figures: Value = serde_json::from_slice(&output.stdout)?;
    Ok(Section {
        title: "Pages, a long conversation".to_owned(),
        rows: rows(&figures)?,
        notes: vec![
            "From Enter in one page until the message is drawn in the other; medians. Both pages are in one Chromium \
             on this machine."
                .to_owned(),
        ],
        figures,
    })
}

fn rows(figures: &Value) -> Outcome<Vec<Row>> {
    let number = |path: &str| figures.pointer(path).and_then(Value::as_f64).ok_or(format!("no {path}"));
    let (short_ms, long_ms) = (number("/short/p50Ms")?, number("/long/p50Ms")?);
    let (task_ms, reload_ms) = (number("/long/longestTaskMs")?, number("/reloadMs")?);
    Ok(vec![
        Row::new("Enter to drawn, 20 messages", format!("{short_ms:.1} ms")),
        Row::new(format!("Enter to drawn, {MESSAGES} messages"), format!("{long_ms:.1} ms"))
            .target(format!("≤ {MOST_GROWTH} × that"), long_ms <= MOST_GROWTH * short_ms),
        Row::new("longest task while messages arrive", format!("{task_ms:.0} ms, 0 if none is over 50"))
            .target(format!("≤ {MOST_TASK_MS} ms"), task_ms <= MOST_TASK_MS),
        Row::new(format!("reload with {MESSAGES} messages, newest drawn"), format!("{reload_ms:.0} ms"))
            .target(format!("≤ {MOST_RELOAD_MS} ms"), reload_ms <= MOST_RELOAD_MS),
        Row::new("messages in the page at once", format!("{:.0}", number("/elements")?)),
    ])
}
