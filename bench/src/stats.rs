//! Many figures into few.

use std::time::Duration;

use serde_json::{Value, json};

/// How long something took, in milliseconds: of a hundred times, so many took no longer.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    /// Half of them.
    pub p50_ms: f64,
    /// All but five.
    pub p95_ms: f64,
    /// All but one.
    pub p99_ms: f64,
}

impl Spread {
    /// Of one round. Zero where nothing was measured.
    pub fn of(times: &[Duration]) -> Self {
        let mut sorted: Vec<f64> = times.iter().map(|time| millis(*time)).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| percentile(&sorted, share);
        Self { p50_ms: at(0.50), p95_ms: at(0.95), p99_ms: at(0.99) }
    }

    /// Of several rounds: the median of each figure.
    pub fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure));
        Self { p50_ms: of(|one| one.p50_ms), p95_ms: of(|one| one.p95_ms), p99_ms: of(|one| one.p99_ms) }
    }

    /// For people: three figures and their unit.
    pub fn said(&self) -> String {
        format!("{:.2} / {:.2} / {:.2} ms", self.p50_ms, self.p95_ms, self.p99_ms)
    }

    /// For programs.
    pub fn to_json(self) -> Value {
        json!({ "p50Ms": self.p50_ms, "p95Ms": self.p95_ms, "p99Ms": self.p99_ms })
    }
}

/// The one in the middle; zero where there is none.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    percentile(&sorted, 0.5)
}

/// A span in milliseconds, with fractions.
pub fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (share * last as f64).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_read_off_the_sorted_times() {
        let times: Vec<Duration> = (0..=100).rev().map(Duration::from_millis).collect();

        let Spread { p50_ms, p95_ms, p99_ms } = Spread::of(&times);

        assert_eq!((p50_ms, p95_ms, p99_ms), (50.0, 95.0, 99.0));
    }

    #[test]
    fn the_median_of_nothing_is_zero() {
        assert_eq!(median([].into_iter()), 0.0);
    }
}
