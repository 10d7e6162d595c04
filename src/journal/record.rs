//! The rows of the journal as values.

use serde::{Deserialize, Serialize};

use super::sql::{Bind, Cell, Row};
use crate::{
    domain::{EpochMs, Hello, Lifetime, ParticipantId, ProofHash, SeatDigest, Shelf},
    wire::{HelloMap, Hellos},
};

/// A seat that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The digest of the token that holds the seat.
    pub digest: SeatDigest,
    /// The participant's half of the key exchange, in an encrypted room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hello: Option<Hello>,
    /// The key to the keys in the participant's browser, in an encrypted room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelf: Option<Shelf>,
}

/// What the journal knows about the copy in Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaRecord {
    /// Since when Redis may lack changes. Set when the record changes and when a request fails or is slow.
    pub behind_since: Option<EpochMs>,
    /// When a request was abandoned, or failed in a way that leaves open whether it will still run. Its column is
    /// `replica_doubt_at`.
    pub unknown_outcome_at: Option<EpochMs>,
    /// When the keys in Redis expire; the epoch if there are none yet.
    pub kept_until: EpochMs,
}

/// Everything that is stored about a room except its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The times that decide when the room ends.
    pub lifetime: Lifetime,
    /// The hash that a joiner's proof must match, if the room requires a proof.
    pub access: Option<ProofHash>,
    /// The seats that are taken, in the order in which they were taken; at most two.
    pub seats: Vec<Seat>,
    /// The state of the copy in Redis.
    pub replica: ReplicaRecord,
}

impl RoomRecord {
    /// All participants who have a seat.
    pub fn participants(&self) -> Vec<ParticipantId> {
        self.seats.iter().map(|seat| ParticipantId::of(&seat.digest)).collect()
    }

    /// The seat with this digest.
    pub fn seat(&self, digest: &SeatDigest) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.digest == *digest)
    }

    /// Each participant's half of the key exchange; `None` in a plain room.
    pub fn hellos(&self) -> Hellos {
        self.access.as_ref()?;
        let hello_of = |seat: &Seat| Some((ParticipantId::of(&seat.digest), seat.hello.clone()?));
        Some(HelloMap(self.seats.iter().filter_map(hello_of).collect()))
    }

    pub(super) fn seats_json(&self) -> String {
        // Serialising strings cannot fail.
        serde_json::to_string(&self.seats).unwrap_or_default()
    }

    pub(super) fn read(row: &Row) -> Option<Self> {
        let [
            created_at,
            ttl_seconds,
            ends_by,
            active_at,
            access,
            seats,
            behind_since,
            unknown_outcome_at,
            kept_until,
        ] = row.as_slice()
        else {
            return None;
        };
        Some(Self {
            lifetime: Lifetime {
                created_at: EpochMs(integer(created_at)?),
                ttl_seconds: integer(ttl_seconds)?,
                ends_by: EpochMs(integer(ends_by)?),
                active_at: EpochMs(integer(active_at)?),
            },
            access: match access {
                Cell::Null => None,
                Cell::Text(raw) => Some(ProofHash::parse(raw)?),
                Cell::Integer(_) => return None,
            },
            seats: match seats {
                Cell::Text(raw) => serde_json::from_str(raw).ok()?,
                _ => return None,
            },
            replica: ReplicaRecord {
                behind_since: read_optional_timestamp(behind_since)?,
                unknown_outcome_at: read_optional_timestamp(unknown_outcome_at)?,
                kept_until: EpochMs(integer(kept_until)?),
            },
        })
    }
}

/// What remains of an ended room while Redis may still have its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// When the room ended.
    pub ended_at: EpochMs,
    /// When a request was abandoned that may still run. Its column is `doubt_at`.
    pub unknown_outcome_at: Option<EpochMs>,
    /// When the keys in Redis expire by themselves.
    pub keys_until: EpochMs,
    /// When the database last confirmed the deletion.
    pub confirmed_at: Option<EpochMs>,
}

impl Tombstone {
    pub(super) fn columns(&self) -> [Bind<'static>; 4] {
        [
            Bind::Integer(self.ended_at.0 as i64),
            optional_timestamp(self.unknown_outcome_at),
            Bind::Integer(self.keys_until.0 as i64),
            optional_timestamp(self.confirmed_at),
        ]
    }

    pub(super) fn read(row: &Row) -> Option<Self> {
        let [ended_at, unknown_outcome_at, keys_until, confirmed_at] = row.as_slice() else { return None };
        Some(Self {
            ended_at: EpochMs(integer(ended_at)?),
            unknown_outcome_at: read_optional_timestamp(unknown_outcome_at)?,
            keys_until: EpochMs(integer(keys_until)?),
            confirmed_at: read_optional_timestamp(confirmed_at)?,
        })
    }
}

/// The timestamp, or NULL.
pub(super) fn optional_timestamp(timestamp: Option<EpochMs>) -> Bind<'static> {
    timestamp.map_or(Bind::Null, |EpochMs(ms)| Bind::Integer(ms as i64))
}

fn integer(cell: &Cell) -> Option<u64> {
    match cell {
        Cell::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// Reads a timestamp or NULL. The outer `None` means that the cell holds neither.
fn read_optional_timestamp(cell: &Cell) -> Option<Option<EpochMs>> {
    match cell {
        Cell::Null => Some(None),
        other => integer(other).map(|ms| Some(EpochMs(ms))),
    }
}
