//! The whole system under one seed: room, journal and replica as they are, around them a platform, a Redis, honest
//! clients, strangers and faults that are made up, and an auditor that judges every step.
//!
//! `docs/testing.md` says how to run it and how to read a failure.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
)]

pub mod auditor;
pub mod deeds;
pub mod dice;
pub mod every_way;
pub mod host;
pub mod identity;
pub mod person;
pub mod redis;
pub mod run;
pub mod settle;
pub mod shrink;
pub mod stage;
pub mod survey;
pub mod trace;
pub mod weather;
pub mod wire;
pub mod world;

pub use auditor::Violation;
pub use run::{Failure, Report, run_seed};
pub use world::{Setup, World};
