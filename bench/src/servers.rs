//! The servers that are measured. Each starts when it is first needed.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use duet_test_support::{Stack, StoreKind, build_once, root};
use tempfile::TempDir;

use crate::{
    options::{Options, Plan},
    rooms::{RoomFactory, RoomKind},
};

/// No limits, because otherwise the benchmark would measure them.
const UNLIMITED: [(&str, &str); 2] = [("MESSAGE_RATE_PER_SECOND", "0"), ("ADDRESS_LIMITS", "off")];

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// The bare platform, which writes a row before it sends a frame to the others.
    Floor,
    /// The same, with an index that finds a repeated message, and a sequence number in the frame.
    IndexingFloor,
    /// All that Duet does for a message, by hand in JavaScript.
    CompleteFloor,
    /// Duet without a database.
    Embedded,
    /// Duet with a database.
    #[allow(missing_docs, reason = "the name says it")]
    Upstash { distance_ms: u64 },
}

impl Setup {
    /// Rooms of this kind.
    pub fn room_factory(self, servers: &Servers) -> RoomFactory {
        match self {
            Self::Floor => RoomFactory::on(servers.floor(), RoomKind::Storing),
            Self::IndexingFloor => RoomFactory::on(servers.floor(), RoomKind::Indexing),
            Self::CompleteFloor => RoomFactory::on(servers.floor(), RoomKind::Complete),
            Self::Embedded => RoomFactory::on(servers.embedded(), RoomKind::Duet),
            Self::Upstash { distance_ms } => {
                RoomFactory::on(servers.upstash(Duration::from_millis(distance_ms)), RoomKind::Duet)
            }
        }
    }

    /// Its name in the tables.
    pub fn name(self) -> String {
        match self {
            Self::Floor => "floor that writes a row".to_owned(),
            Self::IndexingFloor => "floor that also finds repetitions".to_owned(),
            Self::CompleteFloor => "floor with all duties, in JavaScript".to_owned(),
            Self::Embedded => "embedded".to_owned(),
            Self::Upstash { distance_ms } => format!("Upstash, {distance_ms} ms away"),
        }
    }
}

/// All servers of one run, and how much to do with them.
pub struct Servers {
    /// How much of everything to do.
    pub plan: Plan,
    floor: OnceCell<Stack>,
    embedded: OnceCell<Stack>,
    upstash: OnceCell<Stack>,
    // The last field, because the servers must end before their files are deleted.
    projects: TempDir,
}

impl Servers {
    /// Builds Duet and copies it, so that an edit during the run changes nothing.
    pub fn new(options: &Options) -> Self {
        build_once().expect("Duet builds");
        let projects = tempfile::Builder::new().prefix("duet-bench-").tempdir().expect("a folder");
        copy_project(&root(), &["build", "public"], &projects.path().join("duet"));
        copy_project(&root().join("bench/floor"), &["floor.js", "public"], &projects.path().join("floor"));
        Self {
            plan: options.plan(),
            floor: OnceCell::new(),
            embedded: OnceCell::new(),
            upstash: OnceCell::new(),
            projects,
        }
    }

    /// The bare platform.
    pub fn floor(&self) -> &Stack {
        self.floor.get_or_init(|| self.start_floor())
    }

    /// Duet without a database.
    pub fn embedded(&self) -> &Stack {
        self.embedded.get_or_init(|| self.start_embedded())
    }

    /// Duet with Upstash, at the distance of the last call.
    pub fn upstash(&self, round_trip: Duration) -> &Stack {
        let server = self.upstash.get_or_init(|| self.start(&self.duet_project(), StoreKind::Upstash));
        server.upstash().set_round_trip(round_trip);
        server
    }

    /// Another, unused floor.
    pub fn start_floor(&self) -> Stack {
        self.start(&self.floor_project(), StoreKind::Embedded)
    }

    /// Another, unused Duet without a database.
    pub fn start_embedded(&self) -> Stack {
        self.start(&self.duet_project(), StoreKind::Embedded)
    }

    fn start(&self, project: &Path, store: StoreKind) -> Stack {
        Stack::start_project(project, store, &UNLIMITED).expect("the Worker starts")
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

/// Copies `parts` of a project and its wrangler.toml without the build command.
fn copy_project(project: &Path, parts: &[&str], copy: &Path) {
    fs::create_dir_all(copy).expect("a folder");
    let mut cp = Command::new("cp");
    cp.arg("-r").args(parts.iter().map(|part| project.join(part))).arg(copy);
    assert!(cp.status().expect("cp runs").success());
    let settings = fs::read_to_string(project.join("wrangler.toml")).expect("a wrangler.toml");
    let sections: Vec<&str> =
        settings.split("\n\n").filter(|section| !section.starts_with("[build]")).collect();
    fs::write(copy.join("wrangler.toml"), sections.join("\n\n")).expect("a file");
}
