//! The store's contract as cases that every variant passes: run on the host against SQLite in memory and a Redis of
//! a few lines, and by `tests/api` against a real Redis behind the REST API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "these are tests; the feature that compiles them is never on in a Worker"
)]

use futures_util::future::LocalBoxFuture;

use super::{Admitted, Appended, Meta, Store, TAIL_MESSAGES};
use crate::domain::{
    Access, EpochMs, Message, MessageId, MessageText, NewMessage, ParticipantId, RoomId, SeatDigest,
    SenderName, Seq,
};

const KEEP_MS: u64 = 60_000;
/// Far enough that no verb gives up.
pub const ANSWER_BY: EpochMs = EpochMs(u64::MAX);

/// A case: its name, and what it does with the store of a room that is not there.
pub type Case = (&'static str, fn(Store) -> LocalBoxFuture<'static, ()>);

macro_rules! cases {
    ($($name:ident),+ $(,)?) => { [$((stringify!($name), |store| Box::pin($name(store)))),+] };
}

/// All cases.
pub const CASES: [Case; 9] = cases![
    a_room_that_never_was_is_not_there,
    what_is_created_is_loaded_as_it_was,
    a_room_created_twice_is_there_once,
    a_seat_is_kept,
    nobody_is_admitted_to_a_room_that_is_gone,
    messages_get_the_next_places_in_order,
    the_tail_is_the_newest_messages,
    history_is_read_in_pages,
    what_is_destroyed_is_gone_and_stays_gone,
];

/// A room that no other case uses.
pub fn fresh_room() -> RoomId {
    RoomId::random().expect("the host has randomness")
}

/// A room with one seat taken.
pub fn meta() -> Meta {
    Meta {
        created_at: EpochMs(1_000),
        ttl_seconds: 600,
        active_at: EpochMs(2_000),
        seats: vec![seat("a")],
        access: Access::parse(&"x".repeat(Access::CHARS)),
    }
}

/// A seat whose digest is made of `letter`.
pub fn seat(letter: &str) -> SeatDigest {
    SeatDigest::parse(&letter.repeat(SeatDigest::CHARS)).expect("one letter, repeated")
}

/// A message from seat `a` whose id is made of `letter`.
pub fn message(letter: &str) -> NewMessage {
    NewMessage {
        id: MessageId::parse(&letter.repeat(MessageId::CHARS)).expect("one letter, repeated"),
        participant_id: ParticipantId::of(&seat("a")),
        sender: SenderName::parse("Ann 🦊".into()).unwrap(),
        text: MessageText::parse(format!("{letter} \"quoted\\\"\n\tlines")).unwrap(),
        timestamp: EpochMs(3_000),
    }
}

fn numbered(count: u64) -> Vec<NewMessage> {
    let id = |number| MessageId::parse(&format!("{number:021}")).unwrap();
    (1..=count).map(|number| NewMessage { id: id(number), ..message("n") }).collect()
}

async fn created(store: &Store) {
    store.create(&meta(), KEEP_MS, ANSWER_BY).await.unwrap();
}

async fn append(store: &Store, after: Seq, batch: Vec<NewMessage>) -> Appended {
    let keep_ms = (after == 0).then_some(KEEP_MS);
    store.append(after, batch, keep_ms, ANSWER_BY).await.unwrap()
}

fn seqs(messages: &[Message]) -> Vec<Seq> {
    messages.iter().map(|message| message.seq).collect()
}

async fn a_room_that_never_was_is_not_there(store: Store) {
    assert_eq!(store.load(ANSWER_BY).await, Ok(None));
    assert_eq!(store.history(0, 10, ANSWER_BY).await, Ok(vec![]));
    assert_eq!(store.destroy(ANSWER_BY).await, Ok(()));
}

async fn what_is_created_is_loaded_as_it_was(store: Store) {
    created(&store).await;

    let loaded = store.load(ANSWER_BY).await.unwrap().expect("it is there");
    assert_eq!((loaded.meta, loaded.last_seq, loaded.tail), (meta(), 0, vec![]));
}

