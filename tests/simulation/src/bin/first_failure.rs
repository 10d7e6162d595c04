//! Prints the first failure, for `tests/defects.rs`, which runs this program on a product with a deliberate defect. It
//! prints one line for the seeds and one for the small scenarios, each with the seed or the scenario, the invariant and
//! what was observed.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use duet_simulation::{
    Violation,
    exhaustive::{Bound, explore},
    survey::{FIRST_SEED, survey},
};

const SEEDS: u64 = 2_000;

fn main() {
    // A panic in the product counts as a violation.
    std::panic::set_hook(Box::new(|_| {}));
    let found = survey(FIRST_SEED, SEEDS);
    if let Some((seed, report)) = found.first_failure {
        print("seed", &seed.to_string(), report.violation.as_ref());
    } else if let Some(seed) = found.not_deterministic {
        print("seed", &seed.to_string(), Some(&Violation::new(0, "two runs differ")));
    }
    if std::env::args().any(|word| word == "--only-seeds") {
        return;
    }
    if let Some(counterexample) = explore(Bound::SMALL).counterexample {
        print("scenario", counterexample.scenario, Some(&counterexample.violation));
    }
}

fn print(kind: &str, id: &str, violation: Option<&Violation>) {
    let (invariant, what) = violation.map_or((0, ""), |violation| (violation.invariant, &violation.what));
    println!("{kind}\t{id}\t{invariant}\t{}", what.replace(['\n', '\t'], " "));
}
