//! A real Redis, on a socket of its own.

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

/// A `redis-server` (`REDIS_SERVER`, or the one on `PATH`) that keeps everything it answered through its own crash.
/// Dropping it ends it, and its data.
pub struct Redis {
    server: Option<Guarded>,
    dir: TempDir,
}

impl Redis {
    /// Starts a server with no data. Panics with what it said if it does not come up.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("duet-redis-").tempdir().expect("there is room for files");
        let mut redis = Self { server: None, dir };
        redis.start_again();
        redis
    }

    /// Starts a server that was stopped, with what it kept.
    pub fn start_again(&mut self) {
        self.stop();
        let mut command = Command::new(env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into()));
        command.arg("--unixsocket").arg(self.socket()).arg("--dir").arg(self.dir.path());
        // Written before it is answered, and left to the system to bring to the disk: the machine does not crash.
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "no"]);
        let server = Guarded::spawn(&command);
        let ready = server.wait_for_line(START_LIMIT, |line| {
            line.to_lowercase().contains("ready to accept connections").then_some(())
        });
        ready.unwrap_or_else(|said| panic!("redis-server did not start (is it installed?):\n{said}"));
        self.server = Some(server);
    }

    /// Ends the server in good order.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Ends the server as a crash would.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// Where it keeps what it keeps.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs one command past the REST API. Panics on an error.
    pub fn run(&self, words: &[&str]) -> Reply {
        match self.try_run(words) {
            Reply::Error(said) => panic!("redis: {said}"),
            reply => reply,
        }
    }

    /// Runs one command past the REST API, and answers with Redis' error where there is one.
    pub fn try_run(&self, words: &[&str]) -> Reply {
        let mut connection = Connection::open(&self.socket()).expect("it listens");
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        connection.run(&words).expect("it answers")
    }
}
