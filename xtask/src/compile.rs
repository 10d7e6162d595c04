//! Compiles the crate `duet` to WebAssembly.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::Project;

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTFLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// Runs cargo and returns the path of the compiled module. Fails with cargo's output on the terminal.
pub fn worker(project: &Project, cargo_options: &[OsString]) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(project.root())
        .args(["build", "--release", "--lib", "--package", "duet", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .args(cargo_options)
        // Makes the `worker` macros use the futures of js-sys. Proc macros see environment variables but not `--cfg`.
        .env("WASM_BINDGEN_USE_JS_SYS", "1")
        .env(RUSTFLAGS, rustflags()?)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let stdout = cargo.stdout.take().context("cargo has no output")?;
    let wasm = find_wasm(BufReader::new(stdout))?;
    if !cargo.wait().context("cannot wait for cargo")?.success() {
        bail!("the Worker does not compile");
    }
    wasm.context("cargo made no WebAssembly module")
}

/// Panic messages contain paths of source files. The flags make them equal on all machines and hide the home folder.
fn rustflags() -> Result<String> {
    let cargo_home = match env::var_os("CARGO_HOME") {
        Some(dir) => PathBuf::from(dir),
        None => env::home_dir().context("neither CARGO_HOME nor HOME is set")?.join(".cargo"),
    };
    Ok(remap(&cargo_home.join("registry/src"), "registry"))
}

fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}

/// Reads all of cargo's messages.
fn find_wasm(messages: impl BufRead) -> Result<Option<PathBuf>> {
    let mut found = None;
    for line in messages.lines() {
        let line = line.context("cannot read cargo's messages")?;
        let message: Value = serde_json::from_str(&line).context("cargo's message is not JSON")?;
        found = wasm_of(&message).or(found);
    }
    Ok(found)
}

fn wasm_of(message: &Value) -> Option<PathBuf> {
    if message.pointer("/target/name")? != "duet" {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_one_that_cargo_names() -> Result<()> {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"filenames":["/t/other.wasm"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"duet"},"filenames":["/t/duet.rlib","/t/duet.wasm"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );

        let wasm = find_wasm(messages.as_bytes())?;

        assert_eq!(wasm, Some(PathBuf::from("/t/duet.wasm")));
        Ok(())
    }
}
