//! The sizes and counts of the protocol.

use crate::domain::Seq;

/// Bytes in a request body. A larger body is refused without being read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Bytes in a socket frame. A larger frame closes the socket with 1009.
pub const MAX_FRAME_BYTES: usize = 32 * 1024;
/// Messages that a room holds at most.
pub const MAX_MESSAGES: Seq = 5_000;
/// Approximate bytes of messages on a page of the history: the message that crosses the limit is the last one.
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;
/// Sockets that one participant may have open, across tabs and devices.
pub const MAX_SOCKETS_PER_PARTICIPANT: usize = 8;
