//! The grammar of the API's addresses, once, for the Worker and for the room.

use crate::{
    domain::{RoomId, Seq},
    error::ApiError,
};

/// An endpoint of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Makes a room.
    CreateRoom,
    /// Says whether a room can be joined.
    RoomStatus,
    /// Takes a seat.
    JoinRoom,
    /// Says how long the room still lives.
    RoomTtl,
    /// Ends the room for both.
    DestroyRoom,
    /// Reads messages.
    ListMessages,
    /// Sends a message.
    SendMessage,
    /// Opens the socket.
    Realtime,
    /// Says that the Worker runs.
    Health,
}

/// Every endpoint: its method, its path, its route.
pub const ROUTES: [(&str, &str, Route); 9] = [
    ("POST", "/api/room/create", Route::CreateRoom),
    ("GET", "/api/room", Route::RoomStatus),
    ("POST", "/api/room/join", Route::JoinRoom),
    ("GET", "/api/room/ttl", Route::RoomTtl),
    ("DELETE", "/api/room", Route::DestroyRoom),
    ("GET", "/api/messages", Route::ListMessages),
    ("POST", "/api/messages", Route::SendMessage),
    ("GET", "/api/realtime", Route::Realtime),
    ("GET", "/api/health", Route::Health),
];

impl Route {
    /// Fails with `NotFound` for a path that is not in [`ROUTES`], and with `MethodNotAllowed` for one that is.
    pub fn parse(method: &str, path: &str) -> Result<Self, ApiError> {
        let here = || ROUTES.iter().filter(|(_, route_path, _)| *route_path == path);
        if let Some((_, _, route)) = here().find(|(route_method, ..)| *route_method == method) {
            return Ok(*route);
        }
        let allow = here().map(|(route_method, ..)| *route_method).collect::<Vec<_>>().join(", ");
        Err(if allow.is_empty() { ApiError::NotFound } else { ApiError::MethodNotAllowed { allow } })
    }

    /// Method and path: what a log may know of a request.
    pub fn pattern(self) -> (&'static str, &'static str) {
        ROUTES.iter().find(|(.., route)| *route == self).map_or(("", ""), |(method, path, _)| (method, path))
    }

    /// Whether a page of another site must not be able to cause it.
    pub fn needs_own_origin(self) -> bool {
        self == Self::Realtime || self.pattern().0 != "GET"
    }
}

/// What stands behind the `?` of an address.
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// Takes the part behind the `?`, still encoded.
    pub fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The first value of `name`, decoded.
    fn get(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.0.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// `roomId`, which must be there.
    pub fn room_id(&self) -> Result<RoomId, ApiError> {
        let bad = |problem| ApiError::BadRequest { field: "roomId", problem };
        let raw = self.get("roomId").ok_or(bad("is missing"))?;
        RoomId::parse(&raw).ok_or(bad("must be 21 characters of A-Za-z0-9_-"))
    }

    /// `token`, for a client that can set neither cookies nor headers.
    pub fn token(&self) -> Option<String> {
        self.get("token")
    }

    /// `after`: messages from behind this place; 0 by default.
    pub fn after(&self) -> Result<Seq, ApiError> {
        self.whole_number("after", 0, 0..=u64::from(u32::MAX), "must be a whole number, 0 or more")
    }

    /// `limit`: at most so many messages; 200 by default.
    pub fn limit(&self) -> Result<u64, ApiError> {
        self.whole_number("limit", 200, 1..=500, "must be a whole number from 1 to 500")
    }

    fn whole_number(
        &self,
        field: &'static str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_found_by_its_method_and_path() {
        for (method, path, route) in ROUTES {
            assert_eq!(Route::parse(method, path), Ok(route));
            assert_eq!(route.pattern(), (method, path));
        }
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        let refused = Route::parse("PUT", "/api/room");

        assert_eq!(refused, Err(ApiError::MethodNotAllowed { allow: "GET, DELETE".into() }));
    }

    #[test]
    fn another_path_is_not_found() {
        for path in ["/api", "/api/", "/api/room/", "/api/messages/1", "/"] {
            assert_eq!(Route::parse("GET", path), Err(ApiError::NotFound), "{path}");
        }
    }

    #[test]
    fn reads_are_open_to_all_origins_and_everything_else_is_not() {
        let open: Vec<_> = ROUTES.iter().filter(|(.., route)| !route.needs_own_origin()).collect();

        assert!(open.iter().all(|(method, ..)| *method == "GET"));
        assert!(Route::Realtime.needs_own_origin());
    }

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

    /// The served description and the routes are one list, kept in two places for two readers.
    #[test]
    fn the_openapi_file_describes_exactly_these_routes() {
        let openapi: serde_json::Value =
            serde_json::from_str(include_str!("../public/openapi.json")).expect("it is JSON");

        let described: BTreeSet<(String, String)> = openapi["paths"]
            .as_object()
            .expect("it has paths")
            .iter()
            .flat_map(|(path, operations)| {
                let methods = operations.as_object().expect("a path has operations").keys();
                methods.map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let served =
            ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();

        assert_eq!(described, served);
    }
}
