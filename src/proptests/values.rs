//! Ids, secrets and texts are accepted if and only if they obey their rule, and are kept unchanged.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;

use super::{ID, any_text, message_text, seeded, token};
use crate::{
    domain::{
        MessageId, MessageText, ParticipantId, Proof, ProofHash, RoomId, SeatDigest, SenderName, Token,
    },
    wire::Route,
};

/// Mostly of an id's alphabet and length, sometimes of neither.
const ALMOST_AN_ID: &str = "[A-Za-z0-9_-]{20,22}|[A-Za-z0-9_-]{20}[!+/=.é]|\\PC{21}";

fn is_id(raw: &str) -> bool {
    raw.len() == 21 && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|character| !character.is_control() || character == '\n' || character == '\t')
}

/// Up to a little more than the limit of a message.
fn text_of_any_length() -> impl Strategy<Value = String> {
    let piece = prop_oneof![any_text(), message_text()];
    (piece, 1_usize..400).prop_map(|(piece, times)| piece.repeat(times.min(1 + 20_000 / piece.len().max(1))))
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn an_id_is_accepted_if_and_only_if_it_has_its_form(raw in prop_oneof![ALMOST_AN_ID, any_text()]) {
        let id = RoomId::parse(&raw);

        prop_assert_eq!(id.as_ref().map(RoomId::as_str), is_id(&raw).then_some(raw.as_str()));
        prop_assert_eq!(MessageId::parse(&raw).is_some(), is_id(&raw));
        let json = Value::from(raw.as_str()).to_string();
        prop_assert_eq!(serde_json::from_str::<MessageId>(&json).is_ok(), is_id(&raw));
    }

    #[test]
    fn a_secret_has_exactly_one_form(
        bytes in vec(any::<u8>(), 30..34),
        at in any::<Index>(),
        instead in "[A-Za-z0-9_+/=-]",
    ) {
        let raw = URL_SAFE_NO_PAD.encode(&bytes);
        let at = at.index(raw.len());
        let other = format!("{}{instead}{}", &raw[..at], &raw[at + 1..]);

        let taken = Token::parse(&raw).map(|token| token.expose().to_owned());
        prop_assert_eq!(taken, (bytes.len() == 32).then_some(raw));
        if let Some(token) = Token::parse(&other) {
            let decoded = URL_SAFE_NO_PAD.decode(token.expose()).unwrap();
            prop_assert_eq!(URL_SAFE_NO_PAD.encode(decoded), other);
        }
    }

    #[test]
    fn no_text_makes_a_value_panic(raw in any_text()) {
        let _ = (Token::parse(&raw), Proof::parse(&raw), ProofHash::parse(&raw));
        let _ = (ParticipantId::parse(&raw), SeatDigest::parse(&raw), Route::parse(&raw, &raw));
    }

    #[test]
    fn a_text_is_accepted_if_and_only_if_it_obeys_the_rules(raw in text_of_any_length()) {
        let keeps_rules = (1..=16_384).contains(&raw.len()) && is_plain(&raw);

        let text = MessageText::parse(raw.clone()).ok();

        prop_assert_eq!(text.as_ref().map(MessageText::as_str), keeps_rules.then_some(raw.as_str()));
    }

    #[test]
    fn a_name_is_accepted_if_and_only_if_it_obeys_the_rules(raw in prop_oneof![any_text(), "\\PC{90,110}"]) {
        let keeps_rules = raw.chars().count() <= 100 && is_plain(&raw);

        let name = SenderName::parse(raw.clone()).ok();

        prop_assert_eq!(name.as_ref().map(SenderName::as_str), keeps_rules.then_some(raw.as_str()));
    }

    #[test]
    fn a_seat_differs_by_room_and_by_token_and_names_its_participant(
        token in token(),
        other in token(),
        rooms in [ID, ID],
    ) {
        prop_assume!(token != other && rooms[0] != rooms[1]);
        let [room, other_room] = rooms.map(|room| RoomId::parse(&room).unwrap());

        let seat = token.seat_in(&room);

        prop_assert_ne!(&seat, &other.seat_in(&room));
        prop_assert_ne!(&seat, &token.seat_in(&other_room));
        prop_assert!(seat.as_str().starts_with(ParticipantId::of(&seat).as_str()));
        prop_assert_eq!(SeatDigest::parse(seat.as_str()), Some(seat));
    }
}
