//! A Worker with all that stands behind it.

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

/// Which store the Worker keeps rooms in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// The object's own SQLite.
    Embedded,
    /// A Redis behind Upstash's REST API.
    Upstash,
}

impl StoreKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Embedded, Self::Upstash];

    /// As `GET /api/health` names it.
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
    /// Starts Duet on a fresh store. Fails with what was said if it does not come up.
    pub fn start(store: StoreKind, vars: &[(&str, &str)]) -> Result<Self, String> {
        build_once()?;
        Self::start_project(&root(), store, vars)
    }

    /// Starts the Worker whose wrangler.toml is in `project`, as it is there, on a fresh store. Fails with what was said if
    /// it does not come up.
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

    /// Starts the Worker anew on what the last one left.
    pub fn start_worker(&mut self) -> Result<(), String> {
        self.worker = None;
        self.worker = Some(Worker::start(&self.project, &self.vars, self.persist_dir.path())?);
        Ok(())
    }

    /// Ends the Worker as a crash would; its store stays.
    pub fn kill_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.kill();
        }
    }

    /// The Worker. Panics when there is none just now.
    pub fn worker(&self) -> &Worker {
        self.worker.as_ref().expect("the Worker runs")
    }

    /// Which store the Worker keeps rooms in.
    pub fn store(&self) -> StoreKind {
        if self.upstash.is_some() { StoreKind::Upstash } else { StoreKind::Embedded }
    }

    /// Where the Worker answers.
    pub fn base_url(&self) -> &str {
        self.worker().base_url()
    }

    /// The REST API in front of Redis. Panics in a stack without.
    pub fn upstash(&self) -> &Upstash {
        &self.upstash.as_ref().expect("only with the upstash store").0
    }

    /// The Redis itself. Panics in a stack without.
    pub fn redis(&self) -> &Redis {
        &self.upstash.as_ref().expect("only with the upstash store").1
    }

    /// The Redis itself, to stop and start it.
    pub fn redis_mut(&mut self) -> &mut Redis {
        &mut self.upstash.as_mut().expect("only with the upstash store").1
    }

    /// Where the Worker keeps its objects.
    pub fn persist_dir(&self) -> &Path {
        self.persist_dir.path()
    }
}
