//! Tries every candidate as every secret of the format. What can be decrypted may contain more candidates, which are
//! tried next.

use std::collections::{BTreeMap, BTreeSet};

use duet_sealing::bytes::{RoomId, Secret32};
use duet_sealing::handshake::{Root, Seat, Transcript, early_key};
use duet_sealing::link::LinkSecret;
use duet_sealing::message::{EncryptedText, Envelope};
use duet_sealing::shelf::Shelf;
use serde_json::{Value, json};

use crate::{
    evidence::{Evidence, Recorded},
    parse_link,
};

const ENTRIES: [&str; 4] = ["keys", "draft", "outbox", "marks"];

/// Counts the messages, and returns the texts that could be decrypted.
pub fn attack(given: &Value) -> Value {
    let texts = |key: &str| -> Vec<String> {
        given[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    let (_, room, link) = parse_link(given["link"].as_str().expect("a link"));
    let evidence = Evidence::gather(&texts("transcript"), &texts("files"));
    let mut attacker =
        Attacker { room, link, decrypted: BTreeMap::new(), entries: BTreeSet::new(), evidence };
    attacker.run();
    json!({
        "messages": attacker.evidence.messages.len(),
        "boxes": attacker.evidence.boxes.len(),
        "candidates": attacker.evidence.tokens.len() + attacker.evidence.windows.len(),
        "opened": attacker.decrypted.values().collect::<Vec<_>>(),
        "entries": attacker.entries,
    })
}

struct Attacker {
    room: RoomId,
    link: LinkSecret,
    evidence: Evidence,
    decrypted: BTreeMap<Recorded, String>,
    /// The decrypted entries of the browser.
    entries: BTreeSet<String>,
}

impl Attacker {
    fn run(&mut self) {
        let derived = [self.link.proof(), self.link.hello_key(&self.room), self.link.psk(&self.room)];
        let mut tried = BTreeSet::new();
        let mut fresh: Vec<[u8; 32]> = derived.iter().map(|secret| *secret.expose()).collect();
        fresh.push(*self.link.secret().expose());
        fresh.extend(self.evidence.seats.iter().flat_map(|seat| [seat.hello.public(), seat.hello.commit()]));
        fresh.extend(&self.evidence.windows);
        loop {
            fresh.extend(&self.evidence.tokens);
            fresh.retain(|secret| tried.insert(*secret));
            if fresh.is_empty() {
                return;
            }
            for secret in std::mem::take(&mut fresh) {
                self.try_secret(&Secret32::new(secret));
            }
        }
    }

    /// Tries it as the key to entries, as a root, as the input of a root, as an early secret, and as a message key.
    fn try_secret(&mut self, secret: &Secret32) {
        self.try_entries(secret);
        let mut roots = vec![Root::from_secret(secret.clone())];
        if self.evidence.tokens.contains(secret.expose()) {
            roots.extend(self.agreed_roots(secret));
        }
        let ids: Vec<_> = self.evidence.seats.iter().map(|seat| seat.id).collect();
        let mut keys = vec![secret.clone()];
        keys.extend(roots.iter().flat_map(|root| ids.iter().map(|id| root.message_key(id))));
        keys.extend(self.evidence.seats.iter().map(|seat| early_key(secret, seat)));
        for key in keys {
            self.try_messages(&key);
        }
    }

    fn agreed_roots(&self, exchange: &Secret32) -> Vec<Root> {
        let [one, two] = match self.evidence.seats[..] {
            [one, two] => [one, two],
            _ => return vec![],
        };
        let transcript = Transcript::of(&self.room, &one, &two);
        let agree =
            |seat: &Seat| Root::agree(&self.room, &self.link, exchange, &seat.hello, &transcript).ok();
        [one, two].iter().filter_map(agree).collect()
    }

    fn try_entries(&mut self, secret: &Secret32) {
        if self.evidence.boxes.is_empty() {
            return;
        }
        let shelf = Shelf::new(&self.room, secret.clone());
        let decrypted: Vec<Vec<u8>> = self
            .evidence
            .boxes
            .iter()
            .flat_map(|text| ENTRIES.iter().filter_map(|name| shelf.decrypt(name, text)).collect::<Vec<_>>())
            .collect();
        for plaintext in decrypted {
            self.evidence.scan_bytes(&plaintext);
            self.entries.insert(String::from_utf8_lossy(&plaintext).trim_end().to_owned());
        }
    }

    fn try_messages(&mut self, key: &Secret32) {
        let encrypted =
            self.evidence.messages.iter().filter(|recorded| !self.decrypted.contains_key(recorded));
        let decrypted: Vec<_> =
            encrypted.filter_map(|recorded| Some((recorded.clone(), self.decrypt(recorded, key)?))).collect();
        for (recorded, plaintext) in decrypted {
            self.evidence.scan_bytes(&plaintext);
            let text = String::from_utf8_lossy(&plaintext).trim_end().to_owned();
            self.decrypted.insert(recorded, text);
        }
    }

    fn decrypt(&self, recorded: &Recorded, key: &Secret32) -> Option<Vec<u8>> {
        let (id, sender) = recorded.ids()?;
        EncryptedText::parse(&recorded.text)?
            .decrypt(&Envelope { room: &self.room, id: id.as_str(), sender: &sender }, key)
    }
}
