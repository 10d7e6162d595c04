//! Stories of people, their sockets and their messages.

use duet_simulation::{
    Setup,
    network::{ApiRequest, Caller},
    world::{BEGIN, ROOM},
};

use super::{ANN, BEN, MINUTE, SECOND, embedded, enter, room, room_of_two, say, send_as_stranger, texts};

#[test]
fn fifty_joins_without_an_answer_leave_the_room_to_the_same_two_people() {
    let mut world = room(Setup::default());

    for _ in 0..25 {
        for client in [ANN, BEN] {
            enter(&mut world, client);
            world.run_for(1).unwrap();
            // By now the seat is taken, and the answer gets lost.
            world.network.calls.clear();
            world.run_for(100).unwrap();
            let (person, mut context) = world.person(client);
            person.leave(&mut context);
        }
    }
    for client in [ANN, BEN] {
        let (person, mut context) = world.person(client);
        person.reload(&mut context);
    }
    world.run_for(SECOND).unwrap();

    assert!(world.people[ANN].is_connected() && world.people[BEN].is_connected());
    assert_eq!(world.host.disk.durable_dump().participants().len(), 2);
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
fn a_socket_that_is_refused_does_not_keep_the_object_awake() {
    let mut world = room(embedded());
    world.run_for(20 * SECOND).unwrap();
    let hibernations = world.host.hibernations;

    send_as_stranger(&mut world, "GET", "/api/realtime");
    world.run_for(11 * SECOND).unwrap();

    assert_eq!(world.host.hibernations, hibernations + 1);
}

#[test]
fn eight_half_open_sockets_do_not_lock_their_participant_out() {
    let mut world = room_of_two(embedded());
    for _ in 0..8 {
        world.opens_unread_socket(ANN);
        world.run_for(100).unwrap();
    }

    let (person, mut context) = world.person(ANN);
    person.reload(&mut context);
    world.run_for(SECOND).unwrap();
    say(&mut world, BEN, &["welcome back"]);
    world.run_for(SECOND).unwrap();

    assert!(world.people[ANN].is_connected());
    assert_eq!(texts(&world, ANN), ["welcome back"]);
}

#[test]
fn the_end_of_a_socket_that_wakes_the_object_is_announced_to_the_other() {
    let mut world = room_of_two(embedded());
    world.run_for(30 * SECOND).unwrap();
    assert_eq!(world.people[ANN].online.len(), 2);

    let (person, mut context) = world.person(BEN);
    person.leave(&mut context);
    world.run_for(SECOND).unwrap();

    assert_eq!(world.people[ANN].online.len(), 1);
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

    // A message that is already stored is confirmed again all the same.
    let (token, query) = (Some(world.people[ANN].identity.token.clone()), format!("roomId={ROOM}"));
    let body = format!(r#"{{"id":"{}","sender":"S","text":"0"}}"#, world.people[ANN].written[0]);
    let api_request =
        ApiRequest { method: "POST", path: "/api/messages", query, body, token, is_upgrade: false };
    let call = world.send_request(Caller::OtherProgram(ANN), api_request);
    while world.network.calls.get(&call).is_some_and(|call| call.answer.is_none()) {
        world.step(u64::MAX).unwrap();
    }
    assert_eq!(world.network.calls[&call].answer.as_ref().unwrap().status, 200);

    assert_eq!(world.host.disk.durable_dump().last_seq(), 5_000);
    assert_eq!((world.people[ANN].unconfirmed(), world.people[BEN].messages.len()), (0, 5_000));
    assert!(world.sim.now - BEGIN < MINUTE);
}

#[test]
fn typing_is_forwarded_to_the_other_person_alone() {
    let mut world = room_of_two(embedded());

    let (person, mut context) = world.person(ANN);
    person.frame(r#"{"type":"typing"}"#.to_owned(), &mut context);
    world.run_for(SECOND).unwrap();

    let typing = |line: &&String| line.contains(r#"{"type":"typing""#);
    let seen: Vec<&String> = world.sim.trace.lines().iter().filter(typing).collect();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].contains("Ben"));
}
