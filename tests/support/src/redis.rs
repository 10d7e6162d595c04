//! A real Redis on a Unix socket.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    guarded::Guarded,
    resp::{Connection, Reply},
};

const START_LIMIT: Duration = Duration::from_secs(20);

/// A `redis-server` (the one that `REDIS_SERVER` names, or the one on `PATH`). What it has answered survives its own
/// crash. Dropping the value ends the server and deletes its data.
pub struct Redis {
    server: Option<Guarded>,
    dir: TempDir,
}

impl Redis {
    /// Starts an empty server. Panics with its output if it does not start.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("duet-redis-").tempdir().expect("there is room for files");
        let mut redis = Self { server: None, dir };
        redis.start_again();
        redis
    }

    /// Starts a stopped server with the data that it kept.
    pub fn start_again(&mut self) {
        self.stop();
        let mut command = Command::new(env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into()));
        command.arg("--unixsocket").arg(self.socket()).arg("--dir").arg(self.dir.path());
        // Written to the file before each answer but not synced: only the server crashes here, never the machine.
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "no"]);
        let server = Guarded::spawn(&command);
        let ready = server.wait_for_line(START_LIMIT, |line| {
            line.to_lowercase().contains("ready to accept connections").then_some(())
        });
        ready.unwrap_or_else(|output| panic!("redis-server did not start (is it installed?):\n{output}"));
        self.server = Some(server);
    }

    /// Shuts the server down in good order.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Kills the server like a crash.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// The path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// The folder of its data.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs one command directly, without the REST API. Panics on an error.
    pub fn run(&self, words: &[&str]) -> Reply {
        match self.try_run(words) {
            Reply::Error(error) => panic!("redis: {error}"),
            reply => reply,
        }
    }

    /// Runs one command directly, without the REST API. Returns Redis' error as a reply.
    pub fn try_run(&self, words: &[&str]) -> Reply {
        let mut connection = Connection::open(&self.socket()).expect("it listens");
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        connection.run(&words).expect("it answers")
    }
}
