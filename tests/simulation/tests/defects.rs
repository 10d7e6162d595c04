//! Deliberate defects: one-line changes to the product. Each is a patch in `defects/`, and the simulation must find it.
//!
//! `npm run abuse` builds the product once with each patch, in a copy of the sources, and looks for the first seed that
//! fails. `DUET_DEFECTS=third-seat,two-requests-in-flight` selects some of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "what fails here is a test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The files that the build of the simulation needs.
const SOURCES: [&str; 8] = ["Cargo.toml", "Cargo.lock", ".cargo", "src", "bench", "crates", "tests", "xtask"];

/// Folders with these names contain nothing that the build needs.
const NOT_SOURCES: [&str; 3] = ["target", "node_modules", "results"];

/// A patch to one file of the product.
struct Defect {
    name: String,
    /// A sentence that says what is wrong with the product.
    about: String,
    file: String,
    /// Lines before and after the change.
    changes: Vec<(String, String)>,
}

impl Defect {
    /// Parses a unified diff with a sentence in front of it. Line numbers are ignored, so the lines must be unique.
    fn read(path: &Path) -> Self {
        let patch = fs::read_to_string(path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (about, diff) = patch.split_once("\n--- a/").unwrap_or_else(|| panic!("{name} is no patch"));
        let mut lines = diff.lines().skip(1);
        let file = lines.next().and_then(|line| line.strip_prefix("+++ b/")).unwrap().to_owned();
        let mut changes: Vec<(String, String)> = vec![];
        for line in lines {
            if line.starts_with("@@") {
                changes.push((String::new(), String::new()));
                continue;
            }
            let (kind, text) = line.split_at_checked(1).unwrap_or((" ", ""));
            let (old, new) = changes.last_mut().unwrap();
            if matches!(kind, " " | "-") {
                *old += &format!("{text}\n");
            }
            if matches!(kind, " " | "+") {
                *new += &format!("{text}\n");
            }
        }
        Self { name, about: about.trim().replace('\n', " "), file, changes }
    }

    /// The file with the defect. Fails where the patch does not apply.
    fn applied_to(&self, source: &str) -> String {
        let is_whole = !self.changes.is_empty() && self.changes.iter().all(|(old, new)| old != new);
        assert!(is_whole, "{} changes nothing", self.name);
        self.changes.iter().fold(source.to_owned(), |source, (old, new)| {
            let places = source.matches(old.as_str()).count();
            assert_eq!(places, 1, "{}.patch applies to {places} places of {}", self.name, self.file);
            source.replacen(old.as_str(), new, 1)
        })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn defects() -> Vec<Defect> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("defects");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| Defect::read(path)).collect()
}

#[test]
fn every_defect_still_applies_to_the_product_and_stands_in_the_table() {
    let table = fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let defects = defects();
    assert!(defects.len() >= 20, "only {} defects", defects.len());

    for defect in defects {
        let source = fs::read_to_string(root().join(&defect.file)).unwrap();
        assert_ne!(defect.applied_to(&source), source);
        assert!(
            table.contains(&format!("| `{}` |", defect.name)),
            "{} is not in docs/testing.md",
            defect.name
        );
    }
}

/// A copy of the sources with its own target folder. Unchanged files keep their time, so that little is compiled.
struct BuildFolder(PathBuf);

impl BuildFolder {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("defects");
        for name in SOURCES {
            copy(&root().join(name), &folder.join("sources").join(name));
        }
        Self(folder)
    }

    /// Builds the simulation with a defect, and runs it until the first failure.
    fn find(&self, defect: &Defect) -> Found {
        let path = self.0.join("sources").join(&defect.file);
        let original = fs::read_to_string(root().join(&defect.file)).unwrap();
        fs::write(&path, defect.applied_to(&original)).unwrap();
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--profile", "simulation"])
            .args(["-p", "duet-simulation", "--bin", "first_failure"])
            .current_dir(self.0.join("sources"))
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("CARGO_PROFILE_SIMULATION_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_SIMULATION_DEBUG", "0")
            .output()
            .unwrap();
        fs::write(&path, original).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} does not build or run:\n{errors}", defect.name);
        Found::read(&String::from_utf8_lossy(&output.stdout))
    }
}

/// The first failure with a defect: the seed or the scenario, the invariant and what was observed.
#[derive(Default)]
struct Found {
    by_seed: Option<[String; 3]>,
    by_scenario: Option<[String; 3]>,
}

impl Found {
    fn read(output: &str) -> Self {
        let mut found = Self::default();
        for line in output.lines() {
            let [kind, place, invariant, what] = line.splitn(4, '\t').collect::<Vec<_>>()[..] else {
                continue;
            };
            let failure = Some([place, invariant, what].map(str::to_owned));
            if kind == "seed" { found.by_seed = failure } else { found.by_scenario = failure }
        }
        found
    }

    /// A row of the table in `docs/testing.md`.
    fn row(&self, defect: &Defect) -> String {
        let [seed, invariant] =
            self.by_seed.as_ref().map_or(["none", ""], |[seed, invariant, _]| [seed, invariant]);
        let file = defect.file.trim_start_matches("src/");
        format!("| `{}` | {} | `{file}` | {invariant} | {seed} |", defect.name, defect.about.trim())
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        let contents = fs::read(from).unwrap();
        if fs::read(to).ok().as_ref() != Some(&contents) {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, contents).unwrap();
        }
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        if !NOT_SOURCES.contains(&name.to_string_lossy().as_ref()) {
            copy(&from.join(&name), &to.join(&name));
        }
    }
}

#[test]
#[ignore = "builds the product once for each defect; `npm run abuse` runs it"]
fn every_defect_is_found() {
    let names = std::env::var("DUET_DEFECTS").unwrap_or_default();
    let is_chosen = |defect: &Defect| names.is_empty() || names.split(',').any(|name| name == defect.name);
    let build_folder = BuildFolder::new();
    let (mut missed, mut found_by_scenarios) = (vec![], vec![]);
    println!("| defect | what is wrong | file | invariant | seed |\n|---|---|---|---|---|");

    for defect in defects().into_iter().filter(is_chosen) {
        let found = build_folder.find(&defect);
        println!("{}", found.row(&defect));
        found_by_scenarios
            .extend(found.by_scenario.map(|[scenario, ..]| format!("{} ({scenario})", defect.name)));
        match found.by_seed {
            Some([_, _, what]) => eprintln!("{}: {} Seen: {what}", defect.name, defect.about),
            None => missed.push(defect.name),
        }
    }

    println!("\nfound by the small scenarios: {}", found_by_scenarios.join(", "));
    assert!(missed.is_empty(), "not found within 2,000 seeds: {missed:?}");
    assert!(!names.is_empty() || found_by_scenarios.len() >= 2, "the small scenarios find too little");
}
