//! One thing at a time, on a room that is known and lives; and the room's end.

use std::time::Duration;

use super::{
    Inner, SWEEP_EVERY, SWEEPS, Setup,
    actions::{self, Context, SendResult},
    live::Live,
    queue::Turn,
    sockets,
};
use crate::{
    clock,
    domain::{EpochMs, Message, NewMessage, SeatDigest},
    error::{ApiError, close},
    protocol::{CreateBody, ServerFrame},
};

/// How long after its arrival a request may still be waited for by the store.
const PATIENCE_SECONDS: u64 = 10;
/// What the store gets at least, however long the request waited before.
const LEAST_PATIENCE_SECONDS: u64 = 3;
/// Whoever was to hand on the turn, or to write along with its own, vanished.
pub(super) const GONE: ApiError = ApiError::StoreUnavailable("the request before vanished");

/// The right to read, decide and write.
pub(super) type RoomTurn<'a> = Turn<'a, NewMessage, SendResult>;

/// Why a room ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// A participant wants it.
    Destroyed,
    /// Its time is over.
    Expired,
}

impl Setup {
    fn context(&self, arrived: EpochMs) -> Result<Context<'_>, ApiError> {
        let now = clock::now();
        if now.ms_since(arrived) > PATIENCE_SECONDS * 1000 {
            return Err(ApiError::StoreUnavailable("the room was busy for too long"));
        }
        let answer_by = arrived.plus_seconds(PATIENCE_SECONDS).max(now.plus_seconds(LEAST_PATIENCE_SECONDS));
        Ok(Context { store: &self.store, config: &self.config, now, answer_by })
    }
}

impl Inner {
    /// What the room was given; the operator's mistake otherwise.
    pub(super) fn setup(&self) -> Result<&Setup, ApiError> {
        self.setup.as_ref().map_err(ApiError::clone)
    }

