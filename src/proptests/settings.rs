//! Settings: any value is either in range or refused. The refusal names the variable, not its value.

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
/// Occurs in no rule and in no variable's name.
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
    fn no_setting_panics_and_accepted_ones_are_in_range(
        raw in vec(option::weighted(0.3, setting()), NAMES.len()),
    ) {
        match read(&raw) {
            Ok(config) => prop_assert!(keeps_rules(&config), "{:?}", config),
            Err(error) => {
                let message = error.message();
                prop_assert!(NAMES.iter().any(|name| message.contains(name)), "{}", message);
            }
        }
    }

    #[test]
    fn a_wrong_value_is_never_revealed(at in 0..NAMES.len(), raw in setting()) {
        let mut all = vec![None; NAMES.len()];
        all[at] = Some(format!("{raw}{CANARY}"));

        let message = read(&all).map_or_else(|error| error.message(), |config| format!("{config:?}"));

        prop_assert!(!message.contains(CANARY), "{}", message);
    }

    #[test]
    fn an_accepted_database_address_forms_a_valid_url(url in address(), token in "[ -~]{1,20}") {
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
