//! The surroundings of the Worker in tests: the Worker itself under workerd, a real Redis, a double of Upstash's REST
//! API with faults on demand, and clients.
//!
//! Every process that is started here ends when its value is dropped, and also when the test process is killed: see
//! `guard.sh`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure here is a failing test, and has to be reported at once"
)]

mod browser;
mod guarded;
mod participant;
mod process;
mod redis;
mod resp;
mod socket;
mod stack;
pub mod upstash;
mod wait;
mod worker;

pub use browser::{Answer, Browser, RequestBuilder};
pub use guarded::Guarded;
pub use participant::Participant;
pub use redis::Redis;
pub use resp::Reply;
pub use socket::{Event, Socket, message_id};
pub use stack::{Stack, StoreKind};
pub use wait::{LIMIT, now_ms, wait_until};
pub use worker::{Vars, Worker, build_once, root};
