//! An attacker who finds the link after the end, and has everything that server, proxy and database ever saw.

use duet_sealing::body::RevealedKeys;
use duet_sealing::bytes::{ParticipantId, Secret32, sha256};
use duet_sealing::handshake::{Root, Seat, Transcript, early_key};
use duet_sealing::hello::Hello;
use duet_sealing::link::LinkSecret;
use duet_sealing::message::{EncryptedText, Envelope};
use duet_sealing::shelf::Stage;

use crate::world::{Relayed, Side, World};

#[derive(Clone)]
pub struct Attacker {
    room: duet_sealing::bytes::RoomId,
    link: LinkSecret,
    seats: [Seat; 2],
    texts: Vec<Relayed>,
    /// Every value of 32 bytes that may be a key, a part of one, or an X25519 secret.
    materials: Vec<Secret32>,
}

impl Attacker {
    pub fn with_everything_but_the_keys(world: &World) -> Self {
        let seats = [Side::Ann, Side::Ben].map(|side| {
            let hello = Hello::parse(&world.person(side).hello).unwrap();
            Seat { id: side.id(), hello }
        });
        let (room, link) = (world.room, world.link.clone());
        let transcript = Transcript::of(&room, &seats[0], &seats[1]);
        let mut materials = vec![
            link.secret().clone(),
            link.proof(),
            link.hello_key(&room),
            link.psk(&room),
            Secret32::new(sha256(&[link.proof().expose()])),
            Secret32::new(*transcript.as_bytes()),
            Secret32::new([0; 32]),
        ];
        for side in [Side::Ann, Side::Ben] {
            // A server that keeps what it should have erased still has these.
            materials.push(world.person(side).secrets.shelf.clone());
        }
        for seat in &seats {
            materials.extend([seat.hello.public(), seat.hello.commit()].map(Secret32::new));
        }
        Self { room, link, seats, texts: world.pool().to_vec(), materials }
    }

    /// Adds what a browser in the room has.
    pub fn and_the_browser_of(mut self, side: Side, world: &World) -> Self {
        let stored = world.person(side).participant.stored();
        self.materials.push(stored.early.clone());
        match &stored.stage {
            Stage::Alone(exchange) => self.materials.push(exchange.clone()),
            Stage::Pinned { root, .. } => self.materials.push(root.secret().clone()),
        }
        self
    }

    /// How many of the texts the attacker can decrypt.
    pub fn count_decrypted(mut self) -> usize {
        let mut decrypted = vec![false; self.texts.len()];
        // A decrypted message may reveal keys to others.
        while self.decrypt_more(&mut decrypted) {}
        decrypted.into_iter().filter(|is_decrypted| *is_decrypted).count()
    }

    fn decrypt_more(&mut self, decrypted: &mut [bool]) -> bool {
        let keys = self.keys();
        let mut revealed = Vec::new();
        for (relayed, is_decrypted) in
            self.texts.iter().zip(decrypted.iter_mut()).filter(|(_, is_decrypted)| !**is_decrypted)
        {
            if let Some(plaintext) = keys.iter().find_map(|key| self.decrypt(relayed, key)) {
                *is_decrypted = true;
                revealed.extend(RevealedKeys::from_plaintext(&plaintext));
            }
        }
        let has_new_keys = !revealed.is_empty();
        self.materials.extend(revealed.into_iter().flat_map(|keys| [keys.early, keys.nonce]));
        has_new_keys
    }

    fn decrypt(&self, relayed: &Relayed, key: &Secret32) -> Option<Vec<u8>> {
        let Relayed { id, sender, text } = relayed;
        EncryptedText::parse(text)?.decrypt(&Envelope { room: &self.room, id: id.as_str(), sender }, key)
    }

    /// Every key of the format, derived from every value that could be its secret.
    fn keys(&self) -> Vec<Secret32> {
        let ids: Vec<ParticipantId> = self.seats.iter().map(|seat| seat.id).collect();
        let transcript = Transcript::of(&self.room, &self.seats[0], &self.seats[1]);
        let agreed = self.materials.iter().flat_map(|secret| {
            self.seats
                .iter()
                .filter_map(|seat| Root::agree(&self.room, &self.link, secret, &seat.hello, &transcript).ok())
        });
        let kept = self.materials.iter().cloned().map(Root::from_secret);
        let roots: Vec<Root> = agreed.chain(kept).collect();
        let of_roots = roots.iter().flat_map(|root| ids.iter().map(|id| root.message_key(id)));
        let early =
            self.materials.iter().flat_map(|secret| self.seats.iter().map(|seat| early_key(secret, seat)));
        of_roots.chain(early).chain(self.materials.iter().cloned()).collect()
    }
}