    async fn turn(&self) -> Result<RoomTurn<'_>, ApiError> {
        self.queue.turn().await.ok_or(GONE)
    }

    /// Makes the room. Returns when it ends unless something happens in it, and the time.
    pub(super) async fn begin(&self, body: CreateBody) -> Result<(EpochMs, EpochMs), ApiError> {
        let _turn = self.turn().await?;
        let context = self.setup()?.context(clock::now())?;
        let Context { config, now, .. } = context;
        let expires_at = config.expires_at(now, now, body.ttl_seconds.unwrap_or(config.room_ttl_seconds));
        // The end is arranged before there is anything to end.
        self.set_alarm(expires_at, now).await?;
        match actions::create(&context, body).await {
            Ok(live) => {
                self.told.set(Some(live.last_seq));
                self.live.replace(Some(live))
            }
            Err(error) => {
                self.forget().await?;
                return Err(error);
            }
        };
        Ok((expires_at, now))
    }

    /// Runs `act` when everything that arrived before is done, on the room as it then is.
    pub(super) async fn in_turn<T>(
        &self,
        arrived: EpochMs,
        act: impl AsyncFnOnce(&Context<'_>, &mut Live) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let turn = self.turn().await?;
        self.with_turn(turn, arrived, act).await
    }

    /// The same, for whoever has the turn already.
    pub(super) async fn with_turn<T>(
        &self,
        _turn: RoomTurn<'_>,
        arrived: EpochMs,
        act: impl AsyncFnOnce(&Context<'_>, &mut Live) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let context = self.setup()?.context(arrived)?;
        let mut live = self.enter(&context).await?;
        let acted = act(&context, &mut live).await;
        match acted {
            // In doubt: what is true is loaded next time.
            Err(ApiError::StoreUnavailable(_)) => {}
            // The store forgot the room before its time: whoever is here must hear of it.
            Err(ApiError::RoomNotFound) => self.end(&context, Ending::Expired).await?,
            _ => drop(self.live.replace(Some(live))),
        }
        acted
    }

    /// Ends the room for both, if `seat` is taken by whoever asks.
    pub(super) async fn destroy_for(&self, seat: Option<&SeatDigest>) -> Result<(), ApiError> {
        let arrived = clock::now();
        let _turn = self.turn().await?;
        let context = self.setup()?.context(arrived)?;
        let live = self.enter(&context).await?;
        if let Err(error) = actions::participant(&live, seat) {
            self.live.replace(Some(live));
            return Err(error);
        }
        self.is_unwanted.set(true);
        self.end(&context, Ending::Destroyed).await
    }

    /// Takes the room out of memory, or out of the store. Fails with `RoomNotFound` once its time is over.
    async fn enter(&self, context: &Context<'_>) -> Result<Live, ApiError> {
        let live = match self.live.take() {
            Some(live) => live,
            None => self.load(context).await?,
        };
        if live.expires_at(context.config) <= context.now {
            self.end(context, Ending::Expired).await?;
            return Err(ApiError::RoomNotFound);
        }
        Ok(live)
    }

    async fn load(&self, context: &Context<'_>) -> Result<Live, ApiError> {
        let loaded = context.store.load(context.answer_by).await?;
        let Some(loaded) = loaded else {
            if sockets::is_anybody_here(&self.state) {
                let ending = if self.is_unwanted.get() { Ending::Destroyed } else { Ending::Expired };
                self.end(context, ending).await?;
            }
            return Err(ApiError::RoomNotFound);
        };
        self.is_unwanted.set(false);
        let tail = loaded.tail.clone();
        let live = Live::loaded(loaded, context.now);
        // What a write of unknown outcome left there was never told.
        let told = self.told.get().unwrap_or(live.last_seq);
        let is_news = |message: &Message| message.seq > told && live.is_first(message);
        let news: Vec<Message> = tail.into_iter().filter(is_news).collect();
        self.tell_news(&news, &live, context.config);
        Ok(live)
    }

    /// Ends the room and leaves nothing of it. Destroying is told once it is done; that time is over needs no proof.
    async fn end(&self, context: &Context<'_>, ending: Ending) -> Result<(), ApiError> {
        if ending == Ending::Expired {
            sockets::end(&self.state, &ServerFrame::Expire, close::EXPIRED, "expired");
        }
        context.store.destroy(context.answer_by).await?;
        if ending == Ending::Destroyed {
            sockets::end(&self.state, &ServerFrame::Destroy, close::DESTROYED, "destroyed");
        }
        self.forget().await?;
        if context.store.is_in_doubt() {
            self.sweeps_left.set(SWEEPS);
            self.state.storage().set_alarm(SWEEP_EVERY).await?;
        }
        Ok(())
    }

    /// Looks again later for what late writes may leave of a room that is over: loading it clears that away.
    async fn sweep_on(&self) -> Result<(), ApiError> {
        self.forget().await?;
        let sweeps_left = self.sweeps_left.get().saturating_sub(1);
        self.sweeps_left.set(sweeps_left);
        if sweeps_left > 0 {
            self.state.storage().set_alarm(SWEEP_EVERY).await?;
        }
        Ok(())
    }

    /// What the alarm is for: ends the room if its time is over, and otherwise waits for when it will be.
    pub(super) async fn end_or_wait(&self) -> Result<(), ApiError> {
        let now = clock::now();
        match self.in_turn(now, async |context, live| Ok(live.expires_at(context.config))).await {
            Ok(expires_at) => self.set_alarm(expires_at, now).await,
            Err(ApiError::RoomNotFound) => self.sweep_on().await,
            Err(error) => Err(error),
        }
    }

    /// Leaves nothing in the object: no alarm, no storage, no memory.
    async fn forget(&self) -> Result<(), ApiError> {
        self.live.take();
        self.told.take();
        self.is_unwanted.take();
        self.state.storage().delete_alarm().await?;
        Ok(self.state.storage().delete_all().await?)
    }

    /// Wakes the room at `at`.
    async fn set_alarm(&self, at: EpochMs, now: EpochMs) -> Result<(), ApiError> {
        let offset = Duration::from_millis(at.ms_since(now));
        Ok(self.state.storage().set_alarm(offset).await?)
    }
}
