//! A dishonest relay between two people. It can do everything that a server can do, and knows everything that a server
//! learns. Whatever it does, nothing false is accepted, it gets no key, and every change is noticed.
//!
//! `PROPTEST_CASES` sets the number of random conversations for each property.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what fails here is a test, and has to say so at once"
)]

mod attacker;
mod auditor;
mod man_in_the_middle;
mod world;

use proptest::prelude::*;
use proptest::sample::Index;

use attacker::Attacker;
use world::{Act, HelloLie, MessageLie, Side, World};

/// `DEFAULT` conversations, unless the environment sets another number.
fn cases<const DEFAULT: u32>() -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    // The seed of a failure is printed. A file of old failures does not belong in the source tree.
    ProptestConfig {
        cases: wanted.unwrap_or(DEFAULT),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Ann), Just(Side::Ben)]
}

fn any_hello_lie() -> impl Strategy<Value = HelloLie> {
    prop_oneof![
        12 => Just(HelloLie::None),
        4 => Just(HelloLie::Hide),
        1 => Just(HelloLie::Reflect),
        1 => Just(HelloLie::Swap),
        1 => Just(HelloLie::ReplaceOwn),
        1 => Just(HelloLie::ThirdSeat),
        1 => Just(HelloLie::RenameOther),
        1 => Just(HelloLie::ForgeWithoutLink),
        1 => any::<Index>().prop_map(HelloLie::FlipBit),
    ]
}

fn any_message_lie() -> impl Strategy<Value = MessageLie> {
    prop_oneof![
        6 => Just(MessageLie::None),
        1 => Just(MessageLie::OtherSender),
        1 => Just(MessageLie::ThirdSender),
        1 => Just(MessageLie::NewId),
        1 => any::<Index>().prop_map(MessageLie::IdOf),
        1 => any::<Index>().prop_map(MessageLie::FlipBit),
        1 => any::<Index>().prop_map(MessageLie::Cut),
    ]
}

fn honest_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => any_side().prop_map(Act::Send),
        1 => (any_side(), any::<Index>()).prop_map(|(side, which)| Act::Resend(side, which)),
        3 => any_side().prop_map(Act::SendKeys),
        3 => any_side().prop_map(|side| Act::DeliverHellos(side, HelloLie::None)),
        8 => any_side().prop_map(Act::DeliverNext),
        1 => any_side().prop_map(Act::Restart),
    ]
}

fn dishonest_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (any_side(), any_hello_lie()).prop_map(|(side, lie)| Act::DeliverHellos(side, lie)),
        3 => (any_side(), any::<Index>(), any_message_lie())
            .prop_map(|(side, which, lie)| Act::DeliverAny { side, which, lie }),
        1 => (any_side(), any::<Index>(), any::<Index>())
            .prop_map(|(side, which, position)| Act::DeliverAt { side, which, position }),
        1 => any_side().prop_map(Act::GiveOthersView),
    ]
}

/// Mostly honest, so that conversations come far enough for a lie to matter.
fn any_conversation() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![5 => honest_act(), 1 => dishonest_act()];
    prop::collection::vec(act, 1..60)
}

proptest! {
    #![proptest_config(cases::<2_000>())]

    #[test]
    fn nothing_false_is_accepted_and_every_difference_is_noticed(acts in any_conversation()) {
        let mut world = World::new();
        for act in acts {
            world.act(&act);
            auditor::check(&world);
        }
    }

    #[test]
    fn an_honest_relay_delivers_everything_and_nobody_is_alarmed(
        acts in prop::collection::vec(honest_act(), 1..60),
    ) {
        let mut world = World::new();
        for act in acts {
            world.act(&act);
        }
        world.deliver_everything();
        auditor::check(&world);
        auditor::check_all_was_delivered(&world);
    }
}

#[test]
fn a_relay_that_denies_a_message_in_the_middle_is_noticed() {
    let mut world = World::new();
    for act in [Act::DeliverHellos(Side::Ann, HelloLie::None), Act::DeliverHellos(Side::Ben, HelloLie::None)]
    {
        world.act(&act);
    }
    let mut ann = world.person(Side::Ann).participant.clone();
    assert!(!ann.is_order_broken());

    ann.note_gap();

    assert!(ann.is_order_broken());
    assert_eq!(ann.stopped(), None, "and the two can go on");
}

proptest! {
    #![proptest_config(cases::<300>())]

    #[test]
    fn after_the_end_link_and_transcript_open_nothing(acts in any_conversation()) {
        let mut world = World::new();
        for act in acts {
            world.act(&act);
        }

        let decrypted = Attacker::with_everything_but_the_keys(&world).count_decrypted();

        prop_assert_eq!(decrypted, 0);
    }

    #[test]
    fn before_the_end_one_browser_opens_everything(acts in prop::collection::vec(honest_act(), 1..40)) {
        let mut world = World::new();
        for act in acts {
            world.act(&act);
        }
        world.deliver_everything();
        let attacker = Attacker::with_everything_but_the_keys(&world);

        for side in [Side::Ann, Side::Ben] {
            let decrypted = attacker.clone().and_the_browser_of(side, &world).count_decrypted();
            // The other person's early messages need their keys message, which the attacker opens first.
            prop_assert_eq!(decrypted, world.pool().len());
        }
    }
}
