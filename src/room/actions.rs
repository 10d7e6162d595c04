//! What happens in a room, in domain words: create, join, send, read. No sockets, no statuses.

use super::live::{Live, keep_ms};
use crate::{
    config::Config,
    domain::{EpochMs, Message, MessageId, NewMessage, ParticipantId, Proof, SeatDigest, Seq},
    error::ApiError,
    protocol::{CreateBody, MAX_MESSAGES, RoomStatus},
    store::{Admitted, Appended, Meta, Store, Unavailable},
};

/// Seats in a room.
const SEATS: usize = 2;

/// What every action needs beside the room itself.
pub struct Context<'a> {
    /// Where the room is kept.
    pub store: &'a Store,
    /// The operator's settings.
    pub config: &'a Config,
    /// The time, read once at the edge.
    pub now: EpochMs,
    /// When the caller must have an answer.
    pub answer_by: EpochMs,
}

impl From<Unavailable> for ApiError {
    fn from(Unavailable { cause }: Unavailable) -> Self {
        Self::StoreUnavailable(cause)
    }
}

/// How a send ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is stored.
    New(Message),
    /// It was stored before, under the same id: nothing is stored or told again.
    Repeated(Message),
}

impl Sent {
    /// The stored message.
    pub fn message(&self) -> &Message {
        match self {
            Self::New(message) | Self::Repeated(message) => message,
        }
    }

    /// A repetition of what nobody had been told before is news: its first write was in doubt, and everybody was told just now.
    pub fn told_since(self, told: Option<Seq>) -> Self {
        match self {
            Self::Repeated(message) if told.is_some_and(|told| message.seq > told) => Self::New(message),
            sent => sent,
        }
    }
}

/// What became of one send of a batch.
pub type SendResult = Result<Sent, ApiError>;

/// What a batch of sends led to.
#[derive(Debug, PartialEq, Eq)]
pub struct SentBatch {
    /// What everybody is to be told, in order.
    pub news: Vec<Message>,
    /// What became of each send, in the order in which they were given.
    pub results: Vec<SendResult>,
}

/// Makes the room. It takes no seat.
pub async fn create(context: &Context<'_>, body: CreateBody) -> Result<Live, ApiError> {
    let Context { store, config, now, answer_by } = *context;
    let meta = Meta {
        created_at: now,
        ttl_seconds: body.ttl_seconds.unwrap_or(config.room_ttl_seconds),
        active_at: now,
        seats: vec![],
        access: body.access,
    };
    let keep_ms = keep_ms(config, &meta, now);
    store.create(&meta, keep_ms, answer_by).await?;
    Ok(Live::created(meta, keep_ms, now))
}

/// What a visitor finds.
pub fn status(live: &Live, seat: Option<&SeatDigest>) -> RoomStatus {
    if seat.is_some_and(|seat| live.has_seat(seat)) {
        RoomStatus::Joined
    } else if live.meta.seats.len() < SEATS {
        RoomStatus::Open
    } else {
        RoomStatus::Full
    }
}

/// Takes a seat, unless it is taken by the same participant already. Returns whether somebody new has one.
pub async fn join(
    context: &Context<'_>,
    live: &mut Live,
    seat: SeatDigest,
    proof: Option<&Proof>,
) -> Result<bool, ApiError> {
    let is_seated = live.has_seat(&seat);
    match (&live.meta.access, proof) {
        // Who sits already needs no proof, and a wrong one tells them that their link is not whole.
        (None, _) => {}
        (Some(_), None) if is_seated => {}
        (Some(access), Some(proof)) if access.is_opened_by(proof) => {}
        _ => return Err(ApiError::BadProof),
    }
    if is_seated {
        return Ok(false);
    }
    if live.meta.seats.len() >= SEATS {
        return Err(ApiError::RoomFull);
    }
    admit(context, live, seat).await.map(|()| true)
}

async fn admit(context: &Context<'_>, live: &mut Live, seat: SeatDigest) -> Result<(), ApiError> {
    let Context { store, config, now, answer_by } = *context;
    let mut meta = Meta { active_at: now, ..live.meta.clone() };
    meta.seats.push(seat);
    let keep_ms = keep_ms(config, &meta, now);
    match store.admit(&meta, keep_ms, answer_by).await? {
        Admitted::Done => {
            live.meta = meta;
            live.touch(now, Some(keep_ms));
            Ok(())
        }
        Admitted::RoomGone => Err(ApiError::RoomNotFound),
    }
}

/// The participant who has `seat`.
pub fn participant(live: &Live, seat: Option<&SeatDigest>) -> Result<ParticipantId, ApiError> {
    seat.filter(|seat| live.has_seat(seat)).map(ParticipantId::of).ok_or(ApiError::NotAParticipant)
}

