//! The Worker and its Durable Object: everything that touches Cloudflare, JavaScript, the clock or randomness.
//!
//! It turns requests, frames and alarms into events of [`crate::room`], and effects into calls of the platform. It
//! decides nothing about a room.

mod clock;
mod database;
mod entry;
mod env;
mod http;
mod ip_limits;
mod log;
mod object;
mod sockets;
mod storage;

use crate::wire::ApiError;

/// What the platform throws is a defect of ours or of its own, and its words stay inside.
impl From<worker::Error> for ApiError {
    fn from(_: worker::Error) -> Self {
        Self::Internal
    }
}

impl From<getrandom::Error> for ApiError {
    fn from(_: getrandom::Error) -> Self {
        Self::Internal
    }
}
