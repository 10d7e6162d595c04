//! The Worker itself: its size, its start, and the memory that rooms take.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use duet_test_support::{StoreKind, root};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    bench::{Bench, start_stack},
    failure::Outcome,
    http::Client,
    plan::Plan,
    process::resident_bytes,
    report::{Row, Section},
    site::Site,
    stats::{median, millis},
    talk::{Kind, Pair, Place},
};

const MOST_GZIPPED_BYTES: u64 = 180_000;

/// Resident memory of the workerd that runs the Worker, in bytes.
struct Memory {
    fresh: u64,
    with_rooms: u64,
    after_rooms: u64,
    after_many: u64,
}

/// Measures all three, for the floor and for Duet.
pub fn measure(bench: &Bench) -> Outcome<Section> {
    let (size, floor_size) = (upload_bytes(&bench.duet_project())?, upload_bytes(&bench.floor_project())?);
    let (start_ms, floor_start_ms) = starts(bench)?;
    let [duet, floor] = memory(bench)?;
    let mut rows = vec![
        Row::new("upload, gzipped", kilobytes(size))
            .against(kilobytes(floor_size), size as f64 / floor_size as f64)
            .target(format!("≤ {}", kilobytes(MOST_GZIPPED_BYTES)), size <= MOST_GZIPPED_BYTES),
        Row::new("start of `wrangler dev` to the first answer", format!("{start_ms:.0} ms"))
            .against(format!("{floor_start_ms:.0} ms"), start_ms / floor_start_ms),
    ];
    rows.extend(memory_rows(&bench.plan, &duet, &floor));
    Ok(Section {
        title: "Worker".to_owned(),
        rows,
        notes: vec![notes(&bench.plan)],
        figures: json!({
            "gzippedBytes": { "duet": size, "floor": floor_size },
            "startMs": { "duet": start_ms, "floor": floor_start_ms },
            "residentBytes": { "duet": duet.figures(), "floor": floor.figures() },
        }),
    })
}

fn notes(plan: &Plan) -> String {
    format!(
        "Memory is the resident set of the workerd that runs the Worker, not of wrangler's own: fresh, {} s after the last socket \
         opened, and {} s after the last room ended.",
        plan.settle.as_secs(),
        plan.release.as_secs()
    )
}

/// What a deployment would send: each file by itself.
fn upload_bytes(project: &Path) -> Outcome<u64> {
    let out = tempfile::Builder::new().prefix("duet-bench-upload-").tempdir()?;
    let mut wrangler = Command::new(root().join("node_modules/.bin/wrangler"));
    let said =
        wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(out.path()).current_dir(project).output()?;
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into());
    }
    let files: Vec<PathBuf> =
        std::fs::read_dir(out.path())?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_sent =
        |file: &&PathBuf| file.extension().is_some_and(|extension| extension == "js" || extension == "wasm");
    files.iter().filter(is_sent).map(|file| gzipped_bytes(file)).sum()
}

fn gzipped_bytes(file: &Path) -> Outcome<u64> {
    Ok(Command::new("gzip").args(["-9", "-c"]).arg(file).output()?.stdout.len() as u64)
}

/// Medians for Duet and for the floor, which take turns.
fn starts(bench: &Bench) -> Outcome<(f64, f64)> {
    let (mut duet, mut floor) = (vec![], vec![]);
    for _ in 0..bench.plan.starts {
        floor.push(start_ms(bench, &bench.floor_project())?);
        duet.push(start_ms(bench, &bench.duet_project())?);
    }
    Ok((median(duet.into_iter()), median(floor.into_iter())))
}

fn start_ms(bench: &Bench, project: &Path) -> Outcome<f64> {
    let began = Instant::now();
    let stack = start_stack(project, StoreKind::Embedded)?;
    let host = stack.base_url().trim_start_matches("http://").to_owned();
    bench.run(async {
        match Client::connect(&host).await?.get("/api/health", None).await?.status {
            200 => Ok(millis(began.elapsed())),
            status => Err(format!("not healthy: {status}").into()),
        }
    })
}

