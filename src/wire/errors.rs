//! Why a call is refused, and the only table that maps each refusal to a status, a close code, an error code and a
//! sentence.

use serde::Serialize;

/// Why a request or a frame was refused.
#[allow(missing_docs, reason = "each variant's docstring describes its fields")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// `field` breaks its rule. `problem` is the end of a sentence that begins with the field's name.
    BadRequest { field: &'static str, problem: &'static str },
    /// The caller has no seat in this room.
    NotAParticipant,
    /// A page of another origin sent the request.
    BadOrigin,
    /// The room requires an access proof, and the caller's is wrong.
    BadProof,
    /// The room never existed, expired or was destroyed. The answer does not reveal which.
    RoomNotFound,
    /// There is no such route.
    NotFound,
    /// The route exists, but only with the methods in `allow`.
    MethodNotAllowed { allow: String },
    /// Both seats are taken.
    RoomFull,
    /// The room holds the maximum number of messages.
    HistoryFull,
    /// The body is larger than any that this API accepts.
    TooLarge,
    /// The request has a body whose content type is not JSON.
    NotJson,
    /// A socket route was called without an upgrade.
    UpgradeRequired,
    /// The caller is over a limit and may retry after this many seconds.
    TooManyRequests { retry_after_seconds: u64 },
    /// The room's storage or the database failed. Holds the cause, which is logged but not sent to the caller.
    StoreUnavailable(&'static str),
    /// A setting is wrong. Holds a sentence that names the variable but never its value.
    Misconfigured(String),
    /// A defect in Duet or in the platform.
    Internal,
}

/// The code and the reason in a WebSocket close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// A close code from RFC 6455, or one of Duet's own from 4400.
    pub code: u16,
    /// A stable code for programs.
    pub reason: &'static str,
}

impl Close {
    /// The client closed first.
    pub const NORMAL: Self = Self { code: 1000, reason: "" };
    /// The participant opened one socket too many, and this was the oldest.
    pub const REPLACED: Self = Self { code: 4408, reason: "replaced" };
    /// A participant destroyed the room.
    pub const DESTROYED: Self = Self { code: 4410, reason: "destroyed" };
    /// The room expired.
    pub const EXPIRED: Self = Self { code: 4411, reason: "expired" };
}

/// The body of every error answer: a stable code for programs and a sentence for people.
#[derive(Debug, Serialize)]
struct ErrorBody {
    error: &'static str,
    message: String,
}

impl ApiError {
    /// The table: HTTP status, close code, error code, sentence.
    fn row(&self) -> (u16, u16, &'static str, &'static str) {
        match self {
            Self::BadRequest { .. } => (400, 4400, "bad-request", ""),
            Self::NotAParticipant => {
                (401, 4401, "not-a-participant", "You have no seat in this room. Join it first.")
            }
            Self::BadOrigin => (403, 4403, "bad-origin", "This request was sent by a page of another site."),
            Self::BadProof => {
                (403, 4403, "bad-proof", "This room can be joined only with its complete link.")
            }
            Self::RoomNotFound => (404, 4404, "room-not-found", "There is no room with this id."),
            Self::NotFound => (404, 4404, "not-found", "There is nothing at this address."),
            Self::MethodNotAllowed { .. } => {
                (405, 4400, "method-not-allowed", "This address does not allow this method.")
            }
            Self::RoomFull => {
                (409, 4409, "room-full", "This room has two people in it, and never takes a third.")
            }
            Self::HistoryFull => {
                (409, 4409, "room-history-full", "This room holds as many messages as a room may.")
            }
            Self::TooLarge => (413, 1009, "too-large", "The body must be at most 64 KiB."),
            Self::NotJson => (415, 4400, "not-json", "The body must be JSON, sent as application/json."),
            Self::UpgradeRequired => {
                (426, 4400, "upgrade-required", "This address accepts only WebSocket connections.")
            }
            Self::TooManyRequests { .. } => {
                (429, 4429, "too-many-requests", "Too fast. Wait a little and try again.")
            }
            Self::StoreUnavailable(_) => {
                (503, 1013, "store-unavailable", "The database does not answer right now. Try again.")
            }
            Self::Misconfigured(_) => (500, 1011, "misconfigured", ""),
            Self::Internal => (500, 1011, "internal", "Something went wrong here."),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.row().0
    }

    /// The close frame for a socket that ends with this error.
    pub fn close(&self) -> Close {
        let (_, code, reason, _) = self.row();
        Close { code, reason }
    }

    /// The stable error code for programs.
    pub fn code(&self) -> &'static str {
        self.row().2
    }

    /// The sentence for people. It never contains a value from the request.
    pub fn message(&self) -> String {
        match self {
            Self::BadRequest { field, problem } => format!("`{field}` {problem}."),
            Self::Misconfigured(what) => what.clone(),
            _ => self.row().3.to_owned(),
        }
    }

    /// The cause, for the log only. It may name a wrong setting but never contains its value.
    pub fn cause(&self) -> &str {
        match self {
            Self::StoreUnavailable(cause) => cause,
            Self::Misconfigured(what) => what,
            _ => "",
        }
    }

    /// The JSON body of the error answer.
    pub fn to_json(&self) -> String {
        let body = ErrorBody { error: self.code(), message: self.message() };
        // Serialising strings cannot fail.
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// The header that this error needs in addition to the usual ones.
    pub fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::MethodNotAllowed { allow } => Some(("allow", allow.clone())),
            Self::TooManyRequests { retry_after_seconds } => {
                Some(("retry-after", retry_after_seconds.to_string()))
            }
            Self::UpgradeRequired => Some(("upgrade", "websocket".to_owned())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_request_names_its_field() {
        let error = ApiError::BadRequest { field: "text", problem: "must not be empty" };

        assert_eq!((error.status(), error.close().code, error.code()), (400, 4400, "bad-request"));
        assert_eq!(error.message(), "`text` must not be empty.");
    }

    #[test]
    fn an_ended_room_looks_like_one_that_never_existed() {
        let error = ApiError::RoomNotFound;

        assert_eq!((error.status(), error.close().code, error.code()), (404, 4404, "room-not-found"));
    }
}
