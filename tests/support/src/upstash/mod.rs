//! Upstash's REST API in front of a real Redis: its documented shapes, a journal of what came, and faults on demand.

mod faults;
mod journal;
mod rest;
mod server;

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpListener, runtime::Runtime};

pub use faults::{Fault, FaultKind};
pub use journal::{LoggedCommand, LoggedRequest, Mark};

use crate::redis::Redis;
use faults::Faults;
use journal::Journal;
use server::Database;

/// The double. Dropping it closes its port.
pub struct Upstash {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// What the handlers of all requests share.
struct Shared {
    token: String,
    database: Database,
    journal: Journal,
    faults: Faults,
    /// What a way through the network adds to every request, there and back.
    round_trip_us: AtomicU64,
}

impl Upstash {
    /// Starts on a free port of this machine, in front of `redis`, which may be stopped and started meanwhile.
    pub fn start(redis: &Redis) -> Self {
        Self::in_front_of(redis.socket())
    }

    fn in_front_of(socket: PathBuf) -> Self {
        let shared = Arc::new(Shared {
            token: nanoid::nanoid!(40, &nanoid::alphabet::SAFE),
            database: Database::at(socket),
            journal: Journal::default(),
            faults: Faults::default(),
            round_trip_us: AtomicU64::default(),
        });
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can start");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        runtime.spawn(server::serve(listener, shared.clone()));
        Self { address, shared, runtime: Some(runtime) }
    }

    /// For `UPSTASH_REDIS_REST_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// For `UPSTASH_REDIS_REST_TOKEN`.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Puts the database so far away from now on: half of it before a request runs and half behind. Requests that are on
    /// their way at the same time do not wait for each other.
    pub fn set_round_trip(&self, round_trip: Duration) {
        self.shared.round_trip_us.store(round_trip.as_micros() as u64, Ordering::Relaxed);
    }

    /// Now, to ask later what came since.
    pub fn mark(&self) -> Mark {
        self.shared.journal.mark()
    }

    /// The requests since `mark` that touched keys of `room`.
    pub fn requests_since(&self, mark: Mark, room: &str) -> Vec<LoggedRequest> {
        self.shared.journal.since(mark, room)
    }

    /// All requests since `mark`.
    pub fn all_requests_since(&self, mark: Mark) -> Vec<LoggedRequest> {
        self.shared.journal.all_since(mark)
    }

    /// Puts a fault in force, behind those that are.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Takes back the faults for `room`; all faults without one.
    pub fn clear_faults(&self, room: Option<&str>) {
        self.shared.faults.clear(room);
    }
}

impl Shared {
    fn half_round_trip(&self) -> Duration {
        Duration::from_micros(self.round_trip_us.load(Ordering::Relaxed) / 2)
    }
}

impl Drop for Upstash {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
