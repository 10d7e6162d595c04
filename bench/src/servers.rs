//! The servers that are measured: they start when they are first asked for.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use duet_test_support::{Browser, Stack, StoreKind, build_once, root};
use tempfile::TempDir;

use crate::{
    options::{Options, Plan},
    process,
    talk::{Kind, Place},
};

/// No limits: they would be what is measured.
const UNLIMITED: [(&str, &str); 2] = [("MESSAGE_RATE_PER_SECOND", "0"), ("ADDRESS_LIMITS", "off")];

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// The bare platform, which writes a row before it sends a frame on.
    Floor,
    /// The same, with an index that finds a repeated message, and a sequence number in the frame.
    IndexingFloor,
    /// Duet without a database.
    Embedded,
    /// Duet with a database.
    #[allow(missing_docs, reason = "the name says it")]
    Upstash { distance_ms: u64 },
}

impl Lane {
    /// Rooms of this kind.
    pub fn place(self, servers: &Servers) -> Place {
        match self {
            Self::Floor => servers.floor().place(Kind::Storing),
            Self::IndexingFloor => servers.floor().place(Kind::Indexing),
            Self::Embedded => servers.embedded().place(Kind::Duet),
            Self::Upstash { distance_ms } => {
                servers.upstash(Duration::from_millis(distance_ms)).place(Kind::Duet)
            }
        }
    }

    /// As the tables name it.
    pub fn name(self) -> String {
        match self {
            Self::Floor => "floor that writes a row".to_owned(),
            Self::IndexingFloor => "floor that also finds repetitions".to_owned(),
            Self::Embedded => "embedded".to_owned(),
            Self::Upstash { distance_ms } => format!("Upstash, {distance_ms} ms away"),
        }
    }
}

/// All servers of one run, and how much to do with them.
pub struct Servers {
    /// How much of everything to do.
    pub plan: Plan,
    floor: OnceCell<Server>,
    embedded: OnceCell<Server>,
    upstash: OnceCell<Server>,
    // Last, since the servers end before their files go.
    projects: TempDir,
}

/// A running server.
pub struct Server {
    /// The Worker, and its database if it has one.
    pub stack: Stack,
    /// Where its workerd answers, without a slash at the end.
    pub base_url: String,
    /// The process id of the workerd that runs the Worker; wrangler's own Worker runs in another.
    pub workerd: u32,
}

impl Servers {
    /// Builds Duet and copies it, so that an edit during the run changes nothing.
    pub fn new(options: &Options) -> Self {
        build_once().expect("Duet builds");
        let projects = tempfile::Builder::new().prefix("duet-bench-").tempdir().expect("a folder");
        copy_project(&root(), &["build", "public"], &projects.path().join("duet"));
        copy_project(&root().join("bench/floor"), &["floor.js"], &projects.path().join("floor"));
        Self {
            plan: options.plan(),
            floor: OnceCell::new(),
            embedded: OnceCell::new(),
            upstash: OnceCell::new(),
            projects,
        }
    }

    /// The bare platform.
    pub fn floor(&self) -> &Server {
        self.floor.get_or_init(|| self.start_floor())
    }

    /// Duet without a database.
    pub fn embedded(&self) -> &Server {
        self.embedded.get_or_init(|| self.start_embedded())
    }

    /// Duet with Upstash, which is as far away as the last caller said.
    pub fn upstash(&self, round_trip: Duration) -> &Server {
        let server = self.upstash.get_or_init(|| self.start(&self.duet_project(), StoreKind::Upstash));
        server.stack.upstash().set_round_trip(round_trip);
        server
    }

    /// Another floor, which nobody has used.
    pub fn start_floor(&self) -> Server {
        self.start(&self.floor_project(), StoreKind::Embedded)
    }

    /// Another Duet without a database, which nobody has used.
    pub fn start_embedded(&self) -> Server {
        self.start(&self.duet_project(), StoreKind::Embedded)
    }

    fn start(&self, project: &Path, store: StoreKind) -> Server {
        let stack = Stack::start_project(project, store, &UNLIMITED).expect("the Worker starts");
        let (workerd, base_url) = find_workerd(&stack);
        Server { stack, base_url, workerd }
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

impl Server {
    /// Rooms of this kind on this server.
    pub fn place(&self, kind: Kind) -> Place {
        Place { base_url: self.base_url.clone(), kind }
    }

    /// Resident memory of the workerd, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        process::resident_bytes(self.workerd)
    }
}

/// wrangler starts two workerds: its own, whose port it names, and behind it the one with the Worker.
fn find_workerd(stack: &Stack) -> (u32, String) {
    let outer_port: u16 = stack.base_url().rsplit(':').next().expect("a port").parse().expect("a port");
    for pid in process::members(stack.worker().process_group(), "workerd") {
        let ports = process::listening_ports(pid);
        if ports.contains(&outer_port) {
            continue;
        }
        for port in ports {
            let url = format!("http://127.0.0.1:{port}");
            if Browser::new(&url)
                .ask("GET", "/api/health")
                .try_send()
                .is_some_and(|answer| answer.status == 200)
            {
                return (pid, url);
            }
        }
    }
    panic!("no workerd answers behind wrangler")
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
