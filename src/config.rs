//! The operator's settings, read and checked in one place. README.md lists them.

use std::{net::Ipv4Addr, ops::RangeInclusive};

use crate::wire::ApiError;

/// All settings, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Seconds that a room lives after its last activity, unless its creator chose another value.
    pub room_ttl_seconds: u64,
    /// Seconds that a room lives at most, regardless of activity.
    pub room_max_lifetime_seconds: u64,
    /// Messages that a participant may send per second, with bursts of twice as many. 0 means no limit.
    pub message_rate_per_second: u64,
    /// Whether requests are limited per IP address.
    pub limits_addresses: bool,
    /// The Upstash database, if one is configured.
    pub upstash: Option<UpstashConfig>,
}

/// The address of an Upstash database and the token that opens it. `Debug` hides both.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstashConfig {
    /// The origin, without a trailing slash.
    pub rest_url: String,
    /// Sent as `Authorization: Bearer`.
    pub rest_token: String,
}

impl std::fmt::Debug for UpstashConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("UpstashConfig(…)")
    }
}

const REST_URL: &str = "UPSTASH_REDIS_REST_URL";
const REST_TOKEN: &str = "UPSTASH_REDIS_REST_TOKEN";

/// The documented defaults.
impl Default for Config {
    fn default() -> Self {
        Self {
            room_ttl_seconds: 600,
            room_max_lifetime_seconds: 86_400,
            message_rate_per_second: 10,
            limits_addresses: true,
            upstash: None,
        }
    }
}

impl Config {
    /// Reads every setting through `variable`, which returns `None` for a variable that is not set. A blank value
    /// counts as not set.
    ///
    /// Fails with `Misconfigured`, which names the variable but never its value.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ApiError> {
        let get = |name: &str| variable(name).map(|raw| raw.trim().to_owned()).filter(|raw| !raw.is_empty());
        let number = |name, default, range| whole_number(name, get(name), default, range);
        let default = Self::default();
        let (ttl, longest) = (default.room_ttl_seconds, default.room_max_lifetime_seconds);
        let rate = default.message_rate_per_second;
        Ok(Self {
            room_ttl_seconds: number("ROOM_TTL_SECONDS", ttl, 1..=86_400)?,
            room_max_lifetime_seconds: number("ROOM_MAX_LIFETIME_SECONDS", longest, 1..=604_800)?,
            message_rate_per_second: number("MESSAGE_RATE_PER_SECOND", rate, 0..=1_000)?,
            limits_addresses: on_or_off("ADDRESS_LIMITS", get("ADDRESS_LIMITS"))?,
            upstash: upstash(get(REST_URL), get(REST_TOKEN))?,
        })
    }

    /// The name of the configured store: `embedded` or `upstash`.
    pub fn store_name(&self) -> &'static str {
        if self.upstash.is_some() { "upstash" } else { "embedded" }
    }

    /// The settings that a room needs.
    pub fn room(&self) -> RoomSettings {
        RoomSettings {
            ttl_seconds: self.room_ttl_seconds,
            longest_seconds: self.room_max_lifetime_seconds,
            messages_per_second: self.message_rate_per_second,
            has_database: self.upstash.is_some(),
        }
    }
}

/// The settings that a room needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomSettings {
    /// Seconds that a room lives after its last activity, unless its creator chose another value.
    pub ttl_seconds: u64,
    /// Seconds that a room lives at most.
    pub longest_seconds: u64,
    /// Messages per participant and second, with bursts of twice as many. 0 means no limit.
    pub messages_per_second: u64,
    /// Whether Redis holds a copy of the room.
    pub has_database: bool,
}

fn wrong(name: &str, rule: &str) -> ApiError {
    ApiError::Misconfigured(format!("The server's setting {name} {rule}."))
}

