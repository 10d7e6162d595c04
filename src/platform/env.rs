//! The Worker's environment as a [`Config`].

use worker::Env;

use crate::{config::Config, wire::ApiError};

/// The binding of the rooms' objects, as wrangler.toml names it.
pub const ROOMS: &str = "ROOMS";

/// Reads variables and secrets. Fails with `Misconfigured`, which names the variable.
pub fn read(env: &Env) -> Result<Config, ApiError> {
    Config::read(|name| env.var(name).ok().map(|value| value.to_string()))
}
