//! The real Worker, under workerd, as `wrangler dev` runs it.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use crate::guarded::Guarded;

const START_LIMIT: Duration = Duration::from_secs(60);
/// One start takes a processor for some seconds. More at once only make each other late.
static STARTING: Mutex<()> = Mutex::new(());

/// Settings of a Worker: names and values, which take precedence over wrangler.toml.
pub type Vars = Vec<(String, String)>;

/// A running Worker. Dropping it ends it, with all its processes.
pub struct Worker {
    base_url: String,
    wrangler: Guarded,
}

impl Worker {
    /// Starts the Worker whose wrangler.toml is in `project`, with its objects under `persist_dir`. Fails with what was
    /// said if it does not come up.
    pub fn start(project: &Path, vars: &Vars, persist_dir: &Path) -> Result<Self, String> {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let wrangler = Guarded::spawn(&wrangler_dev(project, vars, persist_dir));
        let base_url = wrangler.wait_for_line(START_LIMIT, |line| {
            line.split_once("Ready on ").map(|(_, url)| url.trim_end().to_owned())
        });
        let base_url = base_url.map_err(|said| format!("the Worker did not start:\n{said}"))?;
        Ok(Self { base_url, wrangler })
    }

    /// Where it answers, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Everything it logged so far.
    pub fn log(&self) -> Vec<String> {
        self.wrangler.lines()
    }

    /// Waits until it logged such a line. Fails with the log.
    pub fn wait_for_log(&self, is_awaited: impl Fn(&str) -> bool) -> Result<(), String> {
        self.wrangler.wait_for_line(crate::LIMIT, |line| is_awaited(line).then_some(()))
    }

    /// The process group in which wrangler and its workerds run, and nothing else.
    pub fn process_group(&self) -> u32 {
        self.wrangler.process_group()
    }

    /// Resident memory of its workerds. Only on Linux.
    pub fn resident_megabytes(&self) -> u64 {
        let processes = fs::read_dir("/proc").expect("Linux");
        let kilobytes = processes.filter_map(|entry| self.resident_kilobytes(&entry.ok()?.path()));
        kilobytes.sum::<u64>() / 1024
    }

    /// Of a workerd of this process group.
    fn resident_kilobytes(&self, process: &Path) -> Option<u64> {
        let stat = fs::read_to_string(process.join("stat")).ok()?;
        // pid (name) state ppid pgrp …
        let (name, rest) = stat.rsplit_once(") ")?;
        let is_ours =
            name.ends_with("(workerd") && rest.split(' ').nth(2)?.parse() == Ok(self.process_group());
        let status = is_ours.then(|| fs::read_to_string(process.join("status")).ok()).flatten()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Ends it as a crash would.
    pub fn kill(self) {
        self.wrangler.kill();
    }
}

fn wrangler_dev(project: &Path, vars: &Vars, persist_dir: &Path) -> Command {
    let mut command = Command::new(root().join("node_modules/.bin/wrangler"));
    command.current_dir(project).env("PATH", path_with_our_node()).env("TMPDIR", persist_dir);
    // Several Workers of one name, which must not find each other, and no questions to anybody outside.
    command.env("WRANGLER_REGISTRY_PATH", persist_dir.join("registry"));
    command.env("WRANGLER_SEND_METRICS", "false").env("CLOUDFLARE_CF_FETCH_ENABLED", "false").env("CI", "1");
    // Local tooling that follows every event and keeps what it saw: as much work as the event itself.
    command.env("X_LOCAL_OBSERVABILITY", "false").env("X_LOCAL_EXPLORER", "false");
    command.args(["dev", "--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"]);
    // As scripts/lib.sh has it.
    command.env("NODE_COMPILE_CACHE", root().join(".tools/node-cache"));
    // In place of .dev.vars: a developer's own database is not for tests.
    command.args(["--env-file", "/dev/null", "--persist-to"]).arg(persist_dir);
    for (name, value) in vars {
        command.args(["--var", &format!("{name}:{value}")]);
    }
    command
}

/// Builds Duet before the first Worker starts, since several at once would build at once.
pub fn build_once() -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    let build = || {
        let output = Command::new(root().join("scripts/build.sh")).current_dir(root()).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => {
                Err(format!("scripts/build.sh failed:\n{}", String::from_utf8_lossy(&output.stderr)))
            }
            Err(error) => Err(format!("scripts/build.sh could not be run: {error}")),
        }
    };
    BUILT.get_or_init(build).clone()
}

/// The folder of Duet itself.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the project is where it was built")
}

/// wrangler wants a newer Node than the machine may have; ours is an npm package.
fn path_with_our_node() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = [root().join("node_modules/.bin")].into_iter().chain(env::split_paths(&path));
    env::join_paths(dirs).expect("paths without colons")
}
