//! The core is synchronous and uses no platform: events in, effects out. A host build already fails if the core uses
//! the platform's crates. This test also finds code that would compile.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here is a test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

const CORE: [&str; 6] = ["src/config.rs", "src/domain", "src/journal", "src/replica", "src/room", "src/wire"];

/// Waiting, the platform, the clock, randomness, and collections whose order differs between two runs.
const FORBIDDEN: [&str; 12] = [
    "async ",
    ".await",
    "worker::",
    "js_sys",
    "wasm_bindgen",
    "SystemTime",
    "Instant",
    "getrandom",
    "thread_rng",
    "HashMap",
    "HashSet",
    "target_arch",
];

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| sources(&entry.unwrap().path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

fn violations(code: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.flat_map(|(index, line)| {
        FORBIDDEN.into_iter().filter(|word| line.contains(word)).map(move |word| (index + 1, word))
    })
}

#[test]
fn the_core_is_synchronous_and_uses_no_platform() {
    let mut files = vec![];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    CORE.iter().for_each(|path| sources(&root.join(path), &mut files));
    assert!(files.len() > 30, "the core is where this test looks");

    for file in files {
        let code = fs::read_to_string(&file).unwrap();
        if let Some((line, word)) = violations(&code).next() {
            panic!("{}:{line}: the core must not use `{word}`", file.display());
        }
    }
}

#[test]
fn a_forbidden_word_is_found_in_code_and_not_in_a_comment() {
    let code = "// async is mentioned\nasync fn wait() {}\n";

    assert_eq!(violations(code).collect::<Vec<_>>(), [(2, "async ")]);
}
