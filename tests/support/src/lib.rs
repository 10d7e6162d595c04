//! What tests need around the Worker: the Worker itself under workerd, a real Redis, Upstash's REST API in front of
//! it with faults on demand, and participants who talk to it.
//!
//! Whatever is started here ends with its value, and also when the test process is killed: see `guard.sh`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
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

pub use browser::{Answer, Ask, Browser};
pub use guarded::Guarded;
pub use participant::Participant;
pub use redis::Redis;
pub use resp::Reply;
pub use socket::{Event, Socket, message_id};
pub use stack::{Stack, StoreKind};
pub use wait::{LIMIT, now_ms, wait_until};
pub use worker::{Vars, Worker, build_once, root};
