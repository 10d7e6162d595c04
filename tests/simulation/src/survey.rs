//! Runs many seeds on all processors and says which of them fails first.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use crate::{Report, run_seed};

/// The usual first seed. A seed gives the same run only at the same commit.
pub const FIRST_SEED: u64 = 1;

/// One run in this many is repeated, to check that both are equal.
const REPEATED: u64 = 20;

/// The result of many runs.
#[derive(Default)]
pub struct Survey {
    /// The lowest seed that fails, with its report.
    pub first_failure: Option<(u64, Report)>,
    /// A seed whose two runs differed.
    pub not_deterministic: Option<u64>,
    /// Rare states, and in how many runs each was reached.
    pub rare_states: BTreeMap<&'static str, u64>,
}

impl Survey {
    fn add(&mut self, seed: u64, report: Report) {
        for (name, _) in &report.rare_states {
            *self.rare_states.entry(name).or_default() += 1;
        }
        let is_first = self.first_failure.as_ref().is_none_or(|(first, _)| seed < *first);
        if report.violation.is_some() && is_first {
            self.first_failure = Some((seed, report));
        }
    }

    fn is_decided_before(&self, seed: u64) -> bool {
        self.not_deterministic.is_some()
            || self.first_failure.as_ref().is_some_and(|(first, _)| *first < seed)
    }
}

/// Runs this many seeds from `first` on, or all up to the first one that fails.
pub fn survey(first: u64, seeds: u64) -> Survey {
    let next = AtomicU64::new(first);
    let survey = Mutex::new(Survey::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds || survey.lock().unwrap().is_decided_before(seed) {
                break;
            }
            let is_repeated = seed.is_multiple_of(REPEATED);
            let report = run_seed(seed, is_repeated);
            let differs = is_repeated && differs_when_repeated(seed, &report);
            let mut survey = survey.lock().unwrap();
            survey.not_deterministic = survey.not_deterministic.or(differs.then_some(seed));
            survey.add(seed, report);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    survey.into_inner().unwrap()
}

fn differs_when_repeated(seed: u64, report: &Report) -> bool {
    let again = run_seed(seed, true);
    (report.digest, &report.trace) != (again.digest, &again.trace)
}
