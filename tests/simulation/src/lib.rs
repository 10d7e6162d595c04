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

pub mod actions;
pub mod auditor;
pub mod convergence;
pub mod exhaustive;
pub mod faults;
pub mod host;
pub mod identity;
pub mod network;
pub mod person;
pub mod redis;
pub mod rng;
pub mod run;
pub mod shrink;
pub mod sim;
pub mod survey;
pub mod trace;
pub mod world;

pub use auditor::Violation;
pub use run::{Failure, Report, run_seed};
pub use world::{Setup, World};
