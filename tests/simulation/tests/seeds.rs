//! Runs many worlds, each from its own seed.
//!
//! `DUET_SEED=7` runs one seed and prints its trace. `DUET_SEEDS=200000` runs that many instead of 2,000, and
//! `DUET_FIRST_SEED=2001` starts with another seed than 1.

#![allow(clippy::panic, reason = "what fails here is a test, and has to say so at once")]

use duet_simulation::{
    Failure, Report,
    auditor::RARE_STATES,
    run_seed,
    shrink::shrink,
    survey::{FIRST_SEED, survey},
};

const SEEDS: u64 = 2_000;
/// The most runs that shrinking a failure may take.
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
    let survey = survey(setting("DUET_FIRST_SEED").unwrap_or(FIRST_SEED), seeds);
    if let Some((seed, report)) = survey.first_failure {
        fail(seed, report);
    }
    assert_eq!(survey.not_deterministic, None, "a seed of which two runs differ");
    let never: Vec<&&str> =
        RARE_STATES.iter().filter(|state| !survey.rare_states.contains_key(**state)).collect();
    println!("runs of {seeds} that reached each rare state: {:#?}", survey.rare_states);
    assert!(seeds < SEEDS || never.is_empty(), "{seeds} seeds never reach: {never:?}");
}

/// Prints a failing seed, and the smallest run found that fails in the same way.
fn fail(seed: u64, report: Report) -> ! {
    let invariant = report.violation.as_ref().map_or(0, |violation| violation.invariant);
    let smaller = shrink(report.tape, invariant, SHRINKING_RUNS);
    println!("{}\n\nshrunk:", Failure { seed, report: run_seed(seed, true) });
    println!("{}", Failure { seed, report: smaller });
    panic!("seed {seed} violates invariant {invariant}")
}

fn replay(seed: u64) {
    let report = run_seed(seed, true);
    report.trace.iter().for_each(|line| println!("{line}"));
    let is_violated = report.violation.is_some();
    println!("{}", Failure { seed, report });
    assert!(!is_violated, "seed {seed} violates an invariant");
}
