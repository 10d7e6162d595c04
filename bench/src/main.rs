//! `npm run bench`: measures Duet against the bare platform, side by side on one machine. See docs/benchmarks.md.
//!
//! The servers run under `wrangler dev`, each in its own processes; the load comes from this process.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it runs on the host, and a measurement that fails has to say so at once"
)]

mod delivery;
mod idle;
mod options;
mod pages;
mod report;
mod rooms;
mod servers;
mod stats;
mod throughput;
mod worker;

use std::{env, process::ExitCode};

use options::Options;
use report::Section;
use servers::Servers;

/// Makes one of the measurements.
type Measure = fn(&Servers) -> Section;

/// The measurements, by the names that `--only` accepts.
const SECTIONS: [(&str, Measure); 6] = [
    ("delivery", delivery::measure),
    ("throughput", throughput::measure),
    ("idle", idle::measure),
    ("pages", pages::first_visit),
    ("conversation", pages::long_conversation),
    ("worker", worker::measure),
];

fn main() -> ExitCode {
    match Options::read(env::args().skip(1)) {
        Ok(options) => {
            run(&options);
            ExitCode::SUCCESS
        }
        Err(usage) => {
            eprintln!("bench: {usage}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) {
    let servers = Servers::new(options);
    let mut sections = vec![];
    for (name, measure) in SECTIONS.iter().filter(|(name, _)| options.includes(name)) {
        eprintln!("bench: {name} …");
        let section = measure(&servers);
        println!("{}", section.to_markdown());
        sections.push(section);
    }
    println!("All tables: {}", report::write(&sections, options.is_quick).display());
}
