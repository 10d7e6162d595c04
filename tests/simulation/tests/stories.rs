//! Short stories about one thing each, in the same world as the seeds and under the same auditor. Each defect that was
//! found stays here in plain words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what fails here is a test")]

use duet_simulation::{
    Setup, World,
    host::{Loss, Mishap},
    person::Phase,
    redis::Outside,
    weather::Spell,
    wire::{Ask, Who},
    world::{BEGIN, ROOM},
};

const ANN: usize = 0;
const BEN: usize = 1;
const CAT: Who = Who::Stranger(0);

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

fn embedded() -> Setup {
    Setup { has_database: false, ..Setup::default() }
}

fn room(setup: Setup) -> World {
    let mut world = World::quiet(setup);
    world.ask_create();
    world.run_for(SECOND).unwrap();
    assert_eq!(world.creation.as_ref().unwrap().status, 201);
    world
}

fn enter(world: &mut World, client: usize) {
    let (person, mut means) = world.person(client);
    person.enter(&mut means);
}

fn room_of_two(setup: Setup) -> World {
    let mut world = room(setup);
    for client in [ANN, BEN] {
        enter(&mut world, client);
        world.run_for(SECOND).unwrap();
        assert!(world.people[client].is_connected());
    }
    world
}

fn texts(world: &World, client: usize) -> Vec<&str> {
    world.people[client].messages.values().map(|(_, text)| text.as_str()).collect()
}

fn say(world: &mut World, client: usize, texts: &[&str]) {
    texts.iter().for_each(|text| world.says(client, (*text).to_owned()));
}

fn ask(world: &mut World, method: &'static str, path: &'static str) {
    let token = Some(world.strangers[0].token.clone());
    let is_upgrade = path == "/api/realtime";
    world.ask(
        CAT,
        Ask { method, path, query: format!("roomId={ROOM}"), body: String::new(), token, is_upgrade },
    );
}

fn copy(world: &World) -> usize {
    world.redis.list(&format!("messages:{ROOM}"), world.stage.now).len()
}

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
fn fifty_joins_without_an_answer_leave_the_room_to_the_same_two_people() {
    let mut world = room(Setup::default());

    for _ in 0..25 {
        for client in [ANN, BEN] {
            enter(&mut world, client);
            world.run_for(1).unwrap();
            // The seat is taken by now, and the answer gets lost.
            world.wire.calls.clear();
            world.run_for(100).unwrap();
            let (person, mut means) = world.person(client);
            person.leave(&mut means);
        }
    }
    for client in [ANN, BEN] {
        let (person, mut means) = world.person(client);
        person.reload(&mut means);
    }
    world.run_for(SECOND).unwrap();

    assert!(world.people[ANN].is_connected() && world.people[BEN].is_connected());
    assert_eq!(world.host.disk.safe_dump().participants().len(), 2);
}

#[test]
fn a_database_that_does_everything_and_answers_500_disturbs_neither_joins_nor_messages() {
    let mut world = room(Setup::default());
    world.weather.lasting = Some(Spell::RedisBreaks);

    for client in [ANN, BEN] {
        enter(&mut world, client);
    }
    world.run_for(SECOND).unwrap();
    say(&mut world, ANN, &["one"]);
    world.run_for(20 * SECOND).unwrap();
    say(&mut world, BEN, &["two"]);
    world.run_for(SECOND).unwrap();
    assert_eq!(texts(&world, ANN), ["one", "two"]);

    world.weather.lasting = None;
    world.run_for(2 * MINUTE).unwrap();
    assert_eq!(copy(&world), 2);
}

#[test]
fn a_message_whose_sender_slept_before_the_confirmation_reaches_the_other() {
    let mut world = room_of_two(Setup::default());

    say(&mut world, ANN, &["are you there?"]);
    world.run_for(1).unwrap();
    world.weather.lasting = Some(Spell::Offline(ANN));
    world.cut_off(ANN);
    let naps = world.host.naps;
    world.run_for(30 * SECOND).unwrap();
    assert!(world.host.naps > naps, "the object slept");
    assert_eq!(world.people[ANN].unconfirmed(), 1);
    world.weather.lasting = None;
    world.run_for(2 * MINUTE).unwrap();

    assert_eq!(world.people[ANN].unconfirmed(), 0);
    assert_eq!(texts(&world, BEN), ["are you there?"]);
}

#[test]
fn a_message_that_was_stored_when_the_object_panicked_reaches_the_other() {
    let mut world = room_of_two(embedded());

    say(&mut world, ANN, &["did you get it?"]);
    world.go_wrong(Mishap::Panic(1));
    world.run_for(SECOND).unwrap();
    assert!(texts(&world, BEN).is_empty());
    world.run_for(MINUTE).unwrap();

    assert_eq!(texts(&world, BEN), ["did you get it?"]);
    assert_eq!(world.people[ANN].unconfirmed(), 0);
}

