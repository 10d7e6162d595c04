//! The copy of a room in Redis. It follows the journal by one REST request at a time and repairs itself.
//!
//! The journal is always right: the replica only reads it, and no call that concerns messages waits for it. Whatever
//! goes wrong has the same cure, which is to write the whole room again.

mod commands;
mod deletion;
mod follower;
mod link;
mod replies;

pub use commands::RestRequest;
pub use deletion::Deletion;
pub use follower::{Follower, MemoryLoss, Progress, View};
pub use replies::Reply;

/// Names a request to the database within one life of the room's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Brings the database up to a state.
    Write(follower::Written),
    /// Asks for the length of the list, which must be this number.
    Check(crate::domain::Seq),
    /// Removes both keys.
    Delete,
}