/// Stores a batch of messages in one write; then, and only then, is there anything to tell.
///
/// Fails as a whole with `RoomNotFound` or `StoreUnavailable`; a single send can find the room's history full.
pub async fn send(
    context: &Context<'_>,
    live: &mut Live,
    batch: Vec<NewMessage>,
) -> Result<SentBatch, ApiError> {
    let mut fresh: Vec<NewMessage> = vec![];
    for message in &batch {
        let is_known = live.find(&message.id, context.store, context.answer_by).await?.is_some();
        if !is_known && fresh.iter().all(|other| other.id != message.id) {
            fresh.push(message.clone());
        }
    }
    fresh.truncate(MAX_MESSAGES.saturating_sub(live.last_seq) as usize);
    let news = append(context, live, fresh).await?;
    let mut results = Vec::with_capacity(batch.len());
    let mut told: Vec<Seq> = vec![];
    for message in &batch {
        let result = result_of(context, live, &news, message).await?;
        results.push(result.map(|stored| {
            let is_new = news.iter().any(|new| new.seq == stored.seq) && !told.contains(&stored.seq);
            told.push(stored.seq);
            if is_new { Sent::New(stored) } else { Sent::Repeated(stored) }
        }));
    }
    Ok(SentBatch { news, results })
}

async fn append(
    context: &Context<'_>,
    live: &mut Live,
    fresh: Vec<NewMessage>,
) -> Result<Vec<Message>, ApiError> {
    if fresh.is_empty() {
        return Ok(vec![]);
    }
    let Context { store, config, now, answer_by } = *context;
    let keep_ms = match live.keep_ms(config, now) {
        // The first message makes a key, which must not be without an end.
        None if live.last_seq == 0 => Some(keep_ms(config, &live.meta, now)),
        renewed => renewed,
    };
    match store.append(live.last_seq, fresh, keep_ms, answer_by).await? {
        Appended::Stored(stored) => {
            // The time that is stored, so that the end is the same for a room that wakes later.
            let newest_at = stored.iter().map(|message| message.timestamp).max().unwrap_or(now);
            live.touch(newest_at, keep_ms);
            Ok(live.take_in(stored))
        }
        Appended::RoomGone => Err(ApiError::RoomNotFound),
    }
}

/// The stored message behind one send. The outer result is that of the batch.
async fn result_of(
    context: &Context<'_>,
    live: &mut Live,
    news: &[Message],
    message: &NewMessage,
) -> Result<Result<Message, ApiError>, ApiError> {
    let stored = stored_under(context, live, news, &message.id).await?;
    Ok(stored.and_then(|stored| {
        // Its own sender repeats a message. The other's would be taken for told, and be lost.
        let is_own = stored.participant_id == message.participant_id;
        if is_own { Ok(stored) } else { Err(TAKEN_ID) }
    }))
}

const TAKEN_ID: ApiError = ApiError::BadRequest { field: "id", problem: "is that of another message" };

/// The message with this id: among the news, or from before. Absent from both, it found no place.
async fn stored_under(
    context: &Context<'_>,
    live: &mut Live,
    news: &[Message],
    id: &MessageId,
) -> Result<Result<Message, ApiError>, ApiError> {
    if let Some(stored) = news.iter().find(|stored| stored.id == *id) {
        return Ok(Ok(stored.clone()));
    }
    let Some(seq) = live.find(id, context.store, context.answer_by).await? else {
        return Ok(Err(ApiError::HistoryFull));
    };
    let stored = context.store.history(seq.saturating_sub(1), 1, context.answer_by).await?;
    Ok(stored.into_iter().next().ok_or(ApiError::Internal))
}

