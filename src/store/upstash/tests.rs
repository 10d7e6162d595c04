//! A Redis of a few lines behind the REST trait, with faults; and what the store does under them.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use futures_executor::block_on;
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::SeatDigest,
    store::{
        Store,
        contract::{ANSWER_BY, fresh_room, message, meta, seat},
    },
};

/// What goes wrong with one request.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// It never arrives.
    LostRequest,
    /// It is done, and the answer is lost.
    LostReply,
    /// It is done, but only once the next request has been answered.
    Late,
    /// Answered with this status and no JSON.
    Status(u16),
}

#[derive(Default)]
struct World {
    hashes: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
    lists: RefCell<BTreeMap<String, Vec<String>>>,
    failures: RefCell<VecDeque<Failure>>,
    late: RefCell<Option<String>>,
    requests: Cell<u32>,
    now_ms: Cell<u64>,
}

/// Clones share one database.
#[derive(Clone, Default)]
pub(crate) struct FakeRedis(Rc<World>);

impl FakeRedis {
    pub(crate) fn fail_next(&self, failures: &[Failure]) {
        self.0.failures.borrow_mut().extend(failures);
    }

    fn requests(&self) -> u32 {
        self.0.requests.get()
    }

    fn run(&self, words: &[String]) -> Value {
        let mut hashes = self.0.hashes.borrow_mut();
        let mut lists = self.0.lists.borrow_mut();
        let key = &words[1];
        match words[0].as_str() {
            "HSET" => {
                let hash = hashes.entry(key.clone()).or_default();
                let before = hash.len();
                hash.extend(words[2..].chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())));
                json!(hash.len() - before)
            }
            "HSETNX" => {
                let hash = hashes.entry(key.clone()).or_default();
                let is_new = !hash.contains_key(&words[2]);
                hash.entry(words[2].clone()).or_insert_with(|| words[3].clone());
                json!(u8::from(is_new))
            }
            "HGETALL" => {
                let hash = hashes.get(key).cloned().unwrap_or_default();
                json!(hash.into_iter().flat_map(|(field, value)| [field, value]).collect::<Vec<_>>())
            }
            "PEXPIRE" => json!(u8::from(hashes.contains_key(key) || lists.contains_key(key))),
            "RPUSHX" if !lists.contains_key(key) => json!(0),
            "RPUSH" | "RPUSHX" => {
                let list = lists.entry(key.clone()).or_default();
                list.extend_from_slice(&words[2..]);
                json!(list.len())
            }
            "PTTL" => json!(1),
            "LLEN" => json!(lists.get(key).map_or(0, Vec::len)),
            "LRANGE" => {
                let list = lists.get(key).cloned().unwrap_or_default();
                let place = |word: &String| {
                    let place: i64 = word.parse().unwrap();
                    if place < 0 { (list.len() as i64 + place).max(0) as usize } else { place as usize }
                };
                let (from, to) = (place(&words[2]), place(&words[3]));
                json!(list.iter().take(to + 1).skip(from).collect::<Vec<_>>())
            }
            "DEL" => {
                let gone = words[1..].iter();
                json!(gone.filter(|key| hashes.remove(*key).is_some() | lists.remove(*key).is_some()).count())
            }
            other => panic!("{other}"),
        }
    }

    fn answer(&self, body: &str) -> RestReply {
        let body = match serde_json::from_str(body).unwrap() {
            Value::Array(commands) if commands[0].is_array() => {
                let run = |command: Value| json!({ "result": self.run(&serde_json::from_value::<Vec<_>>(command).unwrap()) });
                Value::from(commands.into_iter().map(run).collect::<Vec<_>>())
            }
            command => json!({ "result": self.run(&serde_json::from_value::<Vec<_>>(command).unwrap()) }),
        };
        RestReply { status: 200, body: body.to_string(), sync_token: Some("t".into()) }
    }

    fn exchange(&self, request: &RestRequest) -> Option<RestReply> {
        self.0.requests.set(self.0.requests.get() + 1);
        let late = self.0.late.take();
        let failure = self.0.failures.borrow_mut().pop_front();
        let reply = match failure {
            None => Some(self.answer(&request.body)),
            Some(Failure::Status(status)) => {
                Some(RestReply { status, body: "<html>".into(), sync_token: None })
            }
            Some(Failure::LostReply) => {
                self.answer(&request.body);
                None
            }
            Some(Failure::LostRequest) => None,
            Some(Failure::Late) => {
                self.0.late.replace(Some(request.body.clone()));
                None
            }
        };
        if let Some(late) = late {
            self.answer(&late);
        }
        if reply.is_none() {
            self.0.now_ms.set(self.0.now_ms.get() + request.timeout.as_millis() as u64);
        }
        reply
    }
}

