//! Every order of small scenarios, with a loss of memory at every point. `DUET_WAYS=large` tries more of them.
#![allow(clippy::panic, reason = "what fails here is a test, and has to say so at once")]

use std::io::Write;

use duet_simulation::every_way::{Bound, explore};

#[test]
fn every_invariant_holds_in_every_history_of_the_small_scenarios() {
    let is_large = std::env::var("DUET_WAYS").is_ok_and(|raw| raw == "large");

    let explored = explore(if is_large { Bound::LARGE } else { Bound::SMALL });

    if let Some(broken) = explored.broken {
        broken.trace.iter().for_each(|line| println!("{line}"));
        let violation = broken.violation;
        panic!(
            "`{}`, choices {:?}: invariant {}: {}",
            broken.scenario, broken.path, violation.invariant, violation.what
        );
    }
    // Bypasses the test runner's capture, so that every run shows the number.
    let _ = writeln!(std::io::stderr(), "{} histories of small scenarios", explored.histories);
    assert!(explored.histories > 5_000, "only {} histories", explored.histories);
}