fn whole_number(
    name: &str,
    raw: Option<String>,
    default: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, ApiError> {
    let Some(raw) = raw else { return Ok(default) };
    let number = raw.parse().ok().filter(|number| range.contains(number));
    let rule = || format!("must be a whole number from {} to {}", range.start(), range.end());
    number.ok_or_else(|| wrong(name, &rule()))
}

fn on_or_off(name: &str, raw: Option<String>) -> Result<bool, ApiError> {
    match raw.as_deref() {
        None | Some("on") => Ok(true),
        Some("off") => Ok(false),
        Some(_) => Err(wrong(name, "must be on or off")),
    }
}

fn upstash(rest_url: Option<String>, rest_token: Option<String>) -> Result<Option<UpstashConfig>, ApiError> {
    match (rest_url, rest_token) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(wrong(REST_TOKEN, &format!("is missing, while {REST_URL} is set"))),
        (None, Some(_)) => Err(wrong(REST_URL, &format!("is missing, while {REST_TOKEN} is set"))),
        (Some(_), Some(token)) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(wrong(REST_TOKEN, "must be the REST token as Upstash shows it"))
        }
        (Some(url), Some(rest_token)) => match origin(&url) {
            Some(rest_url) => Ok(Some(UpstashConfig { rest_url, rest_token })),
            None => Err(wrong(REST_URL, "must be the https address of an Upstash database")),
        },
    }
}

/// Accepts a scheme, a host and an optional port, and drops a trailing slash. Refuses anything more, because paths are
/// appended. http is for a test double on the operator's own machine.
fn origin(raw: &str) -> Option<String> {
    let origin = raw.strip_suffix('/').unwrap_or(raw);
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))?;
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    // A URL parser reads a host that ends in a number as an IPv4 address.
    let ends_in_number =
        host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_digit()));
    let is_host = host.split('.').all(is_label) && (!ends_in_number || host.parse::<Ipv4Addr>().is_ok());
    let is_port =
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    (is_host && is_port).then(|| origin.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ApiError> {
        Config::read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, raw)| (*raw).to_owned()))
    }

    #[test]
    fn nothing_set_means_the_embedded_store_and_the_documented_defaults() {
        let config = read(&[]).unwrap();

        assert_eq!((config.room_ttl_seconds, config.room_max_lifetime_seconds), (600, 86_400));
        assert_eq!((config.message_rate_per_second, config.limits_addresses), (10, true));
        assert_eq!(config.store_name(), "embedded");
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not_revealed() {
        for (name, raw) in [
            ("ROOM_TTL_SECONDS", "0"),
            ("ROOM_TTL_SECONDS", "86401"),
            ("ROOM_TTL_SECONDS", "ten-minutes"),
            ("ROOM_MAX_LIFETIME_SECONDS", "-1"),
            ("MESSAGE_RATE_PER_SECOND", "1e99"),
            ("ADDRESS_LIMITS", "maybe-later"),
        ] {
            let Err(ApiError::Misconfigured(message)) = read(&[(name, raw)]) else { panic!("{name}={raw}") };
            assert!(message.contains(name) && !message.contains(&format!(" {raw}")), "{message}");
        }
    }

    #[test]
    fn debug_output_names_neither_the_database_nor_its_token() {
        let upstash =
            UpstashConfig { rest_url: "https://db.example".to_owned(), rest_token: "secret".to_owned() };

        assert_eq!(format!("{upstash:?}"), "UpstashConfig(…)");
    }

    #[test]
    fn both_upstash_variables_are_needed_and_the_missing_one_is_named() {
        let only_url = read(&[(REST_URL, "https://db.example")]);
        let only_token = read(&[(REST_TOKEN, "secret"), (REST_URL, " ")]);

        assert!(
            matches!(only_url, Err(ApiError::Misconfigured(message)) if message.contains("REST_TOKEN is missing"))
        );
        assert!(
            matches!(only_token, Err(ApiError::Misconfigured(message)) if message.contains("REST_URL is missing"))
        );
    }

    #[test]
    fn a_malformed_upstash_url_is_refused_and_not_revealed() {
        for url in [
            "not a url",
            "redis://db.example",
            "https://user:pw@db.example",
            "https://db.example/?x=1",
            "https://db..example",
            "https://",
        ] {
            let Err(ApiError::Misconfigured(message)) = read(&[(REST_URL, url), (REST_TOKEN, "t")]) else {
                panic!("{url}")
            };
            assert!(message.contains(REST_URL) && !message.contains("db.example"), "{message}");
        }
    }

    #[test]
    fn an_upstash_url_may_end_with_a_slash() {
        for url in ["https://db.example", "https://db.example/"] {
            let config = read(&[(REST_URL, url), (REST_TOKEN, "t")]).unwrap();

            assert_eq!(config.store_name(), "upstash");
            assert_eq!(config.upstash.unwrap().rest_url, "https://db.example");
        }
    }
}
