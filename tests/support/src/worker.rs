//! The real Worker under workerd, as `wrangler dev` runs it.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use crate::{browser::Browser, guarded::Guarded, process};

const START_LIMIT: Duration = Duration::from_secs(60);
/// One start occupies a processor for some seconds. Several at once would only slow each other down.
static STARTING: Mutex<()> = Mutex::new(());

/// Variables of a Worker, as names and values. They take precedence over wrangler.toml.
pub type Vars = Vec<(String, String)>;

/// A running Worker. Dropping it ends all its processes.
pub struct Worker {
    base_url: String,
    wrangler_url: String,
    workerd: Option<u32>,
    wrangler: Guarded,
}

impl Worker {
    /// Starts the Worker whose wrangler.toml is in `project`, with its objects under `persist_dir`. Fails with the
    /// output if it does not start.
    pub fn start(project: &Path, vars: &Vars, persist_dir: &Path) -> Result<Self, String> {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let wrangler = Guarded::spawn(&wrangler_dev(project, vars, persist_dir));
        let base_url = wrangler.wait_for_line(START_LIMIT, |line| {
            line.split_once("Ready on ").map(|(_, url)| url.trim_end().to_owned())
        });
        let wrangler_url = base_url.map_err(|output| format!("the Worker did not start:\n{output}"))?;
        let inner = find_workerd(wrangler.process_group(), &wrangler_url);
        let (workerd, base_url) = inner.map_or((None, wrangler_url.clone()), |(pid, url)| (Some(pid), url));
        Ok(Self { base_url, wrangler_url, workerd, wrangler })
    }

    /// The address that `wrangler dev` prints. Only its proxy removes the headers that wrangler adds to answers for
    /// internal use.
    pub fn wrangler_url(&self) -> &str {
        &self.wrangler_url
    }

    /// The Worker's address, without a trailing slash. On Linux this is the workerd that runs the Worker. It bypasses
    /// the proxy of `wrangler dev`, which takes longer for a request than the Worker itself.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Resident memory, in bytes, of the workerd that runs the Worker. Panics if the system has no /proc.
    pub fn resident_bytes(&self) -> u64 {
        process::resident_bytes(self.workerd.expect("memory is read on Linux only"))
    }

    /// All log lines so far.
    pub fn log(&self) -> Vec<String> {
        self.wrangler.lines()
    }

    /// Waits for a matching log line. Fails with the log if none comes.
    pub fn wait_for_log(&self, is_awaited: impl Fn(&str) -> bool) -> Result<(), String> {
        self.wrangler.wait_for_line(crate::LIMIT, |line| is_awaited(line).then_some(()))
    }

    /// Kills the Worker like a crash.
    pub fn kill(self) {
        self.wrangler.kill();
    }
}

/// wrangler starts two workerds: a proxy, whose port it prints, and the one that runs the Worker.
fn find_workerd(process_group: u32, outer_url: &str) -> Option<(u32, String)> {
    let outer_port: u16 = outer_url.rsplit(':').next()?.parse().ok()?;
    let workerds = process::members(process_group, "workerd").into_iter();
    let with_ports = workerds.map(|pid| (pid, process::listening_ports(pid)));
    with_ports.filter(|(_, ports)| !ports.contains(&outer_port)).find_map(|(pid, ports)| {
        let mut urls = ports.iter().map(|port| format!("http://127.0.0.1:{port}"));
        Some(pid).zip(urls.find(|url| is_worker(url)))
    })
}

/// workerd has a second port for wrangler, which answers nothing or something else.
fn is_worker(url: &str) -> bool {
    let answer = Browser::new(url).request("GET", "/api/health").try_send();
    answer.is_some_and(|answer| answer.status == 200)
}

fn wrangler_dev(project: &Path, vars: &Vars, persist_dir: &Path) -> Command {
    let mut command = Command::new(root().join("node_modules/.bin/wrangler"));
    command.current_dir(project).env("PATH", path_with_our_node()).env("TMPDIR", persist_dir);
    // Several Workers have the same name and must not find each other, and no Worker may use the network.
    command.env("WRANGLER_REGISTRY_PATH", persist_dir.join("registry"));
    command.env("WRANGLER_SEND_METRICS", "false").env("CLOUDFLARE_CF_FETCH_ENABLED", "false").env("CI", "1");
    // Local tools that record every event cost as much time as the event itself.
    command.env("X_LOCAL_OBSERVABILITY", "false").env("X_LOCAL_EXPLORER", "false");
    command.args(["dev", "--port", "0", "--inspector-port", "0", "--show-interactive-dev-session=false"]);
    // The same cache as in scripts/lib.sh.
    command.env("NODE_COMPILE_CACHE", root().join(".tools/node-cache"));
    // Overrides .dev.vars, which may name a developer's own database.
    command.args(["--env-file", "/dev/null", "--persist-to"]).arg(persist_dir);
    for (name, value) in vars {
        command.args(["--var", &format!("{name}:{value}")]);
    }
    command
}

/// Builds Duet once, before the first Worker starts. Otherwise several Workers would build at the same time.
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

/// The repository's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the project is where it was built")
}

/// wrangler needs a newer Node than the machine may have, so the one in node_modules comes first.
fn path_with_our_node() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs = [root().join("node_modules/.bin")].into_iter().chain(env::split_paths(&path));
    env::join_paths(dirs).expect("paths without colons")
}
