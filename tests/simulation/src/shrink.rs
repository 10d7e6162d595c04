//! Makes a failing run smaller. It switches off whole kinds of faults and sets draws to the calm choice, as long as the
//! same invariant fails.

use crate::{
    dice::{Dice, Tape},
    run::{Report, run},
    weather::Swarm,
};

/// Looks for a smaller run that violates the same invariant, with `tries` runs at most.
pub fn shrink(tape: Tape, invariant: u8, tries: usize) -> Report {
    let mut search = Search { tape, calmed: vec![], invariant, tries };
    search.calm_faults();
    search.cut_tails();
    search.calm_blocks();
    search.run(&search.tape, &search.calmed, true)
}

struct Search {
    tape: Tape,
    calmed: Vec<&'static str>,
    invariant: u8,
    tries: usize,
}

impl Search {
    fn run(&self, tape: &Tape, calmed: &[&'static str], keeps_trace: bool) -> Report {
        let adjust = |swarm: &mut Swarm| calmed.iter().for_each(|name| swarm.calm(name));
        run(Dice::replaying(tape.clone()), &adjust, keeps_trace)
    }

    /// Whether a smaller run still fails in the same way.
    fn fails(&mut self, tape: &Tape, calmed: &[&'static str]) -> bool {
        if self.tries == 0 {
            return false;
        }
        self.tries -= 1;
        let report = self.run(tape, calmed, false);
        report.violation.is_some_and(|violation| violation.invariant == self.invariant)
    }

    fn calm_faults(&mut self) {
        for name in Swarm::NAMES {
            let mut calmed = self.calmed.clone();
            calmed.push(name);
            let tape = self.tape.clone();
            if self.fails(&tape, &calmed) {
                self.calmed = calmed;
            }
        }
    }

    fn try_tape(&mut self, tape: Tape) -> bool {
        let calmed = self.calmed.clone();
        let fails = self.fails(&tape, &calmed);
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

    fn calm_blocks(&mut self) {
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
