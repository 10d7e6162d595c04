//! Redis behind Upstash's REST API as the store: one HTTP request per verb, no Lua.
//!
//! Here is what to do when an answer does not come; what is asked and answered is in [`wire`].

pub mod fetch_rest;
mod wire;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use futures_util::future::LocalBoxFuture;

use crate::{
    domain::{EpochMs, Message, NewMessage, RoomId, Seq},
    store::{Admitted, Appended, Loaded, Meta, Unavailable},
};
use wire::{Command, Fault, Found, Keys, SeatWritten};

/// How long one request may take, to the last byte of its answer.
const REQUEST_TIMEOUT_MS: u64 = 3_000;
/// For how long a request that was given up counts as one that may still run.
const DOUBT_SECONDS: u64 = 60;
/// How often a verb is tried.
const MAX_TRIES: u32 = 3;

/// One request to the REST API.
#[derive(Debug)]
pub struct RestRequest {
    /// `/` for one command, `/multi-exec` for several that run as one.
    pub path: &'static str,
    /// JSON: a command as an array of strings, or an array of such.
    pub body: String,
    /// `upstash-sync-token` of the previous answer, so that a replica that lags behind it is not asked.
    pub sync_token: Option<String>,
    /// After so long the answer counts as lost.
    pub timeout: Duration,
}

/// An answer that came in time and whole.
#[derive(Debug)]
pub struct RestReply {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// `upstash-sync-token`, if it came.
    pub sync_token: Option<String>,
}

/// The way to a REST API, and the clock beside it: fetch in the Worker, a double in tests.
pub trait Rest {
    /// Sends `request`; `None` when no whole answer came in time.
    fn post(&self, request: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>>;
    /// Waits.
    fn pause(&self, pause: Duration) -> LocalBoxFuture<'_, ()>;
    /// The time.
    fn now(&self) -> EpochMs;
    /// A number from 0 up to 1, to spread retries.
    fn jitter(&self) -> f64;
}

/// The Upstash store of one room.
pub struct Upstash {
    rest: Box<dyn Rest>,
    keys: Keys,
    sync_token: RefCell<Option<String>>,
    /// When a request was last given up, which may run all the same.
    given_up_at: Cell<Option<EpochMs>>,
}

impl Upstash {
    /// The store of `room`, behind `rest`.
    pub fn new(rest: impl Rest + 'static, room: &RoomId) -> Self {
        Self {
            rest: Box::new(rest),
            keys: Keys::of(room),
            sync_token: RefCell::new(None),
            given_up_at: Cell::new(None),
        }
    }

    pub(super) async fn create(
        &self,
        meta: &Meta,
        keep_ms: u64,
        answer_by: EpochMs,
    ) -> Result<(), Unavailable> {
        self.ask(&self.keys.create(meta, keep_ms), wire::read_done, answer_by).await
    }

    pub(super) async fn load(&self, answer_by: EpochMs) -> Result<Option<Loaded>, Unavailable> {
        match self.ask(&self.keys.load(), wire::read_found, answer_by).await? {
            Found::Room(loaded) => Ok(Some(*loaded)),
            Found::Remains => self.destroy(answer_by).await.map(|()| None),
            Found::Nothing => Ok(None),
        }
    }

    /// The room is the one writer of its seats. One that it never knew of can only come from a request that it gave up.
    pub(super) async fn admit(
        &self,
        meta: &Meta,
        keep_ms: u64,
        answer_by: EpochMs,
    ) -> Result<Admitted, Unavailable> {
        match self.ask(&self.keys.admit(meta, keep_ms), wire::read_seat, answer_by).await? {
            SeatWritten::Now => Ok(Admitted::Done),
            SeatWritten::RoomGone => Ok(Admitted::RoomGone),
            SeatWritten::Before => match self.load(answer_by).await? {
                Some(loaded) if loaded.meta.seats == meta.seats => Ok(Admitted::Done),
                Some(_) => Err(Unavailable { cause: "a request that was given up took the seat" }),
                None => Ok(Admitted::RoomGone),
            },
        }
    }

    pub(super) async fn history(
        &self,
        after: Seq,
        limit: u64,
        answer_by: EpochMs,
    ) -> Result<Vec<Message>, Unavailable> {
        let read = |reply: &RestReply| wire::read_history(reply, after);
        self.ask(&self.keys.history(after, limit), read, answer_by).await
    }

