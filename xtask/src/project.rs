//! The paths and tools of the project.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The project's folder.
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// Finds the project through this crate's manifest. Fails outside `cargo xtask`.
    pub fn locate() -> Result<Self> {
        // Only `cargo run` knows the current folder; the path from compile time may belong to another clone.
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
        let root = Path::new(&manifest_dir).parent().context("the crate is in no workspace")?;
        Ok(Self { root: root.to_owned() })
    }

    /// The workspace's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that wrangler serves.
    pub fn build_dir(&self) -> PathBuf {
        self.root.join("build")
    }

    /// The folder in which a build is prepared. Not `build/`, which a running `wrangler dev` watches, but on the same
    /// disk.
    pub fn staging_dir(&self) -> PathBuf {
        self.root.join("target/staging")
    }

    /// Waits until no other build of this project runs. Dropping the returned file releases the lock.
    pub fn lock(&self) -> Result<File> {
        fs::create_dir_all(self.build_dir()).context("cannot create build/")?;
        let file = File::create(self.build_dir().join(".lock")).context("cannot create build/.lock")?;
        file.lock().context("cannot lock build/.lock")?;
        Ok(file)
    }

    /// The staging folder, emptied of what an interrupted build left.
    pub fn empty_staging_dir(&self) -> Result<PathBuf> {
        let dir = self.staging_dir();
        if dir.exists() {
            fs::remove_dir_all(&dir).context("cannot empty the staging folder")?;
        }
        fs::create_dir_all(&dir).context("cannot create the staging folder")?;
        Ok(dir)
    }

    /// A tool that npm installed, run by the Node.js that npm installed. Fails if it is missing.
    pub fn npm_tool(&self, name: &str) -> Result<Command> {
        let bin_dir = self.root.join("node_modules/.bin");
        let tool = bin_dir.join(name);
        if !tool.exists() {
            bail!("{name} is missing: run `npm install` first");
        }
        let mut command = Command::new(tool);
        command.env("PATH", prefixed_path(&bin_dir)?);
        Ok(command)
    }
}

fn prefixed_path(first: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = std::iter::once(first.to_owned()).chain(env::split_paths(&path));
    env::join_paths(dirs).context("the project's path has a colon, which PATH cannot hold")
}

/// Runs a command and waits for it. Fails if the command fails; `what` names it in the error.
pub fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {what}"))?;
    if !status.success() {
        bail!("{what} failed: {status}");
    }
    Ok(())
}
