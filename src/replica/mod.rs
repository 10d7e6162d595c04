//! The copy of a room in Redis. It follows the journal with one REST request at a time and repairs itself.
//!
//! The journal is always right: the replica only reads it, and no call that concerns messages waits for the replica.
//! Every failure has the same remedy: the whole room is written again.

mod commands;
mod connection;
mod deletion;
mod replicator;
mod replies;

pub use commands::RestRequest;
pub use deletion::Deletion;
pub use replicator::{MemoryLoss, Progress, Replicator, RoomView};
pub use replies::Reply;

/// Identifies a request to the database. Unique until the object's memory is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Brings the database up to a state.
    Write(replicator::Written),
    /// Counts the list, which must have this length.
    Check(crate::domain::Seq),
    /// Deletes both keys.
    Delete,
}
