//! The end-to-end encryption of a Duet room, version 2 (`duet/2`), as a library.
//!
//! It is written from `docs/sealing.md` and not from the page's JavaScript, so that the document, both implementations
//! and the vectors in `docs/sealing-vectors.json` check each other. A client in Rust can use it as it is.
//!
//! | module | section of `docs/sealing.md` |
//! |---|---|
//! | [`bytes`] | Notation |
//! | [`link`] | Link and proof |
//! | [`hello`] | Hello |
//! | [`handshake`] | From two hellos to keys |
//! | [`message`] | Messages |
//! | [`body`] | What a message holds |
//! | [`head`] | Order |
//! | [`shelf`] | Where keys live in a browser |
//! | [`participant`] | What a client does, all rules together |
//!
//! Nothing here draws random bytes, reads a clock or does I/O: callers pass fresh random bytes where the format
//! requires them. A nonce must never be used twice with one key.

pub mod body;
pub mod bytes;
mod conversation;
pub mod handshake;
pub mod head;
pub mod hello;
pub mod link;
pub mod message;
pub mod participant;
pub mod shelf;
mod words;

pub use words::WORDS;
