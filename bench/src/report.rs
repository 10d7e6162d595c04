//! The tables.

use std::{fs, path::PathBuf, process::Command};

use duet_test_support::root;

/// The result of one measurement.
pub struct Section {
    /// What was measured, and the order of the figures in a cell.
    pub title: &'static str,
    /// The table.
    pub rows: Vec<Row>,
    /// What a reader needs to know.
    pub notes: Vec<String>,
}

/// The cells of a table's row, in the order of [`HEAD`].
#[derive(Clone, Default)]
pub struct Row(pub [String; 6]);

const HEAD: [&str; 6] = ["ratio", "what", "figure", "baseline", "target", ""];

impl Row {
    /// A figure by itself.
    pub fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        let mut row = Self::default();
        row.0[1] = what.into();
        row.0[2] = figure.into();
        row
    }

    /// With a baseline of the same run, and the ratio of the figure to it.
    pub fn over(mut self, (baseline, ratio): (String, f64)) -> Self {
        self.0[0] = format!("{ratio:.2}");
        self.0[3] = baseline;
        self
    }

    /// With a target.
    pub fn target(mut self, target: impl Into<String>, is_met: bool) -> Self {
        self.0[4] = target.into();
        self.0[5] = if is_met { "met" } else { "missed" }.to_owned();
        self
    }

    /// With a baseline, the ratio to it, and an upper limit for the ratio.
    pub fn at_most(self, limit: f64, (baseline, ratio): (String, f64)) -> Self {
        self.over((baseline, ratio)).target(format!("≤ {limit}"), ratio <= limit)
    }

    /// With a baseline, the ratio to it, and a lower limit for the ratio.
    pub fn at_least(self, limit: f64, (baseline, ratio): (String, f64)) -> Self {
        self.over((baseline, ratio)).target(format!("≥ {limit}"), ratio >= limit)
    }
}

impl Section {
    /// A table that is as wide as its content, so that a terminal can show it, too.
    pub fn to_markdown(&self) -> String {
        let head = Row(HEAD.map(str::to_owned));
        let lines: Vec<&[String; 6]> = [&head].into_iter().chain(&self.rows).map(|row| &row.0).collect();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        });
        let line = |cells: &&[String; 6]| {
            let cells: Vec<String> =
                cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut table: Vec<String> = lines.iter().map(line).collect();
        table.insert(1, format!("|{}|\n", widths.map(|width| "-".repeat(width + 2)).join("|")));
        let notes: String = self.notes.iter().map(|note| format!("\n{note}\n")).collect();
        format!("### {}\n\n{}{notes}\n", self.title, table.concat())
    }
}

/// Writes the conditions and the tables of one run to a file. Returns its path.
pub fn write(sections: &[Section], is_quick: bool) -> PathBuf {
    let mut bash = Command::new("bash");
    let output =
        bash.args(["-c", include_str!("conditions.sh")]).current_dir(root()).output().expect("bash runs");
    let conditions = String::from_utf8_lossy(&output.stdout);
    let warning = if is_quick { "- QUICK: too short to compare\n" } else { "" };
    let tables: String = sections.iter().map(Section::to_markdown).collect();
    let path = root().join("bench/results/latest.md");
    fs::create_dir_all(path.with_file_name("")).expect("a folder");
    fs::write(&path, format!("{conditions}{warning}\n{tables}")).expect("a file");
    path
}
