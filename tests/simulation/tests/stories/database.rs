//! Stories of the copy in Redis.

use duet_simulation::{Setup, faults::FaultPeriod, host::EventFault, person::Phase, redis::Tampering};

use super::{ANN, BEN, MINUTE, SECOND, copy, enter, room, room_of_two, say, texts};

#[test]
fn two_people_talk_and_redis_follows_within_a_round_trip_and_50_ms() {
    let mut world = room_of_two(Setup::default());

    say(&mut world, ANN, &["hello"]);
    say(&mut world, BEN, &["good morning"]);
    world.run_for(60).unwrap();

    assert_eq!(texts(&world, ANN), ["hello", "good morning"]);
    assert_eq!(texts(&world, BEN), ["hello", "good morning"]);
    assert_eq!(copy(&world), 2);
}

#[test]
fn a_database_that_does_everything_and_answers_500_disturbs_neither_joins_nor_messages() {
    let mut world = room(Setup::default());
    world.faults.lasting = Some(FaultPeriod::RedisBreaks);

    for client in [ANN, BEN] {
        enter(&mut world, client);
    }
    world.run_for(SECOND).unwrap();
    say(&mut world, ANN, &["one"]);
    world.run_for(20 * SECOND).unwrap();
    say(&mut world, BEN, &["two"]);
    world.run_for(SECOND).unwrap();
    assert_eq!(texts(&world, ANN), ["one", "two"]);

    world.faults.lasting = None;
    world.run_for(2 * MINUTE).unwrap();
    assert_eq!(copy(&world), 2);
}

#[test]
fn a_message_after_a_pause_is_one_command_however_long_the_history_is() {
    let mut world = room_of_two(Setup { messages_per_second: 0, ..Setup::default() });
    for number in 0..400 {
        world.says(ANN, format!("message {number}"));
        world.run_for(10).unwrap();
    }
    world.run_for(30 * SECOND).unwrap();
    let (requests, hibernations) = (world.redis.received, world.host.hibernations);
    assert!(hibernations > 0, "the object slept");

    say(&mut world, BEN, &["and now?"]);
    world.run_for(20 * SECOND).unwrap();

    assert_eq!(world.redis.received, requests + 1);
    assert_eq!(copy(&world), 401);
}

#[test]
fn with_a_wrong_token_an_old_room_asks_once_a_minute_at_most_and_erases_itself_in_the_end() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["hello"]);
    world.faults.lasting = Some(FaultPeriod::RedisRefuses(401));
    world.run_for(MINUTE).unwrap();

    let before = world.redis.received;
    world.run_for(8 * MINUTE).unwrap();
    let requests = world.redis.received - before;
    assert!((7..=12).contains(&requests), "{requests} requests in eight minutes");

    world.run_for(40 * MINUTE).unwrap();
    let left = world.host.disk.newest_dump();
    assert_eq!((left.tables, world.host.alarm), (0, None));
    let before = world.redis.received;
    world.run_for(60 * MINUTE).unwrap();
    assert_eq!(world.redis.received, before);
}

#[test]
fn destroy_is_204_once_redis_is_empty_and_202_where_redis_is_silent() {
    for (lasting, status) in [(None, 204), (Some(FaultPeriod::RedisDead), 202)] {
        let mut world = room_of_two(Setup::default());
        say(&mut world, ANN, &["hello"]);
        world.run_for(SECOND).unwrap();
        world.faults.lasting = lasting;

        let (person, mut context) = world.person(BEN);
        person.destroy(&mut context);
        world.run_for(5 * SECOND).unwrap();

        assert_eq!(world.people[BEN].destroyed, Some(status));
        assert_eq!(world.people[ANN].phase, Phase::Ended);
        world.faults.lasting = None;
        world.run_for(2 * MINUTE).unwrap();
        assert_eq!(world.redis.keys(world.sim.now).count(), 0);
        assert_eq!(world.host.disk.newest_dump().tables, 0);
    }
}

#[test]
fn a_statement_that_fails_gives_up_the_request_in_flight_and_the_copy_is_right_all_the_same() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["one"]);
    while world.host.open_fetches() == 0 {
        world.run_for(1).unwrap();
    }

    say(&mut world, BEN, &["two"]);
    world.set_next_event_fault(EventFault::StatementFails(0));
    world.run_for(3 * MINUTE).unwrap();

    assert_eq!(texts(&world, ANN), ["one", "two"]);
    assert_eq!(copy(&world), 2);
}

#[test]
fn a_long_history_comes_in_pages_of_a_mebibyte_and_is_copied_in_pieces() {
    let mut world = room_of_two(Setup { messages_per_second: 0, ..Setup::default() });
    for number in 0..100 {
        world.says(ANN, format!("{number} {}", "x".repeat(16_000)));
        world.run_for(5).unwrap();
    }
    world.run_for(SECOND).unwrap();

    let (person, mut context) = world.person(BEN);
    person.reload(&mut context);
    world.redis.tamper(Tampering::Wiped);
    world.auditor.tampered(Tampering::Wiped);
    say(&mut world, ANN, &["and one more"]);
    world.run_for(5 * SECOND).unwrap();

    assert_eq!(world.people[BEN].messages.len(), 101);
    assert_eq!(copy(&world), 101);
    assert!(world.auditor.rare_states.contains_key("the copy was written in pieces"));
}
