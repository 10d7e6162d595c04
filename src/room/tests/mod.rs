//! The room as a function: events in, effects out. Longer stories, with faults, are in `tests/simulation`.

mod ends;
mod replica;
mod seats;
mod talk;
mod world;
