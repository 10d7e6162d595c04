//! The trace of a run. A run without a trace formats no lines.

/// The lines of one run.
#[derive(Default)]
pub struct Trace {
    lines: Option<Vec<String>>,
    started_at: u64,
}

impl Trace {
    /// A trace that keeps its lines; times in it count from `started_at`.
    pub fn kept(started_at: u64) -> Self {
        Self { lines: Some(vec![]), started_at }
    }

    /// Whether lines are kept.
    pub fn is_kept(&self) -> bool {
        self.lines.is_some()
    }

    /// Adds a line.
    pub fn note(&mut self, now: u64, part: &str, line: impl FnOnce() -> String) {
        let ms = now.saturating_sub(self.started_at);
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>5}.{:03} {part:<8} {}", ms / 1000, ms % 1000, line()));
        }
    }

    /// All lines.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
