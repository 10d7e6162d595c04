//! The open sockets of a room and their owners.

use crate::{
    domain::{ParticipantId, SocketId},
    wire::limits::MAX_SOCKETS_PER_PARTICIPANT,
};

/// Open sockets, oldest first.
#[derive(Default)]
pub struct Sockets {
    open: Vec<(SocketId, ParticipantId)>,
    newest: u64,
}

impl Sockets {
    /// Restores the sockets that stayed open when the room's memory was lost.
    pub fn new(mut open: Vec<(SocketId, ParticipantId)>) -> Self {
        open.sort_unstable();
        let newest = open.last().map_or(0, |(SocketId(newest), _)| *newest);
        Self { open, newest }
    }

    /// Adds a socket of `participant`. Returns its id, and the id of the participant's oldest socket if that has to
    /// close.
    ///
    /// The id differs from those of all open sockets. It may be that of a closed one, because the counter is lost with
    /// the memory: the platform must not report the late frame or close of a socket whose id another socket has.
    pub fn open(&mut self, participant: ParticipantId) -> (SocketId, Option<SocketId>) {
        self.newest = self.newest.saturating_add(1);
        let id = SocketId(self.newest);
        let own: Vec<SocketId> = self.of(&participant).collect();
        let replaced = if own.len() >= MAX_SOCKETS_PER_PARTICIPANT { own.first().copied() } else { None };
        if let Some(oldest) = replaced {
            self.close(oldest);
        }
        self.open.push((id, participant));
        (id, replaced)
    }

    /// Removes a socket and returns its owner. `None`: the socket was not open.
    pub fn close(&mut self, socket: SocketId) -> Option<ParticipantId> {
        let index = self.open.iter().position(|(id, _)| *id == socket)?;
        Some(self.open.remove(index).1)
    }

    /// Removes all sockets and returns them.
    pub fn close_all(&mut self) -> Vec<SocketId> {
        std::mem::take(&mut self.open).into_iter().map(|(id, _)| id).collect()
    }

    /// The owner of a socket.
    pub fn participant(&self, socket: SocketId) -> Option<&ParticipantId> {
        self.open.iter().find(|(id, _)| *id == socket).map(|(_, participant)| participant)
    }

    /// All open sockets.
    pub fn all(&self) -> Vec<SocketId> {
        self.open.iter().map(|(id, _)| *id).collect()
    }

    /// All open sockets except those of `participant`.
    pub fn all_except(&self, participant: &ParticipantId) -> Vec<SocketId> {
        self.open.iter().filter(|(_, owner)| owner != participant).map(|(id, _)| *id).collect()
    }

    fn of<'a>(&'a self, participant: &'a ParticipantId) -> impl Iterator<Item = SocketId> + 'a {
        self.open.iter().filter(move |(_, owner)| owner == participant).map(|(id, _)| *id)
    }

    /// Whether `participant` has an open socket.
    pub fn is_online(&self, participant: &ParticipantId) -> bool {
        self.of(participant).next().is_some()
    }

    /// Whether no socket is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(letter: &str) -> ParticipantId {
        ParticipantId::parse(&letter.repeat(16)).unwrap()
    }

    #[test]
    fn one_socket_too_many_closes_the_participants_oldest() {
        let mut sockets = Sockets::default();
        let (other, _) = sockets.open(participant("b"));
        let opened: Vec<SocketId> = (0..8).map(|_| sockets.open(participant("a")).0).collect();

        let (newest, replaced) = sockets.open(participant("a"));

        assert_eq!(replaced, opened.first().copied());
        assert_eq!(sockets.participant(newest), Some(&participant("a")));
        assert_eq!(sockets.participant(other), Some(&participant("b")));
        assert_eq!(sockets.all().len(), 9);
    }

    #[test]
    fn ids_continue_after_the_memory_is_lost() {
        let mut sockets =
            Sockets::new(vec![(SocketId(9), participant("a")), (SocketId(4), participant("b"))]);

        assert_eq!(sockets.open(participant("b")), (SocketId(10), None));
    }

    #[test]
    fn a_participant_is_online_until_the_last_socket_closes() {
        let mut sockets = Sockets::default();
        let (one, two) = (sockets.open(participant("a")).0, sockets.open(participant("a")).0);

        sockets.close(one);
        assert!(sockets.is_online(&participant("a")));
        sockets.close(two);
        assert!(!sockets.is_online(&participant("a")));
    }
}
