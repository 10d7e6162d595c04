//! All published negatives: what a client must do with input that no honest server and no honest person sends.

use std::num::NonZeroU32;

use serde_json::Value;

use crate::vectors::{id, list, published, room_and_link, seat_secrets, text};
use duet_sealing::bytes::{ParticipantId, from_base64url};
use duet_sealing::link::LinkSecret;
use duet_sealing::participant::{Incoming, Outcome, Participant, Stop};

fn incoming(message: &Value, seq: u64) -> Incoming {
    let seq = NonZeroU32::new(u32::try_from(seq).unwrap()).unwrap();
    let (id, sender) = (id(message, "id"), id(message, "participantId"));
    Incoming { seq, id, sender, text: text(message, "text").to_owned() }
}

fn person<'a>(room: &'a Value, name: &str) -> &'a Value {
    list(room, "people").iter().find(|person| text(person, "name") == name).unwrap()
}

fn participant(room: &Value, name: &str) -> Participant {
    let (room_id, link) = room_and_link(room);
    Participant::new(room_id, &link, &seat_secrets(person(room, name)))
}

fn receive_all_hellos(participant: &mut Participant, room: &Value, name: &str) -> Result<(), Stop> {
    let people = list(room, "people");
    let hellos: Vec<_> = people.iter().map(|person| (id(person, "P"), text(person, "hello"))).collect();
    participant.on_hellos(id(person(room, name), "P"), &hellos)
}

fn receive_hellos_of(
    participant: &mut Participant,
    negative: &Value,
    own_id: ParticipantId,
) -> Result<(), Stop> {
    let hellos = negative["hellos"].as_object().unwrap();
    let hellos: Vec<_> = hellos
        .iter()
        .map(|(id, hello)| (ParticipantId::parse(id).unwrap(), hello.as_str().unwrap()))
        .collect();
    participant.on_hellos(own_id, &hellos)
}

fn hello_negative(room: &Value, negative: &Value) -> &'static str {
    let name = text(negative, "reader");
    let mut participant = participant(room, name);
    if negative["pinned"] == true {
        receive_all_hellos(&mut participant, room, name).unwrap();
    }
    match receive_hellos_of(&mut participant, negative, id(person(room, name), "P")) {
        Ok(()) => "ok",
        Err(stop) => {
            assert_eq!(participant.stopped(), Some(stop));
            assert!(participant.safety_words().is_none());
            "stop"
        }
    }
}

fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Shown { .. } => "shown",
        Outcome::Keys => "keys",
        Outcome::Waiting(_) => "waits",
        Outcome::Refused(_) => "refused",
    }
}

fn message_negative(room: &Value, negative: &Value) -> &'static str {
    let name = text(negative, "reader");
    let mut participant = participant(room, name);
    if negative["hellos"] != false {
        receive_all_hellos(&mut participant, room, name).unwrap();
    }
    let after = usize::try_from(negative["after"].as_u64().unwrap()).unwrap();
    for (message, seq) in list(room, "messages").iter().take(after).zip(1..) {
        participant.receive(incoming(message, seq)).unwrap();
    }
    assert!(!participant.is_order_broken());
    let message = &negative["message"];
    let seq = message["seq"].as_u64().unwrap();
    let is_known = usize::try_from(seq).unwrap() <= after;
    match participant.receive(incoming(message, seq)) {
        Err(_) => "stop",
        Ok(_) if participant.is_order_broken() => "broken",
        Ok(_) if is_known => "ok",
        Ok(outcome) => outcome_name(&outcome),
    }
}

fn conversation_negative(room: &Value, negative: &Value) -> &'static str {
    let name = text(negative, "reader");
    let mut participant = participant(room, name);
    receive_all_hellos(&mut participant, room, name).unwrap();
    let messages = list(room, "messages");
    for (original, seq) in list(negative, "order").iter().zip(1..) {
        let index = usize::try_from(original.as_u64().unwrap()).unwrap() - 1;
        participant.receive(incoming(&messages[index], seq)).unwrap();
    }
    if participant.is_order_broken() { "broken" } else { "ok" }
}

fn link_negative(negative: &Value) -> &'static str {
    if LinkSecret::from_fragment(text(negative, "fragment")).is_some() { "ok" } else { "refused" }
}

#[test]
fn every_published_negative_has_the_published_outcome() {
    let vectors = published();
    let room = &list(&vectors, "rooms")[0];
    let negatives = list(&vectors, "negatives");
    assert!(negatives.len() >= 118, "some were lost");
    for negative in negatives {
        let outcome = match text(negative, "where") {
            "hello" => hello_negative(room, negative),
            "link" => link_negative(negative),
            "message" => message_negative(room, negative),
            "conversation" => conversation_negative(room, negative),
            other => panic!("nothing is known of negatives at `{other}`"),
        };
        assert_eq!(outcome, text(negative, "expect"), "{}", text(negative, "what"));
    }
}

#[test]
fn the_published_conversations_are_read_whole_by_both_people() {
    let vectors = published();
    for room in list(&vectors, "rooms") {
        for name in list(room, "people").iter().map(|person| text(person, "name")) {
            let mut participant = participant(room, name);
            let messages = list(room, "messages");
            // The other person's hello comes last, so that every message has to wait.
            let own_id: ParticipantId = id(person(room, name), "P");
            participant.on_hellos(own_id, &[(own_id, text(person(room, name), "hello"))]).unwrap();
            for (message, seq) in messages.iter().zip(1..) {
                participant.receive(incoming(message, seq)).unwrap();
            }

            receive_all_hellos(&mut participant, room, name).unwrap();

            for (message, seq) in messages.iter().zip(1..) {
                let outcome = participant.outcome(NonZeroU32::new(seq).unwrap()).unwrap();
                let expected = if text(message, "kind") == "keys" { "keys" } else { "shown" };
                assert_eq!(outcome_name(outcome), expected, "message {seq} for {name}");
            }
            assert!(!participant.is_order_broken());
            assert_eq!(participant.safety_words().unwrap().join(" "), text(room, "safetyWords"));
        }
    }
}

#[test]
fn the_first_of_one_id_by_sequence_number_counts_even_if_it_comes_last() {
    let vectors = published();
    let room = &list(&vectors, "rooms")[0];
    let mut participant = participant(room, "ann");
    receive_all_hellos(&mut participant, room, "ann").unwrap();
    let original = &list(room, "messages")[3];
    let (early, late) = (incoming(original, 4), incoming(original, 9));
    assert_eq!(outcome_name(&participant.receive(late.clone()).unwrap()), "shown");

    let outcome = participant.receive(early).unwrap();

    assert_eq!(outcome_name(&outcome), "shown");
    assert_eq!(participant.take_changed(), [late.seq]);
    assert_eq!(outcome_name(participant.outcome(late.seq).unwrap()), "refused");
}

#[test]
fn what_is_kept_after_the_pin_holds_no_exchange_secret() {
    let vectors = published();
    let room = &list(&vectors, "rooms")[0];
    let mut participant = participant(room, "ann");
    let exchange = text(person(room, "ann"), "e").to_owned();
    assert!(from_base64url::<32>(&exchange).is_some());
    assert!(participant.stored().to_json().contains(&exchange));

    receive_all_hellos(&mut participant, room, "ann").unwrap();

    assert!(!participant.stored().to_json().contains(&exchange));
}
