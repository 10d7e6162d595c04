//! What an operator may write: taken in range, or refused by name and without its value.

use proptest::{collection::vec, option, prelude::*};

use super::{any_text, seeded};
use crate::{config::Config, wire::ApiError};

const NAMES: [&str; 6] = [
    "ROOM_TTL_SECONDS",
    "ROOM_MAX_LIFETIME_SECONDS",
    "MESSAGE_RATE_PER_SECOND",
    "ADDRESS_LIMITS",
    "UPSTASH_REDIS_REST_URL",
    "UPSTASH_REDIS_REST_TOKEN",
];
/// Stands in no rule and in no name.
const CANARY: &str = "@%@";

fn setting() -> impl Strategy<Value = String> {
    prop_oneof![any_text(), "[0-9]{1,7}", "on|off| on ", address()]
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof!["https?://[a-z@:/?#.\\\\ é]{0,20}", "https?:[\\\\/]{0,3}[a-z]{1,9}\\.example[\\\\/]{0,2}"]
}

fn read(raw: &[Option<String>]) -> Result<Config, ApiError> {
    Config::read(|name| raw.get(NAMES.iter().position(|known| *known == name)?)?.clone())
}

fn keeps_rules(config: &Config) -> bool {
    (1..=86_400).contains(&config.room_ttl_seconds)
        && (1..=604_800).contains(&config.room_max_lifetime_seconds)
        && config.message_rate_per_second <= 1_000
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn no_setting_panics_and_what_is_taken_keeps_its_range(
        raw in vec(option::weighted(0.3, setting()), NAMES.len()),
    ) {
        match read(&raw) {
            Ok(config) => prop_assert!(keeps_rules(&config), "{:?}", config),
            Err(error) => {
                let said = error.message();
                prop_assert!(NAMES.iter().any(|name| said.contains(name)), "{}", said);
            }
        }
    }

    #[test]
    fn a_wrong_setting_is_never_told(at in 0..NAMES.len(), raw in setting()) {
        let mut all = vec![None; NAMES.len()];
        all[at] = Some(format!("{raw}{CANARY}"));

        let said = read(&all).map_or_else(|error| error.message(), |config| format!("{config:?}"));

        prop_assert!(!said.contains(CANARY), "{}", said);
    }

    #[test]
    fn a_database_that_is_taken_can_be_asked(url in address(), token in "[ -~]{1,20}") {
        let all = [vec![None; 4], vec![Some(url), Some(token)]].concat();

        if let Ok(Config { upstash: Some(database), .. }) = read(&all) {
            let asked = url::Url::parse(&format!("{}/multi-exec", database.rest_url)).unwrap();
            prop_assert!(asked.path().ends_with("/multi-exec"), "{}", asked);
            prop_assert!(!asked.path().ends_with("//multi-exec"), "{}", asked);
            prop_assert!(asked.has_host() && asked.query().is_none() && asked.fragment().is_none());
            prop_assert!(database.rest_token.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
