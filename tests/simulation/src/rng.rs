//! All randomness of the simulation. A draw comes from a seed or from a tape of earlier draws. 0 is always the
//! default choice: no fault, the usual action. After its end, a tape gives 0.

/// The part of the simulation that draws. Each part has its own sequence, so a new draw in one does not change the
/// others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the modules")]
pub enum Part {
    Setup,
    Ties,
    Host,
    Redis,
    Network,
    Faults,
    Stranger,
    Ann,
    Ben,
    Tab,
}

const PARTS: usize = Part::Tab as usize + 1;

/// The draws of each part, in order.
pub type Tape = Vec<Vec<u64>>;

enum Source {
    /// The state of a generator.
    Seed(u64),
    /// The earlier draws that are left.
    Tape(std::vec::IntoIter<u64>),
}

struct Stream {
    source: Source,
    drawn: Vec<u64>,
}

/// The random source of one run.
pub struct Rng {
    streams: Vec<Stream>,
    digest: u64,
}

impl Rng {
    /// A source that depends on a seed only.
    pub fn seeded(seed: u64) -> Self {
        let stream = |part: usize| {
            let mut state =
                seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (part as u64).wrapping_mul(0xd1b5_4a32_d192_ed03);
            next(&mut state);
            Stream { source: Source::Seed(state), drawn: vec![] }
        };
        Self { streams: (0..PARTS).map(stream).collect(), digest: 0 }
    }

    /// A source that repeats earlier draws.
    pub fn replaying(tape: Tape) -> Self {
        let stream = |values: Vec<u64>| Stream { source: Source::Tape(values.into_iter()), drawn: vec![] };
        let missing = PARTS.saturating_sub(tape.len());
        let tape = tape.into_iter().chain(std::iter::repeat_n(vec![], missing));
        Self { streams: tape.map(stream).collect(), digest: 0 }
    }

    /// A source that always makes the default choice.
    pub fn defaults() -> Self {
        Self::replaying(vec![])
    }

    /// A number below `bound`.
    pub fn below(&mut self, part: Part, name: &'static str, bound: u64) -> u64 {
        let bound = bound.max(1);
        let stream = &mut self.streams[part as usize];
        let value = match &mut stream.source {
            Source::Seed(state) => next(state) % bound,
            Source::Tape(values) => values.next().unwrap_or(0) % bound,
        };
        stream.drawn.push(value);
        self.mix(name.len() as u64 ^ value << 8 ^ (part as u64) << 56);
        value
    }

    /// A number from `low` to `high`, both included; `low` is the default.
    pub fn between(&mut self, part: Part, name: &'static str, low: u64, high: u64) -> u64 {
        low + self.below(part, name, high.saturating_sub(low) + 1)
    }

    /// Whether something with a chance of `times` in `of` happens. Draws nothing if the chance is 0.
    pub fn chance(&mut self, part: Part, name: &'static str, times: u64, of: u64) -> bool {
        times > 0 && self.below(part, name, of) >= of.saturating_sub(times)
    }

    /// The index of one of `weights`; the first is the default choice.
    pub fn pick(&mut self, part: Part, name: &'static str, weights: &[u64]) -> usize {
        let mut left = self.below(part, name, weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// Mixes `value` into the digest of the run.
    pub fn mix(&mut self, value: u64) {
        self.digest = (self.digest ^ value).wrapping_mul(0x0100_0000_01b3).rotate_left(23);
    }

    /// A number that is equal for two runs with the same draws and the same notes.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// All draws so far.
    pub fn tape(&self) -> Tape {
        self.streams.iter().map(|stream| stream.drawn.clone()).collect()
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Enumerates every combination of a finite number of choices. A run must make the choices in the same order as long
/// as the answers are the same.
#[derive(Default)]
pub struct ChoiceEnumerator {
    /// The answer to each choice and how many answers there are.
    path: Vec<(usize, usize)>,
    /// How many choices this combination has made so far.
    position: usize,
    started: bool,
}

impl ChoiceEnumerator {
    /// The combination with these answers.
    pub fn replaying(path: &[usize]) -> Self {
        Self { path: path.iter().map(|answer| (*answer, answer + 1)).collect(), ..Self::default() }
    }

    /// Starts the next combination. Returns `false` if there is none left.
    pub fn advance(&mut self) -> bool {
        self.position = 0;
        if !std::mem::replace(&mut self.started, true) {
            return true;
        }
        while let Some((answer, answers)) = self.path.pop() {
            if answer + 1 < answers {
                self.path.push((answer + 1, answers));
                return true;
            }
        }
        false
    }

    /// One of `answers` answers, 0 first.
    pub fn choose(&mut self, answers: usize) -> usize {
        if self.position == self.path.len() {
            self.path.push((0, answers.max(1)));
        }
        let (answer, _) = self.path[self.position];
        self.position += 1;
        answer
    }

    /// The answers of this combination, to identify it in a failure.
    pub fn path(&self) -> Vec<usize> {
        self.path.iter().map(|(answer, _)| *answer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_gives_the_same_draws_as_the_seed_and_then_the_defaults() {
        let mut seeded = Rng::seeded(7);
        let drawn: Vec<u64> = (0..5).map(|_| seeded.below(Part::Ann, "x", 100)).collect();

        let mut replayed = Rng::replaying(seeded.tape());

        assert_eq!((0..5).map(|_| replayed.below(Part::Ann, "x", 100)).collect::<Vec<_>>(), drawn);
        assert_eq!(replayed.below(Part::Ann, "x", 100), 0);
        assert!(!replayed.chance(Part::Ann, "x", 1, 2));
    }

    #[test]
    fn every_combination_is_enumerated_once() {
        let mut choices = ChoiceEnumerator::default();
        let mut seen = vec![];
        while choices.advance() {
            let first = choices.choose(2);
            let second = if first == 1 { choices.choose(3) } else { 0 };
            seen.push((first, second));
        }

        assert_eq!(seen, [(0, 0), (1, 0), (1, 1), (1, 2)]);
    }
}
