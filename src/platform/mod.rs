//! The Worker and its Durable Object: all code that uses Cloudflare, JavaScript, the clock or randomness.
//!
//! It turns requests, frames and alarms into events of [`crate::room`], and carries out the effects. It makes no
//! decision about a room.

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

/// An exception of the platform is a defect, in Duet or in the platform. Its text never reaches the client.
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
