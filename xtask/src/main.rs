//! `cargo xtask build [CARGO OPTION...]`: builds the crate `duet` into a Worker in `build/`.

mod bindings;
mod bundle;
mod compile;
mod project;
mod shim;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use project::Project;

const USAGE: &str = "usage: cargo xtask build [CARGO OPTION...]";

fn main() -> ExitCode {
    match run(env::args_os().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<OsString>) -> Result<()> {
    match args.split_first() {
        Some((command, options)) if command == "build" => build(options),
        _ => bail!(USAGE),
    }
}

fn build(cargo_options: &[OsString]) -> Result<()> {
    let project = Project::locate()?;
    let _lock = project.lock()?;
    let staging = project.empty_staging_dir()?;
    let wasm = compile::worker(&project, cargo_options)?;
    bindings::generate(&wasm, &staging)?;
    shim::write(&staging)?;
    bundle::bundle_and_optimize(&project, &staging)?;
    publish(&project)
}

/// Moves the finished files into `build/` one by one, so that a running `wrangler dev` never reads a half-written file.
fn publish(project: &Project) -> Result<()> {
    for name in bundle::OUTPUTS {
        let target = project.build_dir().join(name);
        fs::rename(project.staging_dir().join(name), &target)
            .with_context(|| format!("cannot write {}", target.display()))?;
    }
    fs::remove_dir_all(project.staging_dir()).context("cannot remove the staging folder")
}
