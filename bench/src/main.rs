//! `npm run bench`: measures Duet against the bare platform, side by side on one machine. See docs/benchmarks.md.
//!
//! All load comes from one thread with its own clock; the servers run under `wrangler dev`, each in its own processes.

mod bench;
mod burst;
mod conversation;
mod crowd;
mod delivery;
mod failure;
mod history;
mod http;
mod machine;
mod options;
mod pages;
mod plan;
mod process;
mod report;
mod site;
mod stats;
mod store_cost;
mod talk;
mod throughput;
mod worker;

use std::{env, process::ExitCode};

use bench::Bench;
use failure::Outcome;
use options::Options;
use report::{Report, Section};

/// Makes one of the measurements.
type Measure = fn(&Bench) -> Outcome<Section>;

/// What is measured, by the names that `--only` takes.
const SECTIONS: [(&str, Measure); 8] = [
    ("delivery", delivery::measure),
    ("throughput", throughput::measure),
    ("store", store_cost::measure),
    ("history", history::measure),
    ("pages", pages::measure),
    ("conversation", conversation::measure),
    ("crowd", crowd::measure),
    ("worker", worker::measure),
];

fn main() -> ExitCode {
    match Options::read(env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome<()> {
    let bench = Bench::new(options)?;
    let mut report = Report::new(options)?;
    let mut failures = vec![];
    for (name, measure) in SECTIONS.iter().filter(|(name, _)| options.wants(name)) {
        eprintln!("bench: {name} …");
        match measure(&bench) {
            Ok(section) => report.add(name, section),
            // The others are not worth less for it.
            Err(failure) => failures.push(format!("{name} could not be measured: {failure}")),
        }
    }
    print!("{}", if options.is_markdown { report.to_markdown() } else { report.to_text() });
    println!("All figures: {}", report.write()?.display());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ").into()) }
}
