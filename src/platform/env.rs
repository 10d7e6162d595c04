//! The Worker's environment into a [`Config`], and a `Config` into a [`Store`].

use worker::{Env, State};

use crate::{
    config::Config,
    domain::RoomId,
    error::ApiError,
    store::{
        Store,
        embedded::{Embedded, durable_sql::DurableSql},
        upstash::{Upstash, fetch_rest::FetchRest},
    },
};

/// Reads variables and secrets. Fails with `Misconfigured`, which names the variable.
pub fn read(env: &Env) -> Result<Config, ApiError> {
    Config::read(|name| env.var(name).ok().map(|value| value.to_string()))
}

/// The store that `config` chooses, for one room.
pub fn store(config: &Config, state: &State, room: &RoomId) -> Store {
    match &config.upstash {
        Some(upstash) => Store::Upstash(Upstash::new(FetchRest::new(upstash.clone()), room)),
        None => Store::Embedded(Embedded::new(DurableSql::new(&state.storage()))),
    }
}
