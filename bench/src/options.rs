//! The command line, and how much of each measurement it requests.

use std::time::Duration;

use crate::SECTIONS;

const USAGE: &str = "npm run bench -- [--quick] [--only NAME[,NAME]...]";

/// The options of the command line.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A short run, to see that everything works and not to compare.
    pub is_quick: bool,
    only: Vec<String>,
}

impl Options {
    /// Reads the arguments. Fails with the usage.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--quick" => options.is_quick = true,
                "--only" => options.only = sections(&arguments.next().ok_or(USAGE)?)?,
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(options)
    }

    /// Whether to measure the section of this name.
    pub fn includes(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// How much of everything to do.
    pub fn plan(&self) -> Plan {
        if self.is_quick { Plan::QUICK } else { Plan::FULL }
    }
}

fn sections(raw: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = raw.split(',').map(str::to_owned).collect();
    let known = SECTIONS.map(|(name, _)| name);
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(format!("{unknown} is not measured: {} are", known.join(", "))),
        None => Ok(names),
    }
}

/// How much of everything to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the servers take turns. The report shows medians.
    pub rounds: usize,
    /// Messages of one round of deliveries.
    pub messages: usize,
    /// How long everybody sends as fast as possible.
    pub span: Duration,
    /// The number of messages that are sent 12 s apart.
    pub spaced_messages: usize,
    /// How often a page is visited, and how often a message is sent from page to page.
    pub visits: usize,
    /// How many rooms are open at once.
    pub rooms: usize,
    /// How long rooms are idle before memory is measured: the platform hibernates an idle object after ten seconds.
    pub idle_time: Duration,
}

impl Plan {
    /// The run that gives the figures in docs/benchmarks.md.
    const FULL: Self = Self {
        rounds: 5,
        messages: 500,
        span: Duration::from_secs(8),
        spaced_messages: 10,
        visits: 7,
        rooms: 1000,
        idle_time: Duration::from_secs(15),
    };

    const QUICK: Self = Self {
        rounds: 2,
        messages: 200,
        span: Duration::from_secs(2),
        spaced_messages: 1,
        visits: 2,
        rooms: 50,
        idle_time: Duration::from_secs(2),
    };
}
