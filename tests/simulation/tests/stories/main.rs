//! Short scenarios with one topic each, in the same world as the seeds and with the same auditor. Each defect that the
//! simulation found has a story here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "what fails here is a test")]

mod database;
mod losses;
mod people;

use duet_simulation::{
    Setup, World,
    network::{ApiRequest, Caller},
    world::ROOM,
};

const ANN: usize = 0;
const BEN: usize = 1;
const CAT: Caller = Caller::Stranger(0);

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;

fn embedded() -> Setup {
    Setup { has_database: false, ..Setup::default() }
}

fn room(setup: Setup) -> World {
    let mut world = World::quiet(setup);
    world.request_room();
    world.run_for(SECOND).unwrap();
    assert_eq!(world.creation.as_ref().unwrap().status, 201);
    world
}

fn enter(world: &mut World, client: usize) {
    let (person, mut context) = world.person(client);
    person.enter(&mut context);
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

fn send_as_stranger(world: &mut World, method: &'static str, path: &'static str) {
    let token = Some(world.strangers[0].token.clone());
    let is_upgrade = path == "/api/realtime";
    world.send_request(
        CAT,
        ApiRequest { method, path, query: format!("roomId={ROOM}"), body: String::new(), token, is_upgrade },
    );
}

fn copy(world: &World) -> usize {
    world.redis.list(&format!("messages:{ROOM}"), world.sim.now).len()
}
