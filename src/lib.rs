//! Duet: a private, temporary chat room for two people, opened by a link.
//!
//! [`room`] and [`replica`] make all decisions. They are synchronous state machines and run on any machine. `platform`
//! is the Worker and its Durable Object: the only code that uses Cloudflare, JavaScript, the clock and randomness. It
//! is compiled for wasm only, so that a host build fails if another module uses the platform.

pub mod config;
pub mod domain;
pub mod journal;
#[cfg(target_arch = "wasm32")]
mod platform;
#[cfg(test)]
mod proptests;
pub mod replica;
pub mod room;
pub mod wire;
