//! A double of Upstash's REST API in front of a real Redis: the documented forms, a log of requests, and faults.

mod faults;
mod request_log;
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
pub use request_log::{LogPosition, LoggedCommand, LoggedRequest};

use crate::redis::Redis;
use faults::Faults;
use request_log::RequestLog;
use server::Database;

/// The double. Dropping it closes its port.
pub struct Upstash {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// The state that all request handlers share.
struct Shared {
    token: String,
    database: Database,
    log: RequestLog,
    faults: Faults,
    /// The simulated network delay of a round trip, in microseconds.
    round_trip_us: AtomicU64,
}

impl Upstash {
    /// Starts on a free local port in front of `redis`, which may be stopped and started meanwhile.
    pub fn start(redis: &Redis) -> Self {
        Self::in_front_of(redis.socket())
    }

    fn in_front_of(socket: PathBuf) -> Self {
        let shared = Arc::new(Shared {
            token: nanoid::nanoid!(40, &nanoid::alphabet::SAFE),
            database: Database::at(socket),
            log: RequestLog::default(),
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

    /// The value for `UPSTASH_REDIS_REST_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The value for `UPSTASH_REDIS_REST_TOKEN`.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Adds a network delay to every request from now on: half before the request runs and half after. Concurrent
    /// requests do not wait for each other.
    pub fn set_round_trip(&self, round_trip: Duration) {
        self.shared.round_trip_us.store(round_trip.as_micros() as u64, Ordering::Relaxed);
    }

    /// The current position in the log. Pass it to [`Self::requests_since`] later.
    pub fn log_position(&self) -> LogPosition {
        self.shared.log.position()
    }

    /// The requests since `start` on keys of `room`.
    pub fn requests_since(&self, start: LogPosition, room: &str) -> Vec<LoggedRequest> {
        self.shared.log.since(start, room)
    }

    /// All requests since `start`.
    pub fn all_requests_since(&self, start: LogPosition) -> Vec<LoggedRequest> {
        self.shared.log.all_since(start)
    }

    /// Adds a fault behind the active ones.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.add(fault);
    }

    /// Removes the faults for `room`, or all faults if it is `None`.
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
