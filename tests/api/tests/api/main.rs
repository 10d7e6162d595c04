//! The API from outside: real requests and real sockets against the real Worker under workerd. Every case runs once on
//! each store. `cargo test -p duet-api-tests [-- FILTER]`; a case is called `<store>::<subject>::<behaviour>`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure here is a failing test, and has to be reported at once"
)]

#[macro_use]
mod world;

mod addresses;
mod bill;
mod config;
mod cost;
mod crowds;
mod dollars;
mod embedded_files;
mod endings;
mod errors;
mod expiry;
mod faults;
mod full_history;
mod fuzz;
mod headers;
mod in_sync;
mod keeping;
mod late_writes;
mod limits;
mod logs;
mod messages;
mod nonsense;
mod origins;
mod presence;
mod races;
mod redis_keys;
mod restart;
mod rooms;
mod seats;
mod sockets;
mod storms;
mod tampering;
mod waiting;

use std::sync::Arc;

use duet_test_support::StoreKind;
use libtest_mimic::{Arguments, Trial};
use world::{Case, World};

/// A subject: the name of a file, and its cases.
type Subject = (&'static str, &'static [Case]);

const ON_BOTH_STORES: [Subject; 19] = [
    ("bill", bill::CASES),
    ("endings", endings::CASES),
    ("errors", errors::CASES),
    ("expiry", expiry::CASES),
    ("full_history", full_history::CASES),
    ("fuzz", fuzz::CASES),
    ("headers", headers::CASES),
    ("keeping", keeping::CASES),
    ("limits", limits::CASES),
    ("logs", logs::CASES),
    ("messages", messages::CASES),
    ("origins", origins::CASES),
    ("presence", presence::CASES),
    ("races", races::CASES),
    ("restart", restart::CASES),
    ("rooms", rooms::CASES),
    ("seats", seats::CASES),
    ("seats_with_proof", seats::proof::CASES),
    ("sockets", sockets::CASES),
];
const ON_EMBEDDED: [Subject; 4] = [
    ("addresses", addresses::CASES),
    ("config", config::CASES),
    ("dollars", dollars::CASES),
    ("embedded_files", embedded_files::CASES),
];
const ON_UPSTASH: [Subject; 7] = [
    ("cost", cost::CASES),
    ("faults", faults::CASES),
    ("late_writes", late_writes::CASES),
    ("redis_keys", redis_keys::CASES),
    ("storms", storms::CASES),
    ("tampering", tampering::CASES),
    ("waiting", waiting::CASES),
];

/// Subjects that take minutes. They run only with `--ignored`, and best with `--test-threads=1`.
const ON_REQUEST: [Subject; 1] = [("crowds", crowds::CASES)];

/// More threads than processors, because most cases mostly wait.
const THREADS: usize = 8;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    // The storms on Upstash take longest, so they start first.
    let worlds = [StoreKind::Upstash, StoreKind::Embedded].map(|store| Arc::new(World::new(store)));
    let trials = worlds.iter().flat_map(trials).collect();

    let conclusion = libtest_mimic::run(&arguments, trials);

    // `exit` drops nothing, and the Workers must end.
    drop(worlds);
    conclusion.exit();
}

fn trials(world: &Arc<World>) -> Vec<Trial> {
    let (store, own): (_, &[Subject]) = match world.store {
        StoreKind::Embedded => ("embedded", &ON_EMBEDDED),
        StoreKind::Upstash => ("upstash", &ON_UPSTASH),
    };
    let always = own.iter().rev().chain(&ON_BOTH_STORES).map(|subject| (subject, false));
    let all = always.chain(ON_REQUEST.iter().map(|subject| (subject, true)));
    let trial = |subject: &str, (name, run): &Case, is_ignored| {
        let (world, run) = (world.clone(), *run);
        let run = move || {
            run(&world);
            Ok(())
        };
        Trial::test(format!("{store}::{subject}::{name}"), run).with_ignored_flag(is_ignored)
    };
    all.flat_map(|((subject, cases), is_ignored)| {
        cases.iter().map(move |case| trial(subject, case, is_ignored))
    })
    .collect()
}
