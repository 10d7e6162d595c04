//! Stories of lost memory, of the end of a room, and of a room that was never created.

use duet_simulation::{
    Setup, World,
    faults::FaultPeriod,
    host::{EventFault, MemoryLoss},
    person::Phase,
};

use super::{ANN, BEN, MINUTE, SECOND, embedded, room_of_two, say, send_as_stranger, texts};

#[test]
fn a_message_whose_sender_slept_before_the_confirmation_reaches_the_other() {
    let mut world = room_of_two(Setup::default());

    say(&mut world, ANN, &["are you there?"]);
    world.run_for(1).unwrap();
    world.faults.lasting = Some(FaultPeriod::Offline(ANN));
    world.cut_off(ANN);
    let hibernations = world.host.hibernations;
    world.run_for(30 * SECOND).unwrap();
    assert!(world.host.hibernations > hibernations, "the object slept");
    assert_eq!(world.people[ANN].unconfirmed(), 1);
    world.faults.lasting = None;
    world.run_for(2 * MINUTE).unwrap();

    assert_eq!(world.people[ANN].unconfirmed(), 0);
    assert_eq!(texts(&world, BEN), ["are you there?"]);
}

#[test]
fn a_message_that_was_stored_when_the_object_panicked_reaches_the_other() {
    let mut world = room_of_two(embedded());

    say(&mut world, ANN, &["did you get it?"]);
    world.set_next_event_fault(EventFault::Panic(1));
    world.run_for(SECOND).unwrap();
    assert!(texts(&world, BEN).is_empty());
    world.run_for(MINUTE).unwrap();

    assert_eq!(texts(&world, BEN), ["did you get it?"]);
    assert_eq!(world.people[ANN].unconfirmed(), 0);
}

#[test]
fn a_room_ends_on_the_millisecond() {
    let mut world = room_of_two(embedded());
    say(&mut world, ANN, &["hello"]);
    world.run_for(SECOND).unwrap();
    let end = world.host.disk.durable_dump().expires_at();

    world.run_until(end - 1).unwrap();
    assert!(world.host.disk.newest_dump().is_room());
    world.run_until(end).unwrap();
    assert!(!world.host.disk.newest_dump().is_room());
    world.run_for(SECOND).unwrap();

    assert!(world.people.iter().take(2).all(|person| person.phase == Phase::Ended));
    assert_eq!((world.host.disk.newest_dump().tables, world.host.alarm), (0, None));
}

#[test]
fn a_deletion_that_was_interrupted_is_finished_and_the_sockets_of_the_ended_room_are_closed() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["hello"]);
    world.run_for(SECOND).unwrap();

    let (person, mut context) = world.person(BEN);
    person.destroy(&mut context);
    // The tombstone is written, and dropping the tables fails.
    world.set_next_event_fault(EventFault::StatementFails(2));
    world.run_for(2 * MINUTE).unwrap();

    assert!(world.people.iter().take(2).all(|person| person.phase == Phase::Ended));
    assert_eq!(world.host.disk.newest_dump().tables, 0);
}

#[test]
fn a_crash_before_the_write_is_durable_loses_it_for_everybody_and_the_client_sends_it_again() {
    for kept in [0, 1] {
        let mut world = room_of_two(embedded());
        say(&mut world, ANN, &["hello"]);
        while world.host.disk.newest() == world.host.disk.durable() {
            world.step(u64::MAX).unwrap();
        }

        world.lose_memory(MemoryLoss::Reset(kept)).unwrap();
        assert!(texts(&world, BEN).is_empty(), "nothing is announced before it is durable");
        world.run_for(MINUTE).unwrap();

        assert_eq!(texts(&world, ANN), ["hello"]);
        assert_eq!(texts(&world, BEN), ["hello"]);
    }
}

#[test]
fn a_stranger_who_looks_at_a_room_that_never_was_leaves_no_trace() {
    let mut world = World::quiet(Setup::default());

    for (method, path) in
        [("GET", "/api/room"), ("POST", "/api/room/join"), ("GET", "/api/realtime"), ("DELETE", "/api/room")]
    {
        send_as_stranger(&mut world, method, path);
        world.run_for(SECOND).unwrap();
    }

    assert_eq!(world.host.disk.newest_dump().tables, 0);
    assert_eq!((world.host.alarm, world.host.timer, world.redis.received), (None, None, 0));
}
