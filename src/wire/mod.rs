//! The formats of everything that clients and server exchange: URLs, cookies, bodies, frames and errors.
//! `docs/protocol.md` is the contract.
//!
//! Unknown keys and unknown frame types are ignored, so that client and server can have different versions.

mod answers;
mod bodies;
pub mod cookie;
mod errors;
pub mod fields;
mod frames;
pub mod limits;
pub mod origin;
mod query;
mod requests;
mod routes;

pub use answers::{Answer, HealthBody, JoinedBody, RoomStatus};
pub use bodies::{CreateBody, Draft, JoinBody};
pub use errors::{ApiError, Close};
pub use frames::{ClientFrame, HelloMap, Hellos, SeenMark, ServerFrame, message_frame};
pub use query::Query;
pub use requests::Request;
pub use routes::{ROUTES, Route};
