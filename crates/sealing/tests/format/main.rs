//! Tests the format with `docs/sealing-vectors.json`: every value, and every input that must be refused.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
)]

mod negatives;
mod vectors;
