//! Reduces many figures to a few.

use std::time::Duration;

/// Percentiles of a time, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    /// The median.
    pub p50_ms: f64,
    /// The 95th percentile.
    pub p95_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
}

impl Percentiles {
    /// The percentiles of one round. Zero if nothing was measured.
    pub fn of(times: &[Duration]) -> Self {
        let sorted = sorted(times.iter().map(|time| millis(*time)));
        let at = |share: f64| percentile(&sorted, share);
        Self { p50_ms: at(0.50), p95_ms: at(0.95), p99_ms: at(0.99) }
    }

    /// The median of each percentile over several rounds.
    pub fn median(rounds: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(rounds.iter().map(figure));
        Self { p50_ms: of(|one| one.p50_ms), p95_ms: of(|one| one.p95_ms), p99_ms: of(|one| one.p99_ms) }
    }

    /// Three figures and their unit.
    pub fn formatted(&self) -> String {
        format!("{:.2} / {:.2} / {:.2} ms", self.p50_ms, self.p95_ms, self.p99_ms)
    }
}

/// The median; zero if there are no figures.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    percentile(&sorted(figures), 0.5)
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = figures.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (share * last as f64).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_read_off_the_sorted_times() {
        let times: Vec<Duration> = (0..=100).rev().map(Duration::from_millis).collect();

        let Percentiles { p50_ms, p95_ms, p99_ms } = Percentiles::of(&times);

        assert_eq!((p50_ms, p95_ms, p99_ms), (50.0, 95.0, 99.0));
    }
}