#[test]
fn a_message_after_a_pause_is_one_command_however_long_the_history_is() {
    let mut world = room_of_two(Setup { messages_per_second: 0, ..Setup::default() });
    for number in 0..400 {
        world.says(ANN, format!("message {number}"));
        world.run_for(10).unwrap();
    }
    world.run_for(30 * SECOND).unwrap();
    let (requests, naps) = (world.redis.received, world.host.naps);
    assert!(naps > 0, "the object slept");

    say(&mut world, BEN, &["and now?"]);
    world.run_for(20 * SECOND).unwrap();

    assert_eq!(world.redis.received, requests + 1);
    assert_eq!(copy(&world), 401);
}

#[test]
fn what_a_rate_limit_refuses_is_stored_later_in_the_order_in_which_it_was_written() {
    let mut world = room_of_two(Setup { messages_per_second: 1, ..embedded() });

    let written: Vec<String> = (0..9).map(|number| format!("message {number}")).collect();
    written.iter().for_each(|text| world.says(ANN, text.clone()));
    world.run_for(MINUTE).unwrap();

    assert!(world.people[ANN].was_held_up);
    assert_eq!(texts(&world, BEN), written);
}

#[test]
fn with_a_wrong_token_an_old_room_asks_once_a_minute_at_most_and_erases_itself_in_the_end() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["hello"]);
    world.weather.lasting = Some(Spell::RedisRefuses(401));
    world.run_for(MINUTE).unwrap();

    let before = world.redis.received;
    world.run_for(8 * MINUTE).unwrap();
    let asked = world.redis.received - before;
    assert!((7..=12).contains(&asked), "{asked} requests in eight minutes");

    world.run_for(40 * MINUTE).unwrap();
    let left = world.host.disk.newest_dump();
    assert_eq!((left.tables, world.host.alarm), (0, None));
    let before = world.redis.received;
    world.run_for(60 * MINUTE).unwrap();
    assert_eq!(world.redis.received, before);
}

#[test]
fn a_socket_that_is_refused_does_not_keep_the_object_awake() {
    let mut world = room(embedded());
    world.run_for(20 * SECOND).unwrap();
    let naps = world.host.naps;

    ask(&mut world, "GET", "/api/realtime");
    world.run_for(11 * SECOND).unwrap();

    assert_eq!(world.host.naps, naps + 1);
}

#[test]
fn eight_half_open_sockets_do_not_lock_their_participant_out() {
    let mut world = room_of_two(embedded());
    for _ in 0..8 {
        world.opens_ghost(ANN);
        world.run_for(100).unwrap();
    }

    let (person, mut means) = world.person(ANN);
    person.reload(&mut means);
    world.run_for(SECOND).unwrap();
    say(&mut world, BEN, &["welcome back"]);
    world.run_for(SECOND).unwrap();

    assert!(world.people[ANN].is_connected());
    assert_eq!(texts(&world, ANN), ["welcome back"]);
}

#[test]
fn a_room_ends_on_the_millisecond() {
    let mut world = room_of_two(embedded());
    say(&mut world, ANN, &["hello"]);
    world.run_for(SECOND).unwrap();
    let end = world.host.disk.safe_dump().expires_at();

    world.run_until(end - 1).unwrap();
    assert!(world.host.disk.newest_dump().is_room());
    world.run_until(end).unwrap();
    assert!(!world.host.disk.newest_dump().is_room());
    world.run_for(SECOND).unwrap();

    assert!(world.people.iter().take(2).all(|person| person.phase == Phase::Ended));
    assert_eq!((world.host.disk.newest_dump().tables, world.host.alarm), (0, None));
}

#[test]
fn destroy_is_204_once_redis_is_empty_and_202_where_redis_is_silent() {
    for (lasting, status) in [(None, 204), (Some(Spell::RedisDead), 202)] {
        let mut world = room_of_two(Setup::default());
        say(&mut world, ANN, &["hello"]);
        world.run_for(SECOND).unwrap();
        world.weather.lasting = lasting;

        let (person, mut means) = world.person(BEN);
        person.destroy(&mut means);
        world.run_for(5 * SECOND).unwrap();

        assert_eq!(world.people[BEN].destroyed, Some(status));
        assert_eq!(world.people[ANN].phase, Phase::Ended);
        world.weather.lasting = None;
        world.run_for(2 * MINUTE).unwrap();
        assert_eq!(world.redis.keys(world.stage.now).count(), 0);
        assert_eq!(world.host.disk.newest_dump().tables, 0);
    }
}

