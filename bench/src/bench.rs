//! What the measurements share: the servers, and the one thread that all load comes from.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use duet_test_support::{Stack, StoreKind, build_once, root};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    time::timeout,
};

use crate::{failure::Outcome, options::Options, plan::Plan, site::Site};

/// No limits: they would be what is measured.
const UNLIMITED: [(&str, &str); 2] = [("MESSAGE_RATE_PER_SECOND", "0"), ("ADDRESS_LIMITS", "off")];
/// How long one load may take before something is wrong.
const LOAD_LIMIT: Duration = Duration::from_secs(600);

/// Servers that start when they are first asked for, and the thread of the load.
pub struct Bench {
    /// How much of everything is done.
    pub plan: Plan,
    is_through_proxy: bool,
    load: Runtime,
    floor: OnceCell<Site>,
    embedded: OnceCell<Site>,
    upstash: OnceCell<Site>,
    // Last, since it goes when all that runs in it has ended.
    projects: TempDir,
}

impl Bench {
    /// Builds Duet and takes a copy of it, so that nothing changes while it is measured.
    pub fn new(options: &Options) -> Outcome<Self> {
        build_once()?;
        let projects = tempfile::Builder::new().prefix("duet-bench-").tempdir()?;
        freeze(&root(), &["build", "public"], &projects.path().join("duet"))?;
        freeze(&root().join("bench/floor"), &["floor.js"], &projects.path().join("floor"))?;
        Ok(Self {
            plan: if options.is_quick { Plan::QUICK } else { Plan::FULL },
            is_through_proxy: options.is_through_proxy,
            load: Builder::new_current_thread().enable_all().build()?,
            floor: OnceCell::new(),
            embedded: OnceCell::new(),
            upstash: OnceCell::new(),
            projects,
        })
    }

    /// Runs a load on this thread.
    pub fn run<T>(&self, load: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        self.load.block_on(async { timeout(LOAD_LIMIT, load).await? })
    }

    /// The bare platform.
    pub fn floor(&self) -> Outcome<&Site> {
        once(&self.floor, || self.start_floor())
    }

    /// Duet with its embedded store.
    pub fn embedded(&self) -> Outcome<&Site> {
        once(&self.embedded, || self.start_embedded())
    }

    /// Duet with Upstash, which is as far away as said last.
    pub fn upstash(&self, round_trip: Duration) -> Outcome<&Site> {
        let site = once(&self.upstash, || self.start(&self.duet_project(), StoreKind::Upstash))?;
        site.stack.upstash().set_round_trip(round_trip);
        Ok(site)
    }

    /// A floor of one's own.
    pub fn start_floor(&self) -> Outcome<Site> {
        self.start(&self.floor_project(), StoreKind::Embedded)
    }

    /// A Duet of one's own, with the embedded store.
    pub fn start_embedded(&self) -> Outcome<Site> {
        self.start(&self.duet_project(), StoreKind::Embedded)
    }

    fn start(&self, project: &Path, store: StoreKind) -> Outcome<Site> {
        let site = Site::of(start_stack(project, store)?, self.is_through_proxy);
        self.run(site)
    }

    /// Where the copy of Duet is.
    pub fn duet_project(&self) -> PathBuf {
        self.projects.path().join("duet")
    }

    /// Where the copy of the floor is.
    pub fn floor_project(&self) -> PathBuf {
        self.projects.path().join("floor")
    }
}

/// Starts what is in `project`.
pub fn start_stack(project: &Path, store: StoreKind) -> Outcome<Stack> {
    Ok(Stack::start_project(project, store, &UNLIMITED)?)
}

fn once(cell: &OnceCell<Site>, start: impl FnOnce() -> Outcome<Site>) -> Outcome<&Site> {
    let site = match cell.get() {
        Some(site) => site,
        None => {
            let site = start()?;
            cell.get_or_init(|| site)
        }
    };
    Ok(site)
}

/// Copies `parts` of a project and its wrangler.toml, without the build that it is made by.
fn freeze(project: &Path, parts: &[&str], copy: &Path) -> Outcome<()> {
    fs::create_dir_all(copy)?;
    for part in parts {
        copy_all(&project.join(part), &copy.join(part))?;
    }
    let settings = fs::read_to_string(project.join("wrangler.toml"))?;
    let sections: Vec<&str> =
        settings.split("\n\n").filter(|section| !section.starts_with("[build]")).collect();
    Ok(fs::write(copy.join("wrangler.toml"), sections.join("\n\n"))?)
}

fn copy_all(from: &Path, to: &Path) -> Outcome<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        copy_all(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}
