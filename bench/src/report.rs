//! What came out, for people and for programs.

use std::{fs, path::PathBuf};

use duet_test_support::root;
use serde_json::{Map, Value, json};

use crate::{failure::Outcome, machine, options::Options};

/// What one measurement found.
pub struct Section {
    /// What was measured, and in which figures.
    pub title: String,
    /// The table.
    pub rows: Vec<Row>,
    /// What a reader has to know to read it.
    pub notes: Vec<String>,
    /// Everything, for programs.
    pub figures: Value,
}

/// A line of the table.
#[derive(Clone, Default)]
pub struct Row {
    what: String,
    ratio: Option<f64>,
    duet: String,
    floor: String,
    target: Option<(String, bool)>,
}

impl Row {
    /// A line about `what`.
    pub fn new(what: impl Into<String>, duet: impl Into<String>) -> Self {
        Self { what: what.into(), duet: duet.into(), ..Self::default() }
    }

    /// With what the floor has, and the ratio of Duet to it.
    pub fn against(self, floor: impl Into<String>, ratio: f64) -> Self {
        Self { floor: floor.into(), ratio: Some(ratio), ..self }
    }

    /// With a target.
    pub fn target(self, target: impl Into<String>, is_met: bool) -> Self {
        Self { target: Some((target.into(), is_met)), ..self }
    }

    fn cells(&self) -> [String; 6] {
        let (target, verdict) = match &self.target {
            Some((target, is_met)) => (target.clone(), if *is_met { "met" } else { "missed" }),
            None => (String::new(), ""),
        };
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        [ratio, self.what.clone(), self.duet.clone(), self.floor.clone(), target, verdict.to_owned()]
    }
}

const HEAD: [&str; 6] = ["ratio", "what", "Duet", "floor", "target", ""];

/// Everything that was measured in one run.
pub struct Report {
    head: Vec<String>,
    sections: Vec<Section>,
    figures: Map<String, Value>,
}

impl Report {
    /// An empty one, which says where and how.
    pub fn new(options: &Options) -> Outcome<Self> {
        let mut head = machine::description()?;
        head.push(match options.is_through_proxy {
            true => "reached through the Worker that wrangler puts in front".to_owned(),
            false => "reached past wrangler's own Worker, at the workerd that runs it".to_owned(),
        });
        if options.is_quick {
            head.push("QUICK: too short to compare".to_owned());
        }
        let figures = Map::from_iter([("conditions".to_owned(), json!(head))]);
        Ok(Self { head, sections: vec![], figures })
    }

    /// Takes in what was found.
    pub fn add(&mut self, name: &str, section: Section) {
        eprintln!("{}", section.to_text());
        self.figures.insert(name.to_owned(), section.figures.clone());
        self.sections.push(section);
    }

    /// The table for a terminal.
    pub fn to_text(&self) -> String {
        let sections: String = self.sections.iter().map(|section| section.to_text() + "\n").collect();
        format!("{}\n\n{sections}", self.head.join("\n"))
    }

    /// The table for docs/benchmarks.md.
    pub fn to_markdown(&self) -> String {
        let head: String = self.head.iter().map(|line| format!("- {line}\n")).collect();
        let sections: String = self.sections.iter().map(Section::to_markdown).collect();
        format!("{head}\n{sections}")
    }

    /// Writes all figures down. Returns where.
    pub fn write(&self) -> Outcome<PathBuf> {
        let path = root().join("bench/results/latest.json");
        fs::create_dir_all(path.with_file_name(""))?;
        fs::write(&path, serde_json::to_string_pretty(&self.figures)? + "\n")?;
        Ok(path.strip_prefix(root()).map(PathBuf::from).unwrap_or(path))
    }
}

impl Section {
    fn lines(&self) -> Vec<[String; 6]> {
        let rows = self.rows.iter().map(Row::cells);
        std::iter::once(HEAD.map(str::to_owned)).chain(rows).collect()
    }

    fn to_text(&self) -> String {
        let lines = self.lines();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            let lengths = lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count());
            lengths.max().unwrap_or_default()
        });
        let line = |cells: &[String; 6]| {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let table: String = lines.iter().map(line).collect();
        let notes: String = self.notes.iter().map(|note| format!("  {note}\n")).collect();
        format!("{}\n{table}{notes}", self.title)
    }

    fn to_markdown(&self) -> String {
        let line = |cells: &[String; 6]| format!("| {} |\n", cells.join(" | "));
        let mut lines: Vec<String> = self.lines().iter().map(line).collect();
        lines.insert(1, "|---|---|---|---|---|---|\n".to_owned());
        let notes: String = self.notes.iter().map(|note| format!("{note}\n")).collect();
        let behind = if notes.is_empty() { "" } else { "\n" };
        format!("### {}\n\n{}{behind}{notes}\n", self.title, lines.concat())
    }
}
