//! The whole system, run from one seed: the product's room, journal and replica, in a simulated world with a platform,
//! a Redis, honest clients, strangers and faults, and an auditor that checks every step.
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
