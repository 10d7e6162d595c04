//! The format against `docs/sealing-vectors.json`: every value, and everything that must not be accepted.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
)]

mod negatives;
mod vectors;
