//! What can go wrong for a caller, and the one table that says it outward.

use serde::Serialize;

/// Why a request or a frame was refused.
#[allow(missing_docs, reason = "a variant's text says what its fields hold")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// `field` breaks its rule; `problem` ends the sentence that the field's name begins.
    BadRequest { field: &'static str, problem: &'static str },
    /// No seat in this room belongs to the caller.
    NotAParticipant,
    /// The request was sent by a page of another host.
    BadOrigin,
    /// The room has an access proof and this is not it.
    BadProof,
    /// Never existed, expired or destroyed: the three look alike.
    RoomNotFound,
    /// No such route.
    NotFound,
    /// The route exists, with the methods named here.
    MethodNotAllowed { allow: String },
    /// Both seats are taken.
    RoomFull,
    /// The room holds as many messages as a room may.
    HistoryFull,
    /// The body is larger than any this API takes.
    TooLarge,
    /// A body came that does not say that it is JSON.
    NotJson,
    /// A socket route was asked for without an upgrade.
    UpgradeRequired,
    /// Too fast; welcome again after so many seconds.
    TooManyRequests { retry_after_seconds: u64 },
    /// The store did not answer; whether anything was written will be found out before the next write. Holds what
    /// the log is told of it, and the caller is not.
    StoreUnavailable(&'static str),
    /// A setting of the operator is wrong. Holds what is said of it: a variable's name, never its value.
    Misconfigured(String),
    /// A defect of ours or of the platform.
    Internal,
}

/// Sockets that the room ends itself: nothing was refused.
pub mod close {
    /// The peer wanted to go.
    pub const NORMAL: u16 = 1000;
    /// A participant destroyed the room.
    pub const DESTROYED: u16 = 4410;
    /// The room's time is over.
    pub const EXPIRED: u16 = 4411;
    /// The frame was larger than any this protocol has.
    pub const FRAME_TOO_LARGE: u16 = 1009;
}

/// The body of every error answer.
#[derive(Debug, Serialize)]
pub struct ErrorBody {
    /// A stable word for programs.
    pub error: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl ApiError {
    /// The one table: HTTP status, socket close code, word, sentence.
    fn row(&self) -> (u16, u16, &'static str, &'static str) {
        match self {
            Self::BadRequest { .. } => (400, 4400, "bad-request", ""),
            Self::NotAParticipant => {
                (401, 4401, "not-a-participant", "You have no seat in this room. Join it first.")
            }
            Self::BadOrigin => (403, 4403, "bad-origin", "This request was sent by a page of another site."),
            Self::BadProof => (403, 4403, "bad-proof", "This room opens with its whole link only."),
            Self::RoomNotFound => (404, 4404, "room-not-found", "There is no room with this id."),
            Self::NotFound => (404, 4404, "not-found", "There is nothing at this address."),
            Self::MethodNotAllowed { .. } => {
                (405, 4400, "method-not-allowed", "This address does not take that method.")
            }
            Self::RoomFull => {
                (409, 4409, "room-full", "This room has two people in it, and never takes a third.")
            }
            Self::HistoryFull => {
                (409, 4409, "room-history-full", "This room holds as many messages as a room may.")
            }
            Self::TooLarge => (413, close::FRAME_TOO_LARGE, "too-large", "The body must be at most 64 KiB."),
            Self::NotJson => (415, 4400, "not-json", "The body must be JSON, sent as application/json."),
            Self::UpgradeRequired => (426, 4400, "upgrade-required", "This address takes WebSockets only."),
            Self::TooManyRequests { .. } => {
                (429, 4429, "too-many-requests", "Too fast. Wait a little and try again.")
            }
            Self::StoreUnavailable(_) => {
                (503, 1013, "store-unavailable", "The store does not answer right now. Try again.")
            }
            Self::Misconfigured(_) => (500, 1011, "misconfigured", ""),
            Self::Internal => (500, 1011, "internal", "Something went wrong here."),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.row().0
    }

    /// The code that a socket is closed with for this reason.
    pub fn close_code(&self) -> u16 {
        self.row().1
    }

    /// The stable word.
    pub fn word(&self) -> &'static str {
        self.row().2
    }

    /// The sentence for people. Holds no value that came with the request.
    pub fn message(&self) -> String {
        match self {
            Self::BadRequest { field, problem } => format!("`{field}` {problem}."),
            Self::Misconfigured(what) => what.clone(),
            _ => self.row().3.to_owned(),
        }
    }

    /// What only the log is told.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::StoreUnavailable(cause) => cause,
            _ => "",
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody { error: self.word(), message: self.message() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_request_names_its_field() {
        let error = ApiError::BadRequest { field: "text", problem: "must not be empty" };

        assert_eq!((error.status(), error.close_code(), error.word()), (400, 4400, "bad-request"));
        assert_eq!(error.message(), "`text` must not be empty.");
    }

    #[test]
    fn a_room_that_ended_looks_like_one_that_never_was() {
        let error = ApiError::RoomNotFound;

        assert_eq!((error.status(), error.close_code(), error.word()), (404, 4404, "room-not-found"));
    }
}