/// Reads messages behind `after`.
pub async fn history(
    context: &Context<'_>,
    live: &Live,
    after: Seq,
    limit: u64,
) -> Result<Vec<Message>, ApiError> {
    if after >= live.last_seq {
        return Ok(vec![]);
    }
    let mut messages = context.store.history(after, limit, context.answer_by).await?;
    messages.retain(|message| live.is_first(message));
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::{
        domain::Access,
        store::{
            contract::{ANSWER_BY, message, seat},
            embedded::{Embedded, tests::InMemory},
        },
    };

    const NOW: EpochMs = EpochMs(1_000_000);

    struct Setting {
        store: Store,
        config: Config,
    }

    impl Setting {
        fn new() -> Self {
            let store = Store::Embedded(Embedded::new(InMemory::new()));
            Self { store, config: Config::read(|_| None).unwrap() }
        }

        fn at(&self, now: EpochMs) -> Context<'_> {
            Context { store: &self.store, config: &self.config, now, answer_by: ANSWER_BY }
        }

        fn room(&self, body: CreateBody) -> Live {
            block_on(create(&self.at(NOW), body)).unwrap()
        }
    }

    #[test]
    fn a_room_takes_two_and_never_a_third() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());
        let mut join = |letter| block_on(join(&setting.at(NOW), &mut live, seat(letter), None));

        assert_eq!(join("a"), Ok(true));
        assert_eq!(join("b"), Ok(true));
        assert_eq!(join("c"), Err(ApiError::RoomFull));
        assert_eq!(join("a"), Ok(false));
    }

    #[test]
    fn a_visitor_is_told_whether_there_is_a_seat() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());

        assert_eq!(status(&live, None), RoomStatus::Open);
        for letter in ["a", "b"] {
            block_on(join(&setting.at(NOW), &mut live, seat(letter), None)).unwrap();
        }
        assert_eq!(status(&live, Some(&seat("c"))), RoomStatus::Full);
        assert_eq!(status(&live, Some(&seat("a"))), RoomStatus::Joined);
    }

    #[test]
    fn only_the_right_proof_takes_a_seat_where_one_is_asked_for() {
        let setting = Setting::new();
        let access = Access::parse("Zmh6rfhivXdsj8GLjp-OIAiXFIVu4jOzkCpZHQ1fKSU");
        let mut live = setting.room(CreateBody { access, ttl_seconds: None });
        let (right, wrong) = (Proof::parse(&"A".repeat(43)), Proof::parse(&format!("{}E", "A".repeat(42))));
        let mut join = |proof: Option<&Proof>| block_on(join(&setting.at(NOW), &mut live, seat("a"), proof));

        assert_eq!(join(None), Err(ApiError::BadProof));
        assert_eq!(join(wrong.as_ref()), Err(ApiError::BadProof));
        assert_eq!(join(right.as_ref()), Ok(true));
        assert_eq!(join(None), Ok(false), "who has the seat needs no proof");
        assert_eq!(join(wrong.as_ref()), Err(ApiError::BadProof));
    }

    #[test]
    fn a_seat_and_a_message_prolong_the_room_and_a_repeated_join_does_not() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody { ttl_seconds: Some(60), access: None });
        let later = |seconds| NOW.plus_seconds(seconds);

        block_on(join(&setting.at(later(10)), &mut live, seat("a"), None)).unwrap();
        assert_eq!(live.expires_at(&setting.config), later(70));
        block_on(join(&setting.at(later(20)), &mut live, seat("a"), None)).unwrap();
        assert_eq!(live.expires_at(&setting.config), later(70));
        let said = NewMessage { timestamp: later(30), ..message("a") };
        block_on(send(&setting.at(later(30)), &mut live, vec![said])).unwrap();
        assert_eq!(live.expires_at(&setting.config), later(90));
    }

    #[test]
    fn the_same_id_again_is_the_same_message() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());

        let first = block_on(send(&setting.at(NOW), &mut live, vec![message("a"), message("a")])).unwrap();
        let again = block_on(send(&setting.at(NOW), &mut live, vec![message("a")])).unwrap();

        let stored = message("a").at(1);
        assert_eq!(first.news, std::slice::from_ref(&stored));
        assert_eq!(first.results, [Ok(Sent::New(stored.clone())), Ok(Sent::Repeated(stored.clone()))]);
        assert_eq!((again.news, again.results), (vec![], vec![Ok(Sent::Repeated(stored))]));
    }

    #[test]
    fn an_id_that_the_other_used_is_refused_and_nothing_is_lost_unseen() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());
        let theirs = NewMessage { participant_id: ParticipantId::of(&seat("b")), ..message("a") };

        let together = vec![message("a"), theirs.clone()];
        let first = block_on(send(&setting.at(NOW), &mut live, together)).unwrap();
        let again = block_on(send(&setting.at(NOW), &mut live, vec![theirs])).unwrap();

        assert_eq!(first.results, [Ok(Sent::New(message("a").at(1))), Err(TAKEN_ID)]);
        assert_eq!((again.news, again.results), (vec![], vec![Err(TAKEN_ID)]));
    }

    #[test]
    fn an_id_from_before_the_tail_is_still_known_after_waking() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());
        let id = |number| crate::domain::MessageId::parse(&format!("{number:021}")).unwrap();
        let batch = (1..=1200).map(|number| NewMessage { id: id(number), ..message("n") }).collect();
        block_on(send(&setting.at(NOW), &mut live, batch)).unwrap();

        let loaded = block_on(setting.store.load(ANSWER_BY)).unwrap().unwrap();
        let mut woken = Live::loaded(loaded, NOW);
        let again = NewMessage { id: id(3), ..message("n") };
        let sent = block_on(send(&setting.at(NOW), &mut woken, vec![again])).unwrap();

        assert!(matches!(&sent.results[..], [Ok(Sent::Repeated(stored))] if stored.seq == 3));
    }

    #[test]
    fn a_full_room_takes_no_message_and_still_answers_for_those_it_has() {
        let setting = Setting::new();
        let mut live = setting.room(CreateBody::default());
        block_on(send(&setting.at(NOW), &mut live, vec![message("a")])).unwrap();
        live.last_seq = MAX_MESSAGES;

        let sent = block_on(send(&setting.at(NOW), &mut live, vec![message("b"), message("a")])).unwrap();

        assert_eq!(sent.news, []);
        assert_eq!(sent.results, [Err(ApiError::HistoryFull), Ok(Sent::Repeated(message("a").at(1)))]);
    }
}
