//! The values that a room consists of. Their constructors are the only validation: a value that exists is valid.

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

/// Random bytes that the platform layer draws for each call. They become a room id, a message id or a token.
pub type RandomBytes = [u8; 32];
