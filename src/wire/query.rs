//! The query string of a request.

use std::ops::RangeInclusive;

use super::ApiError;
use crate::domain::{RoomId, Seq};

/// The part of a URL after the `?`.
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// `raw` is the part after the `?`, still percent-encoded.
    pub fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The first value of `name`, decoded.
    fn get(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.0.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// `roomId`. Fails with `BadRequest` if it is absent or malformed.
    pub fn room_id(&self) -> Result<RoomId, ApiError> {
        let bad = |problem| ApiError::BadRequest { field: "roomId", problem };
        let raw = self.get("roomId").ok_or(bad("is missing"))?;
        RoomId::parse(&raw).ok_or(bad("must be 21 characters of A-Za-z0-9_-"))
    }

    /// `token`, for a client that can set neither cookies nor headers.
    pub fn token(&self) -> Option<String> {
        self.get("token")
    }

    /// `after`: only messages with a higher sequence number. Default: 0.
    pub fn after(&self) -> Result<Seq, ApiError> {
        self.whole_number("after", 0, 0..=u64::from(u32::MAX), "must be a whole number, 0 or more")
    }

    /// `limit`: the maximum number of messages. Default: 200.
    pub fn limit(&self) -> Result<u64, ApiError> {
        self.whole_number("limit", 200, 1..=500, "must be a whole number from 1 to 500")
    }

    fn whole_number(
        &self,
        field: &'static str,
        default: u64,
        range: RangeInclusive<u64>,
        problem: &'static str,
    ) -> Result<u64, ApiError> {
        let Some(raw) = self.get(field) else { return Ok(default) };
        let is_digits = !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_digit());
        let number = raw.parse().ok().filter(|number| is_digits && range.contains(number));
        number.ok_or(ApiError::BadRequest { field, problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_gives_its_first_value_decoded() {
        let query = Query::new("roomId=aaaaaaaaaaaaaaaaaaaa%5F&after=7&limit=500&roomId=x");

        assert_eq!(query.room_id().unwrap().as_str(), "aaaaaaaaaaaaaaaaaaaa_");
        assert_eq!((query.after(), query.limit()), (Ok(7), Ok(500)));
    }

    #[test]
    fn numbers_in_a_query_must_be_whole_and_in_range() {
        for raw in ["limit=0", "limit=501", "limit=", "limit=1.5", "limit=%2B5", "limit=-1", "limit=9e9"] {
            assert!(Query::new(raw).limit().is_err(), "{raw}");
        }
        assert!(Query::new("after=99999999999999999999").after().is_err());
        assert_eq!((Query::new("").after(), Query::new("").limit()), (Ok(0), Ok(200)));
    }
}