/// Memory of Duet and of the floor, which go through the same at the same time: most of it is waiting.
fn memory(bench: &Bench) -> Outcome<[Memory; 2]> {
    let sites = [bench.start_embedded()?, bench.start_floor()?];
    let [duet, floor] = &sites;
    let places = [duet.duet(), floor.place(Kind::Relay)];
    let fresh = resident_of(&sites)?;
    let rooms = bench.run(open_all(&places, &bench.plan))?;
    let with_rooms = resident_of(&sites)?;
    bench.run(end_all(&places, rooms, bench.plan.release))?;
    let after_rooms = resident_of(&sites)?;
    for _ in 0..bench.plan.again {
        let rooms = bench.run(open_all(&places, &bench.plan))?;
        bench.run(end_all(&places, rooms, bench.plan.settle))?;
    }
    let after_many = resident_of(&sites)?;
    let of = |[fresh, with_rooms, after_rooms, after_many]: [u64; 4]| Memory {
        fresh,
        with_rooms,
        after_rooms,
        after_many,
    };
    Ok([
        of([fresh.0, with_rooms.0, after_rooms.0, after_many.0]),
        of([fresh.1, with_rooms.1, after_rooms.1, after_many.1]),
    ])
}

fn resident_of([duet, floor]: &[Site; 2]) -> Outcome<(u64, u64)> {
    Ok((resident_bytes(duet.workerd)?, resident_bytes(floor.workerd)?))
}

async fn open_all(places: &[Place; 2], plan: &Plan) -> Outcome<Vec<Vec<Pair>>> {
    let mut rooms = vec![];
    for place in places {
        rooms.push(place.pairs(plan.rooms).await?);
    }
    sleep(plan.settle).await;
    Ok(rooms)
}

async fn end_all(places: &[Place; 2], rooms: Vec<Vec<Pair>>, rest: Duration) -> Outcome<()> {
    for (place, pairs) in places.iter().zip(rooms) {
        end(place, pairs).await?;
    }
    sleep(rest).await;
    Ok(())
}

async fn end(place: &Place, pairs: Vec<Pair>) -> Outcome<()> {
    let mut client = Client::connect(&place.host).await?;
    for Pair { mut ann, mut bob } in pairs {
        if place.kind == Kind::Duet {
            let path = format!("/api/room?roomId={}", ann.room);
            client.delete(&path, Some(&ann.token)).await?;
            ann.is_sent_off().await;
            bob.is_sent_off().await;
        } else {
            ann.leave().await?;
            bob.leave().await?;
        }
    }
    Ok(())
}

impl Memory {
    fn figures(&self) -> Value {
        json!({ "fresh": self.fresh, "withRooms": self.with_rooms, "afterRooms": self.after_rooms, "afterMany": self.after_many })
    }
}

fn memory_rows(plan: &Plan, duet: &Memory, floor: &Memory) -> [Row; 5] {
    let row = |what: String, of: &dyn Fn(&Memory) -> f64| {
        let (of_duet, of_floor) = (of(duet), of(floor));
        Row::new(what, format!("{of_duet:.1} MB")).against(format!("{of_floor:.1} MB"), of_duet / of_floor)
    };
    let rooms = plan.rooms;
    let each_kb =
        |memory: &Memory| (megabytes(memory.with_rooms) - megabytes(memory.fresh)) * 1000.0 / rooms as f64;
    [
        row("memory, fresh".to_owned(), &|memory| megabytes(memory.fresh)),
        row(format!("memory, {rooms} rooms with two idle sockets each"), &|memory| {
            megabytes(memory.with_rooms)
        }),
        Row::new("memory, each such room", format!("{:.0} KB", each_kb(duet)))
            .against(format!("{:.0} KB", each_kb(floor)), each_kb(duet) / each_kb(floor)),
        row("memory, after they ended".to_owned(), &|memory| megabytes(memory.after_rooms)),
        row(format!("memory, after {} times as many more", plan.again), &|memory| {
            megabytes(memory.after_many)
        }),
    ]
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
