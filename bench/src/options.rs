//! What was asked for on the command line.

use crate::{SECTIONS, failure::Outcome};

const USAGE: &str = "npm run bench -- [--quick] [--markdown] [--through-proxy] [--only NAME[,NAME]...]";

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Everything short: to see that it works, not to compare.
    pub is_quick: bool,
    /// The table as docs/benchmarks.md has it.
    pub is_markdown: bool,
    /// By way of the port that wrangler names, and so through the Worker that it puts in front.
    pub is_through_proxy: bool,
    only: Vec<String>,
}

impl Options {
    /// Reads the arguments. Fails with how to say it.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            match name.as_str() {
                "--quick" => options.is_quick = true,
                "--markdown" => options.is_markdown = true,
                "--through-proxy" => options.is_through_proxy = true,
                "--only" => options.only = sections(&arguments.next().ok_or(USAGE)?)?,
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    /// Whether to measure what is called `name`.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

fn sections(raw: &str) -> Outcome<Vec<String>> {
    let names: Vec<String> = raw.split(',').map(str::to_owned).collect();
    let known = SECTIONS.map(|(name, _)| name);
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(format!("{unknown} is not measured: {} are", known.join(", ")).into()),
        None => Ok(names),
    }
}