async fn a_room_created_twice_is_there_once(store: Store) {
    created(&store).await;
    created(&store).await;

    assert_eq!(store.load(ANSWER_BY).await.unwrap().expect("it is there").meta, meta());
}

async fn a_seat_is_kept(store: Store) {
    created(&store).await;

    let meta = Meta { seats: vec![seat("a"), seat("b")], active_at: EpochMs(9_000), ..meta() };
    assert_eq!(store.admit(&meta, KEEP_MS, ANSWER_BY).await, Ok(Admitted::Done));

    assert_eq!(store.load(ANSWER_BY).await.unwrap().expect("it is there").meta, meta);
}

async fn nobody_is_admitted_to_a_room_that_is_gone(store: Store) {
    assert_eq!(store.admit(&meta(), KEEP_MS, ANSWER_BY).await, Ok(Admitted::RoomGone));

    assert_eq!(store.load(ANSWER_BY).await, Ok(None));
}

async fn messages_get_the_next_places_in_order(store: Store) {
    created(&store).await;

    let first = append(&store, 0, vec![message("a")]).await;
    let more = append(&store, 1, vec![message("b"), message("c")]).await;

    assert_eq!(first, Appended::Stored(vec![message("a").at(1)]));
    assert_eq!(more, Appended::Stored(vec![message("b").at(2), message("c").at(3)]));
    let loaded = store.load(ANSWER_BY).await.unwrap().expect("it is there");
    assert_eq!(loaded.last_seq, 3);
    assert_eq!(loaded.tail, vec![message("a").at(1), message("b").at(2), message("c").at(3)]);
}

async fn the_tail_is_the_newest_messages(store: Store) {
    created(&store).await;

    append(&store, 0, numbered(TAIL_MESSAGES + 5)).await;

    let loaded = store.load(ANSWER_BY).await.unwrap().expect("it is there");
    assert_eq!(loaded.last_seq, TAIL_MESSAGES + 5);
    assert_eq!(seqs(&loaded.tail), (6..=TAIL_MESSAGES + 5).collect::<Vec<_>>());
}

async fn history_is_read_in_pages(store: Store) {
    created(&store).await;
    append(&store, 0, numbered(5)).await;

    let page = |after, limit| store.history(after, limit, ANSWER_BY);
    assert_eq!(seqs(&page(0, 2).await.unwrap()), [1, 2]);
    assert_eq!(seqs(&page(2, 2).await.unwrap()), [3, 4]);
    assert_eq!(seqs(&page(4, 2).await.unwrap()), [5]);
    assert_eq!(seqs(&page(5, 2).await.unwrap()), [0; 0]);
}

async fn what_is_destroyed_is_gone_and_stays_gone(store: Store) {
    created(&store).await;
    append(&store, 0, vec![message("a")]).await;

    assert_eq!(store.destroy(ANSWER_BY).await, Ok(()));
    assert_eq!(store.destroy(ANSWER_BY).await, Ok(()));

    assert_eq!(store.load(ANSWER_BY).await, Ok(None));
    assert_eq!(store.history(0, 10, ANSWER_BY).await, Ok(vec![]));
    assert_eq!(store.admit(&meta(), KEEP_MS, ANSWER_BY).await, Ok(Admitted::RoomGone));
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::store::{
        embedded::{Embedded, tests::InMemory},
        upstash::{Upstash, tests::FakeRedis},
    };

    #[test]
    fn the_embedded_store_keeps_the_contract() {
        for (name, case) in CASES {
            println!("{name}");
            block_on(case(Store::Embedded(Embedded::new(InMemory::new()))));
        }
    }

    #[test]
    fn the_upstash_store_keeps_the_contract() {
        for (name, case) in CASES {
            println!("{name}");
            block_on(case(Store::Upstash(Upstash::new(FakeRedis::default(), &fresh_room()))));
        }
    }
}
