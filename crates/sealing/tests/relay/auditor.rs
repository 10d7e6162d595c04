//! Compares what the two people accepted with what was really sent. It uses no code of the library that decides what to
//! accept.

use std::num::NonZeroU32;

use duet_sealing::participant::Outcome;

use crate::world::{Person, Relayed, Side, Truth, World};

/// Everything that must hold at every moment.
pub fn check(world: &World) {
    for side in [Side::Ann, Side::Ben] {
        check_what_is_shown(world, side);
        check_the_pin(world, side);
        check_the_order(world, side);
    }
    check_the_words(world);
}

/// What must hold in the end if the relay was honest.
pub fn check_all_was_delivered(world: &World) {
    for side in [Side::Ann, Side::Ben] {
        let person = world.person(side);
        assert_eq!(person.participant.stopped(), None);
        assert!(!person.participant.is_order_broken());
        assert!(person.participant.safety_words().is_some());
        for (seq, relayed) in &person.view {
            let was_sent = world.truths.iter().any(|truth| truth.relayed.id == relayed.id);
            match outcome(person, *seq) {
                Outcome::Shown { .. } => assert!(was_sent),
                Outcome::Keys => assert!(!was_sent),
                other => panic!("message {seq} of {} was not delivered: {other:?}", world.pool().len()),
            }
        }
    }
}

fn outcome(person: &Person, seq: u32) -> &Outcome {
    person.participant.outcome(NonZeroU32::new(seq).unwrap()).unwrap()
}

fn truth_of<'a>(world: &'a World, text: &str) -> &'a Truth {
    let truth = world.truths.iter().find(|truth| truth.relayed.text == text);
    truth.unwrap_or_else(|| panic!("something was shown that nobody sent: {text}"))
}

fn check_what_is_shown(world: &World, side: Side) {
    let person = world.person(side);
    let mut ids = Vec::new();
    for (seq, relayed) in &person.view {
        let is_first_with_id = !ids.contains(&relayed.id);
        ids.push(relayed.id);
        let Outcome::Shown { content, .. } = outcome(person, *seq) else { continue };
        let truth = truth_of(world, &relayed.text);
        assert_eq!(&truth.relayed, relayed, "shown under another name or id than it was sent");
        assert_eq!((content.text.as_str(), content.at_ms), (truth.words.as_str(), 5));
        assert!(is_first_with_id, "of one id, another than the first is shown");
    }
}

fn check_the_pin(world: &World, side: Side) {
    let person = world.person(side);
    if let Some(other) = person.participant.other() {
        assert_eq!(other.hello.to_base64url(), world.person(side.other()).hello, "a false hello is pinned");
    }
    if person.was_own_hello_changed {
        assert!(person.participant.stopped().is_some(), "one's own hello was changed");
    }
    if !person.was_lied_to_about_hellos {
        assert_eq!(person.participant.stopped(), None, "an honest relay makes nobody stop");
    }
}

fn check_the_words(world: &World) {
    let [ann, ben] = [Side::Ann, Side::Ben].map(|side| world.person(side).participant.safety_words());
    if let (Some(ann), Some(ben)) = (ann, ben) {
        assert_eq!(ann, ben, "nobody is in between, and the words differ");
    }
}

fn check_the_order(world: &World, side: Side) {
    let person = world.person(side);
    let prefix = person.prefix();
    let mut is_different = person.was_message_replaced;
    let mut other_has_seen = 0;
    for (seq, text) in &person.ever_shown {
        let truth = truth_of(world, text);
        match agrees(&prefix, truth, *seq) {
            Some(true) if truth.relayed.sender != side.id() => {
                other_has_seen = other_has_seen.max(truth.seen.len());
            }
            Some(false) => is_different = true,
            _ => {}
        }
    }
    assert_eq!(person.participant.is_order_broken(), is_different);
    assert_eq!(person.participant.other_has_seen(), other_has_seen as u64);
}

/// Whether the reader has the same messages as the sender had; `None` while this is unknown.
fn agrees(prefix: &[Relayed], truth: &Truth, seq: u32) -> Option<bool> {
    if truth.seen.len() >= seq as usize {
        return Some(false);
    }
    prefix.get(..truth.seen.len()).map(|seen| seen == truth.seen)
}
