//! Reads the Worker's environment into a [`Config`].

use worker::Env;

use crate::{config::Config, wire::ApiError};

/// The Durable Object binding of the rooms, as named in wrangler.toml.
pub const ROOMS: &str = "ROOMS";

/// Reads variables and secrets. Fails with `Misconfigured`, which names the variable.
pub fn read(env: &Env) -> Result<Config, ApiError> {
    Config::read(|name| env.var(name).ok().map(|value| value.to_string()))
}
