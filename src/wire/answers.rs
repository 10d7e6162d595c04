//! Answers of the HTTP API, except errors.

use serde::Serialize;

use super::Hellos;
use crate::domain::{EpochMs, ParticipantId, RoomId, Seq, Shelf, SocketId, StoredMessage};

/// A room's answer to a call that it accepted.
#[allow(missing_docs, reason = "docs/protocol.md describes the fields")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The room was created.
    Created { room_id: RoomId, ttl: u64, expires_at: EpochMs },
    /// What anyone may know about the room.
    Status { room_id: RoomId, status: RoomStatus, is_encrypted: bool, identified: bool },
    /// The caller has a seat.
    Joined(Box<JoinedBody>),
    /// How long the room has left.
    Ttl { ttl: u64, expires_at: EpochMs },
    /// A page of the history.
    History { messages: Vec<StoredMessage>, last_seq: Seq },
    /// The caller's message. `is_new` is false if it was stored earlier.
    Sent { message: StoredMessage, is_new: bool },
    /// The room is deleted, in the database, too.
    Destroyed,
    /// The room is deleted. The database has not confirmed yet.
    Deleting,
    /// The socket was accepted under this id.
    SocketAccepted(SocketId),
}

/// What anyone may know about a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomStatus {
    /// A seat is free.
    Open,
    /// Both seats are taken.
    Full,
    /// The caller has a seat.
    Joined,
}

/// The body of the `200` of `POST /api/room/join`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedBody {
    /// The room.
    pub room_id: RoomId,
    /// The caller's id in this room.
    pub participant_id: ParticipantId,
    /// All participants who have a seat, in the order in which they took it.
    pub participants: Vec<ParticipantId>,
    /// Whole seconds until the room ends.
    pub ttl: u64,
    /// When the room ends if nothing more happens in it, in milliseconds since the Unix epoch.
    pub expires_at: EpochMs,
    /// The sequence number of the newest message; 0 if there is none.
    pub last_seq: Seq,
    /// Each participant's half of the key exchange, in an encrypted room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hellos: Hellos,
    /// The `shelf` that the caller sent when it took the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shelf: Option<Shelf>,
}

/// The body of the `200` of `GET /api/health`.
#[derive(Debug, Serialize)]
pub struct HealthBody {
    /// Always `ok`.
    pub status: &'static str,
    /// `embedded` or `upstash`.
    pub store: &'static str,
    /// The version of this Worker.
    pub version: &'static str,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Body<'a> {
    Created {
        room_id: &'a RoomId,
        ttl: u64,
        expires_at: EpochMs,
    },
    Status {
        room_id: &'a RoomId,
        status: RoomStatus,
        #[serde(rename = "sealed")]
        is_encrypted: bool,
        identified: bool,
    },
    Joined(&'a JoinedBody),
    Ttl {
        ttl: u64,
        expires_at: EpochMs,
    },
    Deleting {
        status: &'static str,
    },
}

impl Answer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::SocketAccepted(_) => 101,
            Self::Created { .. } | Self::Sent { is_new: true, .. } => 201,
            Self::Deleting => 202,
            Self::Destroyed => 204,
            _ => 200,
        }
    }

    /// The JSON body, if the answer has one.
    pub fn body(&self) -> Option<String> {
        match self {
            Self::Created { room_id, ttl, expires_at } => {
                to_json(&Body::Created { room_id, ttl: *ttl, expires_at: *expires_at })
            }
            Self::Status { room_id, status, is_encrypted, identified } => to_json(&Body::Status {
                room_id,
                status: *status,
                is_encrypted: *is_encrypted,
                identified: *identified,
            }),
            Self::Joined(joined) => to_json(&Body::Joined(joined)),
            Self::Ttl { ttl, expires_at } => to_json(&Body::Ttl { ttl: *ttl, expires_at: *expires_at }),
            Self::History { messages, last_seq } => Some(history_json(messages, *last_seq)),
            Self::Sent { message, .. } => Some(message.to_wire()),
            Self::Deleting => to_json(&Body::Deleting { status: "deleting" }),
            Self::Destroyed | Self::SocketAccepted(_) => None,
        }
    }

    /// The value of the `Location` header, if the answer has one.
    pub fn location(&self) -> Option<String> {
        match self {
            Self::Created { room_id, .. } => Some(format!("/room/{}", room_id.as_str())),
            _ => None,
        }
    }
}

/// Serialising ids, numbers and strings cannot fail.
fn to_json(body: &impl Serialize) -> Option<String> {
    serde_json::to_string(body).ok()
}

fn history_json(messages: &[StoredMessage], last_seq: Seq) -> String {
    let bytes: usize = messages.iter().map(|message| message.json.len() + 16).sum();
    let mut json = String::with_capacity(bytes + 40);
    json.push_str("{\"messages\":[");
    for (index, message) in messages.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        message.write_to(&mut json);
    }
    json.push_str("],\"lastSeq\":");
    json.push_str(&last_seq.to_string());
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_history_is_one_json_object() {
        let stored = |seq| StoredMessage { seq, json: r#"{"id":"a"}"#.into() };

        let answer = Answer::History { messages: vec![stored(1), stored(2)], last_seq: 9 };

        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.body().unwrap(),
            r#"{"messages":[{"seq":1,"id":"a"},{"seq":2,"id":"a"}],"lastSeq":9}"#
        );
    }

    #[test]
    fn each_answer_has_its_status() {
        let message = StoredMessage { seq: 1, json: "{}".into() };

        assert_eq!(Answer::Sent { message: message.clone(), is_new: true }.status(), 201);
        assert_eq!(Answer::Sent { message, is_new: false }.status(), 200);
        assert_eq!((Answer::Destroyed.status(), Answer::Destroyed.body()), (204, None));
        assert_eq!(Answer::Deleting.body().as_deref(), Some(r#"{"status":"deleting"}"#));
    }
}
