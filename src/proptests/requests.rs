//! Queries and cookies: valid ones are read back as they were written, and any input yields values in range.

use proptest::{collection::vec, option, prelude::*};

use super::{ID, any_text, seeded, token};
use crate::wire::{Query, cookie};

/// Any text, or one that looks like a query.
fn almost_a_query() -> impl Strategy<Value = String> {
    prop_oneof![any_text(), "((after|limit|roomId|token)=[0-9A-Za-z%+.-]{0,24}&?){0,4}"]
}

fn almost_an_authorization() -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![any_text(), "[Bb]earer [A-Za-z0-9_-]{42,44}"])
}

fn almost_cookies() -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![any_text(), "(x-auth-token=[A-Za-z0-9_=;-]{40,46}; ?){0,3}"])
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn no_query_panics_and_numbers_are_in_range(raw in almost_a_query()) {
        let query = Query::new(&raw);

        let _ = (query.room_id(), query.token());
        prop_assert!(query.after().unwrap_or_default() <= u64::from(u32::MAX));
        prop_assert!((1..=500).contains(&query.limit().unwrap_or(1)));
    }

    #[test]
    fn a_query_is_read_as_it_was_written(
        others in vec(("new[a-z]{0,6}", any_text()), 0..4),
        id in ID,
        after in any::<u32>(),
        limit in 1_u64..=500,
        token in any_text(),
    ) {
        let (after_text, limit_text) = (after.to_string(), limit.to_string());
        let own = [("roomId", &id), ("after", &after_text), ("limit", &limit_text), ("token", &token)];
        let raw = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).extend_pairs(own).finish();

        let query = Query::new(&raw);

        prop_assert_eq!(query.room_id().map(|room| room.as_str().to_owned()), Ok(id));
        prop_assert_eq!((query.after(), query.limit()), (Ok(u64::from(after)), Ok(limit)));
        prop_assert_eq!(query.token(), Some(token));
    }

    #[test]
    fn no_header_panics_and_a_found_token_occurs_in_it(
        authorization in almost_an_authorization(),
        cookies in almost_cookies(),
    ) {
        let found = cookie::token_of(authorization.as_deref(), cookies.as_deref());

        let headers = format!("{authorization:?} {cookies:?}");
        prop_assert!(found.is_none_or(|token| headers.contains(token.expose())));
    }

    #[test]
    fn a_cookie_that_was_set_is_found_among_others(
        token in token(),
        before in vec("[a-w]{1,8}=[!-+.-:<-~]{0,12}", 0..4),
        after in any_text(),
        is_https in any::<bool>(),
    ) {
        let set = cookie::set_cookie(&token, 60, is_https);
        let own = set.split(';').next().unwrap().to_owned();

        let header = [before, vec![own, after]].concat().join("; ");

        prop_assert_eq!(cookie::token_of(None, Some(&header)), Some(token));
    }
}