    pub(super) async fn destroy(&self, answer_by: EpochMs) -> Result<(), Unavailable> {
        self.ask(&self.keys.destroy(), wire::read_done, answer_by).await
    }

    /// Whether a request that was given up may still run.
    pub(super) fn is_in_doubt(&self) -> bool {
        let given_up_at = self.given_up_at.get();
        given_up_at.is_some_and(|at| self.rest.now() < at.plus_seconds(DOUBT_SECONDS))
    }

    /// Not idempotent, so an unknown outcome is settled by reading before anything is written again.
    pub(super) async fn append(
        &self,
        after: Seq,
        batch: Vec<NewMessage>,
        keep_ms: Option<u64>,
        answer_by: EpochMs,
    ) -> Result<Appended, Unavailable> {
        let mut missing = batch;
        let mut stored: Vec<Message> = vec![];
        for attempt in 0..MAX_TRIES {
            let seen = after + stored.len() as Seq;
            let command = self.keys.append(seen, &missing, keep_ms);
            match self.try_once(&command, wire::read_length, answer_by).await {
                Ok(0) => return Ok(Appended::RoomGone),
                Ok(length) if length == seen + missing.len() as Seq => {
                    stored.extend((seen + 1..).zip(missing).map(|(seq, message)| message.at(seq)));
                    return Ok(Appended::Stored(stored));
                }
                Ok(_) => missing.clear(),
                Err(Fault::Refused(cause)) => return Err(Unavailable { cause }),
                Err(Fault::Unknown) => self.pause_before_retry(attempt).await,
            }
            stored.extend(self.history(seen, u64::from(u32::MAX), answer_by).await?);
            missing.retain(|message| stored.iter().all(|already| already.id != message.id));
            if missing.is_empty() {
                return Ok(Appended::Stored(stored));
            }
        }
        Err(NO_ANSWER)
    }

    /// Asks until an answer is known; for what may be done twice.
    async fn ask<T>(
        &self,
        command: &Command,
        read: impl Fn(&RestReply) -> Result<T, Fault>,
        answer_by: EpochMs,
    ) -> Result<T, Unavailable> {
        for attempt in 0..MAX_TRIES {
            match self.try_once(command, &read, answer_by).await {
                Ok(answer) => return Ok(answer),
                Err(Fault::Refused(cause)) => return Err(Unavailable { cause }),
                Err(Fault::Unknown) => self.pause_before_retry(attempt).await,
            }
        }
        Err(NO_ANSWER)
    }

    async fn try_once<T>(
        &self,
        command: &Command,
        read: impl Fn(&RestReply) -> Result<T, Fault>,
        answer_by: EpochMs,
    ) -> Result<T, Fault> {
        let timeout_ms = answer_by.ms_since(self.rest.now()).min(REQUEST_TIMEOUT_MS);
        if timeout_ms == 0 {
            return Err(Fault::Refused("the time for an answer was over"));
        }
        let request = RestRequest {
            path: command.path,
            body: command.body.clone(),
            sync_token: self.sync_token.borrow().clone(),
            timeout: Duration::from_millis(timeout_ms),
        };
        let answer = self.exchange(request).await.and_then(|reply| read(&reply));
        if matches!(answer, Err(Fault::Unknown)) {
            self.given_up_at.set(Some(self.rest.now()));
        }
        answer
    }

    async fn exchange(&self, request: RestRequest) -> Result<RestReply, Fault> {
        let mut reply = self.rest.post(request).await.ok_or(Fault::Unknown)?;
        if let Some(token) = reply.sync_token.take() {
            self.sync_token.replace(Some(token));
        }
        Ok(reply)
    }

    /// 100 ms, then 400 ms, of which a random half is spread. After the last attempt there is nothing to wait for.
    async fn pause_before_retry(&self, attempt: u32) {
        if attempt + 1 == MAX_TRIES {
            return;
        }
        let longest_ms = 100.0 * f64::from(4_u32.pow(attempt));
        let pause_ms = longest_ms * (0.5 + self.rest.jitter() / 2.0);
        self.rest.pause(Duration::from_millis(pause_ms as u64)).await;
    }
}

const NO_ANSWER: Unavailable = Unavailable { cause: "no usable answer came" };

#[cfg(test)]
pub(crate) mod tests;