impl Rest for FakeRedis {
    fn post(&self, request: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>> {
        Box::pin(async move { self.exchange(&request) })
    }

    fn pause(&self, pause: Duration) -> LocalBoxFuture<'_, ()> {
        self.0.now_ms.set(self.0.now_ms.get() + pause.as_millis() as u64);
        Box::pin(std::future::ready(()))
    }

    fn now(&self) -> EpochMs {
        EpochMs(self.0.now_ms.get())
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

fn room_with_one_message() -> (FakeRedis, Store) {
    let redis = FakeRedis::default();
    let store = Store::Upstash(Upstash::new(redis.clone(), &fresh_room()));
    block_on(store.create(&meta(), 1, ANSWER_BY)).unwrap();
    block_on(store.append(0, vec![message("a")], Some(1), ANSWER_BY)).unwrap();
    redis.0.requests.set(0);
    (redis, store)
}

fn history(store: &Store) -> Vec<Message> {
    block_on(store.history(0, 100, ANSWER_BY)).unwrap()
}

#[test]
fn a_message_is_one_request() {
    let (redis, store) = room_with_one_message();

    block_on(store.append(1, vec![message("b")], None, ANSWER_BY)).unwrap();

    assert_eq!(redis.requests(), 1);
}

#[test]
fn a_write_whose_answer_was_lost_is_found_and_not_repeated() {
    let (redis, store) = room_with_one_message();
    redis.fail_next(&[Failure::LostReply]);

    let appended = block_on(store.append(1, vec![message("b")], None, ANSWER_BY));

    assert_eq!(appended, Ok(Appended::Stored(vec![message("b").at(2)])));
    assert_eq!(history(&store), [message("a").at(1), message("b").at(2)]);
}

#[test]
fn a_write_that_never_arrived_is_repeated_after_looking() {
    for failure in [Failure::LostRequest, Failure::Status(500), Failure::Status(429)] {
        let (redis, store) = room_with_one_message();
        redis.fail_next(&[failure]);

        let appended = block_on(store.append(1, vec![message("b")], None, ANSWER_BY));

        assert_eq!(appended, Ok(Appended::Stored(vec![message("b").at(2)])));
        assert_eq!((redis.requests(), history(&store).len()), (3, 2));
    }
}

#[test]
fn the_first_message_of_a_room_is_settled_the_same_way() {
    for failure in [Failure::LostRequest, Failure::LostReply] {
        let redis = FakeRedis::default();
        let store = Store::Upstash(Upstash::new(redis.clone(), &fresh_room()));
        block_on(store.create(&meta(), 1, ANSWER_BY)).unwrap();
        redis.fail_next(&[failure]);

        let appended = block_on(store.append(0, vec![message("a")], Some(1), ANSWER_BY));

        assert_eq!(appended, Ok(Appended::Stored(vec![message("a").at(1)])));
        assert_eq!(history(&store).len(), 1);
    }
}

#[test]
fn a_write_that_came_late_takes_its_place_before_the_next_one() {
    let (redis, store) = room_with_one_message();
    redis.fail_next(&[Failure::Late, Failure::LostRequest, Failure::LostRequest, Failure::LostRequest]);

    let first = block_on(store.append(1, vec![message("b")], None, ANSWER_BY));
    let second = block_on(store.append(1, vec![message("c")], None, ANSWER_BY));

    assert!(first.is_err());
    assert_eq!(second, Ok(Appended::Stored(vec![message("b").at(2), message("c").at(3)])));
}

#[test]
fn a_refusal_is_not_repeated() {
    let (redis, store) = room_with_one_message();
    redis.fail_next(&[Failure::Status(400)]);

    assert!(block_on(store.append(1, vec![message("b")], None, ANSWER_BY)).is_err());

    assert_eq!((redis.requests(), history(&store).len()), (1, 1));
}

#[test]
fn nothing_is_tried_past_the_time_for_an_answer() {
    let (redis, store) = room_with_one_message();
    redis.fail_next(&[Failure::LostRequest; 100]);

    let answer_by = redis.now().plus_seconds(12);
    assert!(block_on(store.append(1, vec![message("b")], None, answer_by)).is_err());

    assert!(redis.now() <= answer_by.plus_ms(500), "{:?}", redis.now());
}

#[test]
fn a_message_into_a_room_that_the_database_forgot_finds_it_gone() {
    let (redis, store) = room_with_one_message();
    redis.0.lists.borrow_mut().clear();
    redis.0.hashes.borrow_mut().clear();

    let appended = block_on(store.append(1, vec![message("b")], None, ANSWER_BY));

    assert_eq!(appended, Ok(Appended::RoomGone));
    assert!(redis.0.lists.borrow().is_empty());
}

fn new_room() -> (FakeRedis, Store) {
    let redis = FakeRedis::default();
    let store = Store::Upstash(Upstash::new(redis.clone(), &fresh_room()));
    block_on(store.create(&Meta { seats: vec![], ..meta() }, 1, ANSWER_BY)).unwrap();
    (redis, store)
}

fn seats(store: &Store) -> Vec<SeatDigest> {
    block_on(store.load(ANSWER_BY)).unwrap().unwrap().meta.seats
}

fn admit(store: &Store, letters: &[&str]) -> Result<Admitted, Unavailable> {
    let seats = letters.iter().map(|letter| seat(letter)).collect();
    block_on(store.admit(&Meta { seats, ..meta() }, 1, ANSWER_BY))
}

#[test]
fn a_seat_whose_answer_was_lost_is_taken_once() {
    for failure in [Failure::LostRequest, Failure::LostReply, Failure::Late] {
        let (redis, store) = new_room();
        redis.fail_next(&[failure]);

        assert_eq!(admit(&store, &["a"]), Ok(Admitted::Done));

        assert_eq!(seats(&store), [seat("a")]);
    }
}

#[test]
fn a_seat_that_a_request_took_after_it_was_given_up_is_nobody_elses() {
    let (redis, store) = new_room();
    redis.fail_next(&[Failure::Late, Failure::LostRequest, Failure::LostRequest]);

    assert!(admit(&store, &["x"]).is_err());
    let other = admit(&store, &["a"]);

    assert!(other.is_err(), "it is not told that it has a seat");
    assert_eq!(seats(&store), [seat("x")]);
    assert_eq!(admit(&store, &["x", "a"]), Ok(Admitted::Done));
    assert_eq!(seats(&store), [seat("x"), seat("a")]);
}

#[test]
fn a_request_that_comes_late_changes_no_seat() {
    let (redis, store) = new_room();
    admit(&store, &["a"]).unwrap();
    let written_first = redis.0.hashes.borrow().clone();
    admit(&store, &["a", "b"]).unwrap();

    // As the first one left it, but for the fields that are written once.
    for (key, hash) in written_first {
        redis.0.hashes.borrow_mut().get_mut(&key).unwrap().extend(hash);
    }

    assert_eq!(seats(&store), [seat("a"), seat("b")]);
}

#[test]
fn what_a_late_write_left_of_a_room_that_ended_is_cleared_away() {
    let (redis, store) = new_room();
    redis.fail_next(&[Failure::Late]);
    block_on(store.append(0, vec![message("a")], Some(1), ANSWER_BY)).unwrap();
    assert!(store.is_in_doubt());
    let late = redis.0.lists.borrow().clone();
    block_on(store.destroy(ANSWER_BY)).unwrap();
    redis.0.lists.replace(late);

    assert_eq!(block_on(store.load(ANSWER_BY)), Ok(None));

    assert!(redis.0.lists.borrow().is_empty());
}

#[test]
fn doubt_passes() {
    let (redis, store) = new_room();
    redis.fail_next(&[Failure::LostRequest]);
    seats(&store);

    assert!(store.is_in_doubt());
    redis.0.now_ms.set(redis.0.now_ms.get() + DOUBT_SECONDS * 1000);
    assert!(!store.is_in_doubt());
}
