//! Hostile strangers, against Duet and against the bare platform under the same load: 20,000 calls with random room
//! ids, with and without a token, and garbage instead of handshakes; slow readers of large pages; sockets that never
//! read. Before, during and after the attack, honest people talk in other rooms.
//!
//! Prints how long their messages take and how much memory workerd uses. Fails if an honest message is lost, if a call
//! gets no answer or a wrong one, or if a page is incomplete. `npm run abuse` runs it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what fails here is a test, and has to say so at once"
)]

mod attack;
mod honest;

use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use attack::Attack;
use duet_test_support::{Stack, StoreKind};
use honest::HonestRooms;

/// Messages whose latency is measured before the attack and after it.
const PROBES: usize = 500;
/// How often the memory is read during the attack.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(200);
/// The platform unloads an idle object after 70 seconds, or after ten if it can hibernate.
const RELEASE: Duration = Duration::from_secs(90);

fn main() {
    let floor = Path::new(env!("CARGO_MANIFEST_DIR")).join("floor");
    let stacks = [
        ("Duet", Stack::start(StoreKind::Embedded, &[])),
        ("bare platform", Stack::start_project(&floor, StoreKind::Embedded, &[])),
    ]
    .map(|(name, started)| (name, started.unwrap_or_else(|error| panic!("{error}"))));

    println!("| | honest messages | median, ms | p99, ms | slowest, ms | workerd, MB |");
    println!("|---|---|---|---|---|---|");
    for (name, stack) in &stacks {
        measure_attack(name, stack);
    }
    // One wait for both servers.
    thread::sleep(RELEASE);
    for (name, stack) in &stacks {
        row(name, "90 s later", probe_alone(stack), stack.worker().resident_bytes() / 1_000_000);
    }
}

fn measure_attack(name: &str, stack: &Stack) {
    let is_duet = name == "Duet";
    row(name, "before", probe_alone(stack), stack.worker().resident_bytes() / 1_000_000);

    let attack = Attack::prepare(stack, is_duet);
    let (mut honest, peak) = (HonestRooms::open(stack), AtomicU64::new(0));
    let is_over = AtomicBool::new(false);
    let latencies = thread::scope(|scope| {
        scope.spawn(|| {
            attack.run();
            is_over.store(true, Ordering::Relaxed);
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                peak.fetch_max(stack.worker().resident_bytes() / 1_000_000, Ordering::Relaxed);
                thread::sleep(SAMPLE_INTERVAL);
            }
        });
        honest.probe(usize::MAX, || is_over.load(Ordering::Relaxed))
    });
    row(name, "during, at most", latencies, peak.into_inner());

    drop(attack);
    row(name, "right after", honest.probe(PROBES, || false), stack.worker().resident_bytes() / 1_000_000);
}

fn probe_alone(stack: &Stack) -> Vec<Duration> {
    HonestRooms::open(stack).probe(PROBES, || false)
}

fn row(name: &str, when: &str, mut latencies: Vec<Duration>, megabytes: u64) {
    latencies.sort_unstable();
    let ms = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    let (median, p99, slowest) = (ms(0.5), ms(0.99), ms(1.0));
    let count = latencies.len();
    println!("| {name}, {when} | {count} | {median:.1} | {p99:.1} | {slowest:.1} | {megabytes} |");
}
