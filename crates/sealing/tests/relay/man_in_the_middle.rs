//! A man in the middle from the start, who controls the server *and* has the link. They read everything, but the four
//! words reveal them.

use duet_sealing::bytes::Id;
use duet_sealing::link::LinkSecret;
use duet_sealing::participant::{Incoming, Participant, Stop};
use proptest::prelude::*;

use crate::cases;
use crate::world::{Side, seat_secrets};

fn person(number: u64, link: &LinkSecret) -> (Participant, String) {
    let room = Id::parse("V1StGXR8_Z5jdHi6B-myT").unwrap();
    let secrets = seat_secrets(number);
    (Participant::new(room, link, &secrets), secrets.hello(&room, link).to_base64url())
}

/// Both people receive the other's hello, and exchange their keys messages.
fn introduce(ann: &mut (Participant, String), ben: &mut (Participant, String)) {
    let hellos = [(Side::Ann.id(), ann.1.as_str()), (Side::Ben.id(), ben.1.as_str())];
    ann.0.on_hellos(Side::Ann.id(), &hellos).unwrap();
    ben.0.on_hellos(Side::Ben.id(), &hellos).unwrap();
    for (seq, side) in [(1, Side::Ann), (2, Side::Ben)] {
        let sender = if side == Side::Ann { &ann.0 } else { &ben.0 };
        let keys = sender.keys_message([7; 12]).unwrap();
        let seq = u32::try_into(seq).unwrap();
        let message = Incoming { seq, id: keys.id, sender: side.id(), text: keys.text };
        ann.0.receive(message.clone()).unwrap();
        ben.0.receive(message).unwrap();
    }
}

proptest! {
    #![proptest_config(cases::<500>())]

    #[test]
    fn the_words_differ_when_somebody_with_the_link_stands_in_between(number in 1_u64..1 << 40) {
        let link = LinkSecret::new([9; 32]);
        let [mut ann, mut false_ben, mut false_ann, mut ben] = [0, 1, 2, 3].map(|more| person(4 * number + more, &link));

        introduce(&mut ann, &mut false_ben);
        introduce(&mut false_ann, &mut ben);

        prop_assert_eq!(ann.0.safety_words(), false_ben.0.safety_words());
        prop_assert_eq!(ben.0.safety_words(), false_ann.0.safety_words());
        prop_assert!(ann.0.safety_words().is_some());
        prop_assert_ne!(ann.0.safety_words(), ben.0.safety_words());
    }
}

#[test]
fn one_exchange_secret_meets_one_other_hello_also_after_a_restart() {
    let link = LinkSecret::new([9; 32]);
    let [mut ann, mut ben, second] = [1, 2, 3].map(|number| person(number, &link));
    introduce(&mut ann, &mut ben);
    let mut restarted =
        Participant::restore(Id::parse("V1StGXR8_Z5jdHi6B-myT").unwrap(), ann.0.stored().clone());

    let hellos = [(Side::Ann.id(), ann.1.as_str()), (Side::Ben.id(), second.1.as_str())];

    assert_eq!(ann.0.on_hellos(Side::Ann.id(), &hellos), Err(Stop::Changed));
    assert_eq!(restarted.on_hellos(Side::Ann.id(), &hellos), Err(Stop::Changed));
    assert_eq!(restarted.safety_words(), None);
}
