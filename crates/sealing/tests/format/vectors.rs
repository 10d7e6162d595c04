//! All published test vectors. They are anchored in RFC 7748, section 6.1.

use serde_json::Value;
use x25519_dalek::{PublicKey, StaticSecret};

use duet_sealing::WORDS;
use duet_sealing::body::{Mark, MessageContent, RevealedKeys};
use duet_sealing::bytes::{Id, MessageId, RoomId, Secret32, from_base64url, to_base64url};
use duet_sealing::handshake::{Root, Seat, Transcript, early_key, early_key_id};
use duet_sealing::head::Head;
use duet_sealing::hello::{Hello, SeatSecrets};
use duet_sealing::link::LinkSecret;
use duet_sealing::message::{EncryptedText, Envelope, encrypt_text};
use duet_sealing::participant::MARK_ID;
use duet_sealing::shelf::{Shelf, Stage, StoredKeys};

pub(crate) fn published() -> Value {
    serde_json::from_str(include_str!("../../../../docs/sealing-vectors.json")).unwrap()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("the vectors have no text `{key}`"))
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("the vectors have no list `{key}`"))
}

pub(crate) fn bytes<const LENGTH: usize>(value: &Value, key: &str) -> [u8; LENGTH] {
    from_base64url(text(value, key)).unwrap()
}

pub(crate) fn secret(value: &Value, key: &str) -> Secret32 {
    Secret32::new(bytes(value, key))
}

pub(crate) fn id<const LENGTH: usize>(value: &Value, key: &str) -> Id<LENGTH> {
    Id::parse(text(value, key)).unwrap()
}

pub(crate) fn room_and_link(room: &Value) -> (RoomId, LinkSecret) {
    (id(room, "roomId"), LinkSecret::new(bytes(room, "S")))
}

pub(crate) fn seat_secrets(person: &Value) -> SeatSecrets {
    let [exchange, nonce, early, shelf] = ["e", "r", "w", "shelf"].map(|key| secret(person, key));
    SeatSecrets { exchange, nonce, early, shelf }
}

/// Both seats, in the order of the vectors.
fn seats(room: &Value) -> [Seat; 2] {
    let (room_id, link) = room_and_link(room);
    let people = list(room, "people");
    [0, 1].map(|index| {
        let person = &people[index];
        Seat { id: id(person, "P"), hello: seat_secrets(person).hello(&room_id, &link) }
    })
}

fn root(room: &Value) -> (Transcript, Root) {
    let (room_id, link) = room_and_link(room);
    let [one, two] = seats(room);
    let transcript = Transcript::of(&room_id, &one, &two);
    let exchange = seat_secrets(&list(room, "people")[0]).exchange;
    (transcript, Root::agree(&room_id, &link, &exchange, &two.hello, &transcript).unwrap())
}

fn each_room(check: impl Fn(&Value)) {
    let vectors = published();
    assert_eq!(list(&vectors, "rooms").len(), 2);
    list(&vectors, "rooms").iter().for_each(check);
}

#[test]
fn x25519_is_that_of_rfc_7748() {
    let hex = |key: &str| {
        let vectors = published();
        let digits = text(&vectors["rfc7748"], key);
        let byte = |index: usize| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).unwrap();
        std::array::from_fn::<u8, 32, _>(byte)
    };
    // The bytes printed in section 6.1, so that a change of the vector file cannot go unnoticed.
    assert_eq!(hex("KHex")[..4], [0x4a, 0x5d, 0x9d, 0x5b]);

    let (ann, ben) = (StaticSecret::from(hex("aHex")), StaticSecret::from(hex("bHex")));

    assert_eq!(PublicKey::from(&ann).as_bytes(), &hex("AHex"));
    assert_eq!(PublicKey::from(&ben).as_bytes(), &hex("BHex"));
    assert_eq!(ann.diffie_hellman(&PublicKey::from(hex("BHex"))).as_bytes(), &hex("KHex"));
    assert_eq!(ben.diffie_hellman(&PublicKey::from(hex("AHex"))).as_bytes(), &hex("KHex"));
}

#[test]
fn the_list_of_words_is_the_published_one() {
    let vectors = published();
    let words: Vec<_> = list(&vectors, "words").iter().map(|word| word.as_str().unwrap()).collect();

    assert_eq!(words, WORDS);
}

#[test]
fn the_link_gives_the_published_values() {
    each_room(|room| {
        let (room_id, link) = room_and_link(room);

        assert_eq!(link.path(&room_id), text(room, "link"));
        assert_eq!(link.proof().to_base64url(), text(room, "proof"));
        assert_eq!(link.access(), text(room, "access"));
        assert_eq!(link.hello_key(&room_id).to_base64url(), text(room, "kHello"));
        assert_eq!(link.psk(&room_id).to_base64url(), text(room, "psk"));
    });
}

#[test]
fn each_person_makes_the_published_hello() {
    each_room(|room| {
        let (room_id, link) = room_and_link(room);
        for person in list(room, "people") {
            let secrets = seat_secrets(person);

            let hello = secrets.hello(&room_id, &link);

            assert_eq!(hello.to_base64url(), text(person, "hello"));
            assert_eq!(to_base64url(&hello.public()), text(person, "E"));
            assert_eq!(to_base64url(&hello.commit()), text(person, "commit"));
            assert!(hello.commits_to(&room_id, secrets.nonce.expose()));
            assert_eq!(to_base64url(&early_key_id(&hello)), text(person, "kid0"));
            let seat = Seat { id: id(person, "P"), hello };
            assert_eq!(early_key(&secrets.early, &seat).to_base64url(), text(person, "K0"));
        }
    });
}

