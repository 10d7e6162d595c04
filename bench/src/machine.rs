//! Where a run took place: figures of two machines do not compare, only their ratios do.

use std::{env, fs, process::Command, thread};

use duet_test_support::root;

use crate::failure::Outcome;

/// Machine, versions and load, a line each.
pub fn description() -> Outcome<Vec<String>> {
    let cores = thread::available_parallelism()?;
    let cpu = field("/proc/cpuinfo", "model name")?;
    let memory_kb: u64 = field("/proc/meminfo", "MemTotal")?.trim_end_matches(" kB").parse()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(vec![
        format!(
            "{}, commit {}",
            said_by("date", &["+%Y-%m-%d"])?,
            said_by("git", &["describe", "--always", "--dirty", "--exclude=*"])?
        ),
        format!(
            "{cores} cores of {cpu}, {} GB of memory; load {load} before the start",
            memory_kb / 1_000_000
        ),
        format!(
            "files of objects on {}",
            said_by("stat", &["-f", "-c", "%T", &env::temp_dir().to_string_lossy()])?
        ),
        format!(
            "workerd {}, wrangler {}, {}",
            version_of("workerd")?,
            version_of("wrangler")?,
            said_by("rustc", &["--version"])?
        ),
    ])
}

fn field(file: &str, name: &str) -> Outcome<String> {
    let content = fs::read_to_string(file)?;
    let value = content.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    Ok(value.ok_or_else(|| format!("no {name} in {file}"))?.trim().to_owned())
}

fn version_of(package: &str) -> Outcome<String> {
    let package = fs::read_to_string(root().join("node_modules").join(package).join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&package)?;
    Ok(package.get("version").and_then(|version| version.as_str()).unwrap_or_default().to_owned())
}

fn said_by(program: &str, arguments: &[&str]) -> Outcome<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
