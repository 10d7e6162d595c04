//! Every order of small scenarios, with a loss of memory at every point. `DUET_EXPLORE=large` explores more of them.
#![allow(clippy::panic, reason = "what fails here is a test, and has to say so at once")]

use std::io::Write;

use duet_simulation::exhaustive::{Bound, explore};

#[test]
fn every_invariant_holds_in_every_history_of_the_small_scenarios() {
    let is_large = std::env::var("DUET_EXPLORE").is_ok_and(|raw| raw == "large");

    let exploration = explore(if is_large { Bound::LARGE } else { Bound::SMALL });

    if let Some(counterexample) = exploration.counterexample {
        counterexample.trace.iter().for_each(|line| println!("{line}"));
        let violation = counterexample.violation;
        panic!(
            "`{}`, choices {:?}: invariant {}: {}",
            counterexample.scenario, counterexample.path, violation.invariant, violation.what
        );
    }
    // Bypasses the test runner's capture, so that every run shows the number.
    let _ = writeln!(std::io::stderr(), "{} histories of small scenarios", exploration.histories);
    assert!(exploration.histories > 5_000, "only {} histories", exploration.histories);
}
