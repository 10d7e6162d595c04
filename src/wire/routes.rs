//! The endpoints of the API, listed once for the Worker and for the room.

use super::ApiError;

/// An endpoint of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Creates a room.
    CreateRoom,
    /// Returns whether a room can be joined.
    RoomStatus,
    /// Takes a seat.
    JoinRoom,
    /// Keeps the room open: counts as activity.
    KeepRoom,
    /// Returns how long the room has left.
    RoomTtl,
    /// Destroys the room for both participants.
    DestroyRoom,
    /// Reads messages.
    ListMessages,
    /// Sends a message.
    SendMessage,
    /// Opens the socket.
    Realtime,
    /// Reports that the Worker runs.
    Health,
}

/// Every endpoint: method, path, route.
pub const ROUTES: [(&str, &str, Route); 10] = [
    ("POST", "/api/room/create", Route::CreateRoom),
    ("GET", "/api/room", Route::RoomStatus),
    ("POST", "/api/room/join", Route::JoinRoom),
    ("POST", "/api/room/keep", Route::KeepRoom),
    ("GET", "/api/room/ttl", Route::RoomTtl),
    ("DELETE", "/api/room", Route::DestroyRoom),
    ("GET", "/api/messages", Route::ListMessages),
    ("POST", "/api/messages", Route::SendMessage),
    ("GET", "/api/realtime", Route::Realtime),
    ("GET", "/api/health", Route::Health),
];

impl Route {
    /// Fails with `NotFound` if [`ROUTES`] does not have the path, and with `MethodNotAllowed` if it has other methods.
    pub fn parse(method: &str, path: &str) -> Result<Self, ApiError> {
        let here = || ROUTES.iter().filter(|(_, route_path, _)| *route_path == path);
        if let Some((_, _, route)) = here().find(|(route_method, ..)| *route_method == method) {
            return Ok(*route);
        }
        let allow = here().map(|(route_method, ..)| *route_method).collect::<Vec<_>>().join(", ");
        Err(if allow.is_empty() { ApiError::NotFound } else { ApiError::MethodNotAllowed { allow } })
    }

    /// Method and path. The log records nothing else of a request's URL.
    pub fn pattern(self) -> (&'static str, &'static str) {
        ROUTES.iter().find(|(.., route)| *route == self).map_or(("", ""), |(method, path, _)| (method, path))
    }

    /// Whether pages of other origins must not call it.
    pub fn needs_own_origin(self) -> bool {
        self == Self::Realtime || self.pattern().0 != "GET"
    }

    /// Whether only a participant may call it. Such a call is refused without waking the room if it has no token.
    pub fn needs_token(self) -> bool {
        !matches!(self, Self::CreateRoom | Self::RoomStatus | Self::JoinRoom | Self::Health)
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
    fn a_wrong_method_is_answered_with_the_allowed_ones() {
        let refused = Route::parse("PUT", "/api/room");

        assert_eq!(refused, Err(ApiError::MethodNotAllowed { allow: "GET, DELETE".into() }));
    }

    #[test]
    fn an_unknown_path_is_not_found() {
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

    /// The OpenAPI file and the list of routes are maintained separately; this test keeps them equal.
    #[test]
    fn the_openapi_file_describes_exactly_these_routes() {
        let openapi: serde_json::Value =
            serde_json::from_str(include_str!("../../public/openapi.json")).expect("it is JSON");

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
