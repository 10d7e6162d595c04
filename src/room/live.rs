//! What a room knows between two events. Only a cache: hibernation, eviction, a deploy or a panic drop it at any
//! time, and the store says it all again.

use std::collections::HashMap;

use crate::{
    config::Config,
    domain::{EpochMs, Message, MessageId, ParticipantId, SeatDigest, Seq},
    store::{Loaded, Meta, Store, Unavailable},
};

/// Older messages are read in pages of so many when an id has to be looked for among them.
const ID_PAGE_MESSAGES: u64 = 500;

/// A room that is there.
pub struct Live {
    /// What the store keeps beside the messages.
    pub meta: Meta,
    /// The place of the newest message.
    pub last_seq: Seq,
    active_at: EpochMs,
    kept_until: EpochMs,
    ids: HashMap<MessageId, Seq>,
    /// Ids of all messages behind this place are in `ids`.
    ids_known_after: Seq,
}

impl Live {
    /// A room as it was just made, kept by the store for `kept_for_ms`.
    pub fn created(meta: Meta, kept_for_ms: u64, now: EpochMs) -> Self {
        Self::loaded(Loaded { meta, last_seq: 0, tail: vec![], kept_for_ms }, now)
    }

    /// A room as the store tells it.
    pub fn loaded(loaded: Loaded, now: EpochMs) -> Self {
        let Loaded { meta, last_seq, tail, kept_for_ms } = loaded;
        let newest_at = tail.last().map_or(EpochMs(0), |newest| newest.timestamp);
        let mut live = Self {
            active_at: meta.active_at.max(newest_at),
            kept_until: now.plus_ms(kept_for_ms),
            ids_known_after: last_seq.saturating_sub(tail.len() as Seq),
            ids: HashMap::new(),
            last_seq,
            meta,
        };
        live.index(&tail);
        live
    }

    /// When the room ends unless something happens in it.
    pub fn expires_at(&self, config: &Config) -> EpochMs {
        config.expires_at(self.meta.created_at, self.active_at, self.meta.ttl_seconds)
    }

    /// Everybody who has a seat.
    pub fn participants(&self) -> Vec<ParticipantId> {
        self.meta.seats.iter().map(ParticipantId::of).collect()
    }

    /// Whether `seat` is taken by whoever shows it.
    pub fn has_seat(&self, seat: &SeatDigest) -> bool {
        self.meta.seats.contains(seat)
    }

    /// How long the store has to keep the room if something happens in it now; `None` where it does so already.
    ///
    /// Asks for a twentieth more than the room's own life, and again only when that is used up: the store never
    /// forgets before the room ends, and is rarely bothered.
    pub fn keep_ms(&self, config: &Config, now: EpochMs) -> Option<u64> {
        let Meta { created_at, ttl_seconds, .. } = self.meta;
        let is_kept = self.kept_until >= config.expires_at(created_at, now, ttl_seconds);
        (!is_kept).then(|| keep_ms(config, &self.meta, now))
    }

    /// Notes that something happened at `at`, and how long from then the store keeps the room, if it was told.
    pub fn touch(&mut self, at: EpochMs, keep_ms: Option<u64>) {
        self.active_at = self.active_at.max(at);
        if let Some(keep_ms) = keep_ms {
            self.kept_until = at.plus_ms(keep_ms);
        }
    }

    /// Takes in what was stored behind `last_seq`. Returns what is new in it: a write that came late can have left
    /// a message a second time, which nobody is to see.
    pub fn take_in(&mut self, stored: Vec<Message>) -> Vec<Message> {
        self.last_seq += stored.len() as Seq;
        self.index(&stored);
        stored.into_iter().filter(|message| self.is_first(message)).collect()
    }

    /// Whether `message` stands where its id was first stored.
    pub fn is_first(&self, message: &Message) -> bool {
        self.ids.get(&message.id).is_none_or(|seq| *seq == message.seq)
    }

    /// Finds the place of `id`, reading older messages if it must: once per waking, and only in long rooms.
    pub async fn find(
        &mut self,
        id: &MessageId,
        store: &Store,
        answer_by: EpochMs,
    ) -> Result<Option<Seq>, Unavailable> {
        while self.ids_known_after > 0 && !self.ids.contains_key(id) {
            let after = self.ids_known_after.saturating_sub(ID_PAGE_MESSAGES);
            let page = store.history(after, self.ids_known_after - after, answer_by).await?;
            self.index(&page);
            self.ids_known_after = after;
        }
        Ok(self.ids.get(id).copied())
    }

    fn index(&mut self, messages: &[Message]) {
        for message in messages {
            let first = self.ids.entry(message.id.clone()).or_insert(message.seq);
            *first = message.seq.min(*first);
        }
    }
}

/// How long a store has to keep a room in which something happens now.
pub fn keep_ms(config: &Config, meta: &Meta, now: EpochMs) -> u64 {
    let expires_at = config.expires_at(meta.created_at, now, meta.ttl_seconds);
    let margin_ms = (meta.ttl_seconds.saturating_mul(1000) / 20).max(1000);
    expires_at.ms_since(now).saturating_add(margin_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{message, meta};

    fn config() -> Config {
        Config::read(|_| None).unwrap()
    }

    fn live() -> Live {
        Live::created(Meta { ttl_seconds: 600, ..meta() }, 630_000, EpochMs(2_000))
    }

    #[test]
    fn the_store_is_told_to_keep_the_room_only_once_the_margin_is_used_up() {
        let live = live();

        assert_eq!(live.keep_ms(&config(), EpochMs(2_000)), None);
        assert_eq!(live.keep_ms(&config(), EpochMs(32_000)), None);
        assert_eq!(live.keep_ms(&config(), EpochMs(32_001)), Some(630_000));
    }

    #[test]
    fn a_room_near_its_maximum_is_not_kept_past_it() {
        let mut live = live();
        let near_end = EpochMs(1_000).plus_seconds(86_400 - 10);
        live.touch(near_end, None);

        assert_eq!(live.expires_at(&config()), EpochMs(1_000).plus_seconds(86_400));
        assert_eq!(live.keep_ms(&config(), near_end), Some(10_000 + 30_000));
    }

    #[test]
    fn the_newest_message_sets_the_end_of_a_loaded_room() {
        let newest = message("a").at(1);
        let loaded = Loaded { meta: meta(), last_seq: 1, tail: vec![newest], kept_for_ms: 1 };

        assert_eq!(Live::loaded(loaded, EpochMs(0)).expires_at(&config()), EpochMs(603_000));
    }

    #[test]
    fn a_message_that_was_stored_twice_counts_once() {
        let mut live = live();

        let first = live.take_in(vec![message("a").at(1)]);
        let again = live.take_in(vec![message("a").at(2), message("b").at(3)]);

        assert_eq!((first.len(), live.last_seq), (1, 3));
        assert_eq!(again, [message("b").at(3)]);
    }
}
