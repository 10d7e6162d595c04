//! The two seats: who holds one and who may take one.

use super::{Effects, EventError, OpenRoom, Room};
use crate::{
    domain::{EpochMs, ParticipantId, ProofHash, SeatDigest},
    journal::{Journal, Seat},
    wire::{Answer, ApiError, JoinBody, JoinedBody, RoomStatus},
};

/// Number of seats in a room.
const SEATS: usize = 2;

impl Room {
    /// Returns what anyone may know about the room. Changes nothing.
    pub(super) fn on_status(
        &mut self,
        seat: Option<&SeatDigest>,
        identified: bool,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        let open = self.load_open_room(journal, effects)?;
        let status = match seat.and_then(|seat| open.record.seat(seat)) {
            Some(_) => RoomStatus::Joined,
            None if open.record.seats.len() < SEATS => RoomStatus::Open,
            None => RoomStatus::Full,
        };
        let is_encrypted = open.record.access.is_some();
        Ok(Answer::Status { room_id: self.id.clone(), status, is_encrypted, identified })
    }

    /// Takes a seat. Changes nothing if the caller already has one.
    pub(super) fn on_join(
        &mut self,
        seat: Option<&SeatDigest>,
        body: JoinBody,
        journal: Journal<'_>,
        effects: &mut Effects,
    ) -> Result<Answer, EventError> {
        let digest = seat.ok_or(ApiError::NotAParticipant)?;
        let now = self.now;
        let open = self.load_open_room(journal, effects)?;
        let is_seated = open.record.seat(digest).is_some();
        check_proof(open.record.access.as_ref(), &body, is_seated)?;
        check_keys(open.record.access.as_ref(), &body, is_seated)?;
        if !is_seated {
            if open.record.seats.len() >= SEATS {
                return Err(ApiError::RoomFull.into());
            }
            open.take_seat(digest, body, now)?;
            open.record.lifetime.extend(now);
            open.save(journal)?;
            self.is_presence_due = true;
        }
        self.joined(digest).map(|joined| Answer::Joined(Box::new(joined)))
    }

    fn joined(&mut self, digest: &SeatDigest) -> Result<JoinedBody, EventError> {
        let (now, open) = (self.now, self.open_room()?);
        Ok(JoinedBody {
            participant_id: ParticipantId::of(digest),
            participants: open.record.participants(),
            ttl: open.expires_at().seconds_left(now),
            expires_at: open.expires_at(),
            last_seq: open.last_seq,
            hellos: open.record.hellos(),
            shelf: open.record.seat(digest).and_then(|seat| seat.shelf.clone()),
            room_id: self.id.clone(),
        })
    }

    /// The participant who holds this seat. Fails with `NotAParticipant` if there is none.
    pub(super) fn participant(&self, seat: Option<&SeatDigest>) -> Result<ParticipantId, ApiError> {
        let open = self.open_room().map_err(|_| ApiError::RoomNotFound)?;
        let taken = seat.and_then(|digest| open.record.seat(digest)).ok_or(ApiError::NotAParticipant)?;
        Ok(ParticipantId::of(&taken.digest))
    }
}

impl OpenRoom {
    /// A plain room stores nothing of the key exchange.
    fn take_seat(&mut self, digest: &SeatDigest, body: JoinBody, now: EpochMs) -> Result<(), ApiError> {
        let is_encrypted = self.record.access.is_some();
        let (hello, shelf) = if is_encrypted { (body.hello, body.shelf) } else { (None, None) };
        self.record.seats.push(Seat { digest: digest.clone(), hello, shelf });
        if let Some(replica) = &mut self.replica {
            self.record.replica.behind_since.get_or_insert(now);
            replica.on_meta_changed();
        }
        Ok(())
    }
}

/// A participant needs no proof. A wrong proof is still refused, because it shows that the link is damaged.
fn check_proof(access: Option<&ProofHash>, body: &JoinBody, is_seated: bool) -> Result<(), ApiError> {
    match (access, &body.proof) {
        (None, _) => Ok(()),
        (Some(_), None) if is_seated => Ok(()),
        (Some(_), None) => Err(missing("proof")),
        (Some(access), Some(proof)) if access.matches(proof) => Ok(()),
        (Some(_), Some(_)) => Err(ApiError::BadProof),
    }
}

/// A new seat needs its half of the key exchange; without it, the other participant could not send to it.
fn check_keys(access: Option<&ProofHash>, body: &JoinBody, is_seated: bool) -> Result<(), ApiError> {
    match (access, &body.hello, &body.shelf) {
        (None, ..) => Ok(()),
        (Some(_), ..) if is_seated => Ok(()),
        (Some(_), None, _) => Err(missing("hello")),
        (Some(_), Some(_), None) => Err(missing("shelf")),
        (Some(_), Some(_), Some(_)) => Ok(()),
    }
}

fn missing(field: &'static str) -> ApiError {
    ApiError::BadRequest { field, problem: "is missing: a new seat in this room needs it" }
}
