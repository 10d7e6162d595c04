//! The values that a room is made of. A value's constructor is the only validation there is: holding one proves that
//! it was checked.

mod ids;
mod lifetime;
mod message;
mod secrets;
mod time;

pub use ids::{MessageId, ParticipantId, ProofHash, RoomId, SeatDigest, SocketId};
pub use lifetime::Lifetime;
pub use message::{Message, MessageText, SenderName, Seq, StoredMessage};
pub use secrets::{Hello, Proof, Shelf, Token};
pub use time::EpochMs;

/// Random bytes, drawn at the edge for whatever a call may have to make: a room id, a message id or a token.
pub type RandomBytes = [u8; 32];
