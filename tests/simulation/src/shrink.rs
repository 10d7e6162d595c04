//! Makes a failing run smaller. It switches off whole kinds of faults and sets draws to the default choice, as long as
//! the same invariant fails.

use crate::{
    faults::FaultRates,
    rng::{Rng, Tape},
    run::{Report, run},
};

/// Looks for a smaller run that violates the same invariant, with `tries` runs at most.
pub fn shrink(tape: Tape, invariant: u8, tries: usize) -> Report {
    let mut search = Search { tape, disabled: vec![], invariant, tries };
    search.disable_faults();
    search.cut_tails();
    search.zero_blocks();
    search.run(&search.tape, &search.disabled, true)
}

struct Search {
    tape: Tape,
    disabled: Vec<&'static str>,
    invariant: u8,
    tries: usize,
}

impl Search {
    fn run(&self, tape: &Tape, disabled: &[&'static str], keeps_trace: bool) -> Report {
        let adjust = |rates: &mut FaultRates| disabled.iter().for_each(|name| rates.switch_off(name));
        run(Rng::replaying(tape.clone()), &adjust, keeps_trace)
    }

    /// Whether a smaller run still fails in the same way.
    fn fails(&mut self, tape: &Tape, disabled: &[&'static str]) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let report = self.run(tape, disabled, false);
        report.violation.is_some_and(|violation| violation.invariant == self.invariant)
    }

    fn disable_faults(&mut self) {
        for name in FaultRates::NAMES {
            let mut disabled = self.disabled.clone();
            disabled.push(name);
            let tape = self.tape.clone();
            if self.fails(&tape, &disabled) {
                self.disabled = disabled;
            }
        }
    }

    fn try_tape(&mut self, tape: Tape) -> bool {
        let disabled = self.disabled.clone();
        let fails = self.fails(&tape, &disabled);
        if fails {
            self.tape = tape;
        }
        fails
    }

    /// Cuts the last draws of each part, which often do not matter.
    fn cut_tails(&mut self) {
        for part in 0..self.tape.len() {
            let mut cut = self.tape[part].len();
            while cut > 0 {
                let mut tape = self.tape.clone();
                let keep = tape[part].len().saturating_sub(cut);
                tape[part].truncate(keep);
                if !self.try_tape(tape) {
                    cut /= 2;
                }
                cut = cut.min(self.tape[part].len());
            }
        }
    }

    fn zero_blocks(&mut self) {
        for size in [64, 16, 4, 1] {
            for part in 0..self.tape.len() {
                for start in (0..self.tape[part].len()).step_by(size) {
                    let end = (start + size).min(self.tape[part].len());
                    if self.tape[part][start..end].iter().any(|draw| *draw > 0) {
                        let mut tape = self.tape.clone();
                        tape[part][start..end].fill(0);
                        self.try_tape(tape);
                    }
                }
            }
        }
    }
}
