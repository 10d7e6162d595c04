//! Tests of the room as a function: events in, effects out. `tests/simulation` has longer stories with faults.

mod deletion;
mod ends;
mod messages;
mod replica;
mod seats;
mod world;
