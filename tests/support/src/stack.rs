//! A Worker with its store.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use tempfile::TempDir;

use crate::{
    redis::Redis,
    upstash::Upstash,
    worker::{Vars, Worker, build_once, root},
};

/// The store that the Worker uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// The object's own SQLite.
    Embedded,
    /// A Redis behind Upstash's REST API.
    Upstash,
}

impl StoreKind {
    /// Both stores.
    pub const ALL: [Self; 2] = [Self::Embedded, Self::Upstash];

    /// The name that `GET /api/health` reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Upstash => "upstash",
        }
    }
}

impl FromStr for StoreKind {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|store| store.name() == raw);
        known.ok_or_else(|| format!("no store is called {raw:?}: embedded or upstash"))
    }
}

/// A Worker, its store and its files. Dropping it ends everything, the Worker first.
pub struct Stack {
    worker: Option<Worker>,
    upstash: Option<(Upstash, Redis)>,
    project: PathBuf,
    vars: Vars,
    persist_dir: TempDir,
}

impl Stack {
    /// Starts Duet with an empty store. Fails with the output if it does not start.
    pub fn start(store: StoreKind, vars: &[(&str, &str)]) -> Result<Self, String> {
        build_once()?;
        Self::start_project(&root(), store, vars)
    }

    /// Starts the Worker whose wrangler.toml is in `project`, with an empty store. Fails with the output if it does not
    /// start.
    pub fn start_project(project: &Path, store: StoreKind, vars: &[(&str, &str)]) -> Result<Self, String> {
        let upstash = (store == StoreKind::Upstash).then(|| {
            let redis = Redis::start();
            (Upstash::start(&redis), redis)
        });
        let mut all_vars: Vars =
            vars.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        if let Some((double, _)) = &upstash {
            all_vars.push(("UPSTASH_REDIS_REST_URL".into(), double.url()));
            all_vars.push(("UPSTASH_REDIS_REST_TOKEN".into(), double.token().into()));
        }
        let persist_dir =
            tempfile::Builder::new().prefix("duet-worker-").tempdir().map_err(|e| e.to_string())?;
        let project = project.to_owned();
        let mut stack = Self { worker: None, upstash, project, vars: all_vars, persist_dir };
        stack.start_worker()?;
        Ok(stack)
    }

    /// Starts a new Worker on the existing store.
    pub fn start_worker(&mut self) -> Result<(), String> {
        self.worker = None;
        self.worker = Some(Worker::start(&self.project, &self.vars, self.persist_dir.path())?);
        Ok(())
    }

    /// Kills the Worker like a crash. Its store stays.
    pub fn kill_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.kill();
        }
    }

    /// The Worker. Panics if it is not running.
    pub fn worker(&self) -> &Worker {
        self.worker.as_ref().expect("the Worker runs")
    }

    /// The store that the Worker uses.
    pub fn store(&self) -> StoreKind {
        if self.upstash.is_some() { StoreKind::Upstash } else { StoreKind::Embedded }
    }

    /// The Worker's address, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.worker().base_url()
    }

    /// The REST API in front of Redis. Panics with the embedded store.
    pub fn upstash(&self) -> &Upstash {
        &self.upstash.as_ref().expect("only with the upstash store").0
    }

    /// The Redis. Panics with the embedded store.
    pub fn redis(&self) -> &Redis {
        &self.upstash.as_ref().expect("only with the upstash store").1
    }

    /// The Redis, mutable, so that a test can stop and start it.
    pub fn redis_mut(&mut self) -> &mut Redis {
        &mut self.upstash.as_mut().expect("only with the upstash store").1
    }

    /// The folder in which the Worker stores its objects.
    pub fn persist_dir(&self) -> &Path {
        self.persist_dir.path()
    }
}
