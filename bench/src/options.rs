//! The command line, and how much of everything it asks for.

use std::time::Duration;

use crate::SECTIONS;

const USAGE: &str = "npm run bench -- [--quick] [--only NAME[,NAME]...]";

/// What the command line asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Everything short: to see that it works, not to compare.
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
    pub fn wants(&self, name: &str) -> bool {
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
    /// How long everybody sends as fast as they can.
    pub span: Duration,
    /// Messages that come 12 s apart.
    pub spaced_messages: usize,
    /// How often a page is visited, and how often a message goes from page to page.
    pub visits: usize,
    /// How many rooms are open at once.
    pub rooms: usize,
    /// How long rooms rest before memory is read: the platform lets an idle object sleep after ten seconds.
    pub rest: Duration,
}

impl Plan {
    /// What the figures in docs/benchmarks.md come from.
    const FULL: Self = Self {
        rounds: 5,
        messages: 500,
        span: Duration::from_secs(8),
        spaced_messages: 10,
        visits: 7,
        rooms: 1000,
        rest: Duration::from_secs(15),
    };

    const QUICK: Self = Self {
        rounds: 2,
        messages: 200,
        span: Duration::from_secs(2),
        spaced_messages: 1,
        visits: 2,
        rooms: 50,
        rest: Duration::from_secs(2),
    };
}