#[test]
fn a_burial_that_was_cut_short_is_finished_and_the_sockets_of_the_dead_room_are_closed() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["hello"]);
    world.run_for(SECOND).unwrap();

    let (person, mut means) = world.person(BEN);
    person.destroy(&mut means);
    // The tombstone is written, and dropping the tables fails.
    world.go_wrong(Mishap::StatementFails(2));
    world.run_for(2 * MINUTE).unwrap();

    assert!(world.people.iter().take(2).all(|person| person.phase == Phase::Ended));
    assert_eq!(world.host.disk.newest_dump().tables, 0);
}

#[test]
fn a_statement_that_fails_gives_up_the_request_under_way_and_the_copy_is_right_all_the_same() {
    let mut world = room_of_two(Setup::default());
    say(&mut world, ANN, &["one"]);
    while world.host.open_fetches() == 0 {
        world.run_for(1).unwrap();
    }

    say(&mut world, BEN, &["two"]);
    world.go_wrong(Mishap::StatementFails(0));
    world.run_for(3 * MINUTE).unwrap();

    assert_eq!(texts(&world, ANN), ["one", "two"]);
    assert_eq!(copy(&world), 2);
}

#[test]
fn the_end_of_a_socket_that_wakes_the_object_is_told_to_the_other() {
    let mut world = room_of_two(embedded());
    world.run_for(30 * SECOND).unwrap();
    assert_eq!(world.people[ANN].online.len(), 2);

    let (person, mut means) = world.person(BEN);
    person.leave(&mut means);
    world.run_for(SECOND).unwrap();

    assert_eq!(world.people[ANN].online.len(), 1);
}

#[test]
fn a_crash_before_the_write_is_durable_loses_it_for_everybody_and_the_client_sends_it_again() {
    for kept in [0, 1] {
        let mut world = room_of_two(embedded());
        say(&mut world, ANN, &["hello"]);
        while world.host.disk.newest() == world.host.disk.safe() {
            world.step(u64::MAX).unwrap();
        }

        world.lose_memory(Loss::Reset(kept)).unwrap();
        assert!(texts(&world, BEN).is_empty(), "nobody hears of what is not safe");
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
        ask(&mut world, method, path);
        world.run_for(SECOND).unwrap();
    }

    assert_eq!(world.host.disk.newest_dump().tables, 0);
    assert_eq!((world.host.alarm, world.host.timer, world.redis.received), (None, None, 0));
}

#[test]
fn a_room_holds_5000_messages_and_refuses_the_next() {
    let mut world = room_of_two(Setup { messages_per_second: 0, ..embedded() });
    world.people[ANN].window = 100;

    for number in 0..5_010 {
        world.says(ANN, format!("{number}"));
        if number % 100 == 99 {
            world.run_for(10).unwrap();
        }
    }
    world.run_for(SECOND).unwrap();

    // A message that is there is confirmed again all the same.
    let (token, query) = (Some(world.people[ANN].identity.token.clone()), format!("roomId={ROOM}"));
    let body = format!(r#"{{"id":"{}","sender":"S","text":"0"}}"#, world.people[ANN].written[0]);
    let ask = Ask { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
    let call = world.ask(Who::Nuisance(ANN), ask);
    while world.wire.calls.get(&call).is_some_and(|call| call.answer.is_none()) {
        world.step(u64::MAX).unwrap();
    }
    assert_eq!(world.wire.calls[&call].answer.as_ref().unwrap().status, 200);

    assert_eq!(world.host.disk.safe_dump().last_seq(), 5_000);
    assert_eq!((world.people[ANN].unconfirmed(), world.people[BEN].messages.len()), (0, 5_000));
    assert!(world.stage.now - BEGIN < MINUTE);
}

#[test]
fn a_long_history_comes_in_pages_of_a_mebibyte_and_is_copied_in_pieces() {
    let mut world = room_of_two(Setup { messages_per_second: 0, ..Setup::default() });
    for number in 0..100 {
        world.says(ANN, format!("{number} {}", "x".repeat(16_000)));
        world.run_for(5).unwrap();
    }
    world.run_for(SECOND).unwrap();

    let (person, mut means) = world.person(BEN);
    person.reload(&mut means);
    world.redis.meddle(Outside::Wiped);
    world.auditor.meddled(Outside::Wiped);
    say(&mut world, ANN, &["and one more"]);
    world.run_for(5 * SECOND).unwrap();

    assert_eq!(world.people[BEN].messages.len(), 101);
    assert_eq!(copy(&world), 101);
    assert!(world.auditor.marks.contains_key("the copy was written in pieces"));
}

#[test]
fn typing_is_passed_on_to_the_other_person_alone() {
    let mut world = room_of_two(embedded());

    let (person, mut means) = world.person(ANN);
    person.frame(r#"{"type":"typing"}"#.to_owned(), &mut means);
    world.run_for(SECOND).unwrap();

    let typing = |line: &&String| line.contains(r#"{"type":"typing""#);
    let seen: Vec<&String> = world.stage.trace.lines().iter().filter(typing).collect();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].contains("Ben"));
}