#[test]
fn two_hellos_give_the_published_keys_on_both_sides() {
    each_room(|room| {
        let (room_id, link) = room_and_link(room);
        let people = list(room, "people");
        let [one, two] = seats(room);
        let transcript = Transcript::of(&room_id, &one, &two);
        assert_eq!(transcript, Transcript::of(&room_id, &two, &one));
        assert_eq!(to_base64url(transcript.as_bytes()), text(room, "th"));
        assert_eq!(to_base64url(&transcript.key_id()), text(room, "kid"));
        for (person, own, other) in [(&people[0], one, two), (&people[1], two, one)] {
            other.hello.verify(&room_id, &link, &own.hello).unwrap();
            let exchange = seat_secrets(person).exchange;
            assert_eq!(other.hello.exchange(&exchange).unwrap().to_base64url(), text(room, "dh"));

            let root = Root::agree(&room_id, &link, &exchange, &other.hello, &transcript).unwrap();

            assert_eq!(root.secret().to_base64url(), text(room, "root"));
            let name = text(person, "name");
            assert_eq!(root.message_key(&own.id).to_base64url(), text(&room["K"], name));
            assert_eq!(transcript.keys_message_id(&own.id).as_str(), text(&room["keysId"], name));
        }
    });
}

#[test]
fn two_nonces_give_the_published_words() {
    each_room(|room| {
        let (transcript, root) = root(room);
        let people = list(room, "people");
        let is_first = |person: &&Value| text(person, "name") == text(room, "first");
        let first = people.iter().find(is_first).unwrap();
        let second = people.iter().find(|person| !is_first(person)).unwrap();

        let words = root.safety_words(&transcript, [&secret(first, "r"), &secret(second, "r")]);

        assert_eq!(words.join(" "), text(room, "safetyWords"));
    });
}

#[test]
fn marks_are_encrypted_and_decrypted_as_published() {
    each_room(|room| {
        let room_id: RoomId = id(room, "roomId");
        for mark in list(room, "marks") {
            let sender = id(mark, "participantId");
            let envelope = Envelope { room: &room_id, id: MARK_ID, sender: &sender };
            let (key, json) = (secret(mark, "key"), text(mark, "json"));

            let encrypted = encrypt_text(&envelope, bytes(mark, "kid"), &key, bytes(mark, "nonce"), json);

            assert_eq!(encrypted.as_deref(), Some(text(mark, "text")));
            let decrypted =
                EncryptedText::parse(text(mark, "text")).unwrap().decrypt(&envelope, &key).unwrap();
            assert_eq!(Mark::from_plaintext(&decrypted).unwrap().to_json(), json);
        }
    });
}

#[test]
fn messages_are_encrypted_and_decrypted_as_published() {
    each_room(|room| {
        let room_id: RoomId = id(room, "roomId");
        for message in list(room, "messages") {
            let (message_id, sender) = (id::<21>(message, "id"), id(message, "participantId"));
            let envelope = Envelope { room: &room_id, id: message_id.as_str(), sender: &sender };
            let (key, json) = (secret(message, "key"), text(message, "json"));

            let encrypted =
                encrypt_text(&envelope, bytes(message, "kid"), &key, bytes(message, "nonce"), json);

            assert_eq!(encrypted.as_deref(), Some(text(message, "text")));
            let decrypted =
                EncryptedText::parse(text(message, "text")).unwrap().decrypt(&envelope, &key).unwrap();
            assert_eq!(str::from_utf8(&decrypted).unwrap().trim_end_matches(' '), json);
            assert_eq!(decrypted.len() as u64, message["paddedLength"].as_u64().unwrap());
            assert_eq!(reserialized(text(message, "kind"), &decrypted), json);
        }
    });
}

fn reserialized(kind: &str, plaintext: &[u8]) -> String {
    if kind == "keys" {
        RevealedKeys::from_plaintext(plaintext).unwrap().to_json()
    } else {
        MessageContent::from_plaintext(plaintext).unwrap().to_json()
    }
}

#[test]
fn the_heads_are_the_published_ones() {
    each_room(|room| {
        let mut head = Head::empty(&id(room, "roomId"));
        assert_eq!(to_base64url(head.as_bytes()), text(room, "firstHead"));
        for (message, seq) in list(room, "messages").iter().zip(1..) {
            let message_id: MessageId = id(message, "id");

            head = head.after(seq, &message_id, &id(message, "participantId"), text(message, "text"));

            assert_eq!(to_base64url(head.as_bytes()), text(message, "head"));
        }
    });
}

#[test]
fn the_entries_of_a_browser_are_the_published_ones() {
    each_room(|room| {
        let (room_id, link) = room_and_link(room);
        for entry in list(room, "shelf") {
            let is_of = |person: &&Value| text(person, "name") == text(entry, "of");
            let person = list(room, "people").iter().find(is_of).unwrap();
            let secrets = seat_secrets(person);
            let shelf = Shelf::new(&room_id, secrets.shelf.clone());
            assert_eq!(shelf.check(), text(entry, "check"));
            assert_eq!(shelf.item(text(entry, "name")), text(entry, "item"));

            let encrypted =
                shelf.encrypt(text(entry, "name"), bytes(entry, "nonce"), text(entry, "json")).unwrap();
            let decrypted = shelf.decrypt(text(entry, "name"), &encrypted).unwrap();

            assert_eq!(encrypted, text(entry, "box"));
            let stored = StoredKeys::from_plaintext(&decrypted).unwrap();
            assert_eq!(stored.to_json(), text(entry, "json"));
            assert_eq!(stored.hello, Hello::parse(text(person, "hello")).unwrap());
            if matches!(stored.stage, Stage::Alone(_)) {
                let before = StoredKeys::before_join(&room_id, &link, &secrets);
                assert_eq!(before.to_json(), text(entry, "json"));
            }
        }
    });
}
