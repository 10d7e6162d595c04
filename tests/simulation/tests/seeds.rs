//! Many worlds, each from a seed.
//!
//! `DUET_SEED=7` runs one and prints what happened; `DUET_SEEDS=200000` runs so many in place of 2,000.

#![allow(clippy::panic, reason = "what fails here is a test, and has to say so at once")]

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use duet_simulation::{Failure, run_seed, shrink::shrink};

/// The first seed. A seed means something at its commit only.
const FIRST_SEED: u64 = 1;
const SEEDS: u64 = 2_000;
/// Runs that shrinking a failure may take.
const SHRINKING_RUNS: usize = 1_500;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|raw| raw.parse().ok())
}

#[test]
fn every_invariant_holds_in_every_world() {
    if let Some(seed) = setting("DUET_SEED") {
        return replay(seed);
    }
    let seeds = setting("DUET_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(FIRST_SEED);
    let failed = Mutex::new(None);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= FIRST_SEED + seeds || failed.lock().unwrap().is_some() {
                        break;
                    }
                    if fails(seed) {
                        failed.lock().unwrap().get_or_insert(seed);
                    }
                }
            });
        }
    });
    if let Some(seed) = failed.into_inner().unwrap() {
        report(seed);
    }
}

/// Every twentieth seed runs twice: two runs of a seed must not differ.
fn fails(seed: u64) -> bool {
    let twice = seed.is_multiple_of(20);
    let report = run_seed(seed, twice);
    if twice {
        let again = run_seed(seed, true);
        assert_eq!(
            (report.digest, &report.trace),
            (again.digest, &again.trace),
            "seed {seed} is not deterministic"
        );
    }
    report.violation.is_some()
}

/// Prints a failing seed, and the smallest run found that fails in the same way.
fn report(seed: u64) {
    let report = run_seed(seed, true);
    let invariant = report.violation.as_ref().map_or(0, |violation| violation.invariant);
    let tape = report.tape.clone();
    let failure = Failure { seed, report };
    println!("{failure}\n\nmade smaller:");
    let smaller = shrink(tape, invariant, SHRINKING_RUNS);
    println!("{}", Failure { seed, report: smaller });
    panic!("seed {seed} violates invariant {invariant}")
}

fn replay(seed: u64) {
    let report = run_seed(seed, true);
    report.trace.iter().for_each(|line| println!("{line}"));
    println!("{}", Failure { seed, report });
}
