//! An HTTP client that keeps one cookie.

use std::{
    io::Read,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use ureq::{
    Agent, SendBody,
    http::{Request, header::HeaderMap, request::Builder},
};

use crate::wait::LIMIT;

const COOKIE_NAME: &str = "x-auth-token";

/// A browser, as far as the API can tell. It stores the one cookie that the API sets.
pub struct Browser {
    base_url: String,
    agent: Agent,
    identity: Mutex<Identity>,
}

#[derive(Clone)]
enum Identity {
    Cookie(Option<String>),
    Bearer(String),
}

impl Browser {
    /// A browser without a cookie.
    pub fn new(base_url: &str) -> Self {
        Self::with_identity(base_url, Identity::Cookie(None))
    }

    /// A browser that already has a token in its cookie.
    pub fn with_cookie(base_url: &str, token: &str) -> Self {
        Self::with_identity(base_url, Identity::Cookie(Some(token.to_owned())))
    }

    /// A client without cookies that sends its token in the `Authorization` header.
    pub fn with_bearer(base_url: &str, token: &str) -> Self {
        Self::with_identity(base_url, Identity::Bearer(token.to_owned()))
    }

    fn with_identity(base_url: &str, identity: Identity) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(LIMIT));
        Self { base_url: base_url.to_owned(), agent: config.build().into(), identity: identity.into() }
    }

    /// The Worker's address, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The browser's token, if it has one.
    pub fn token(&self) -> Option<String> {
        match self.identity().clone() {
            Identity::Cookie(token) => token,
            Identity::Bearer(token) => Some(token),
        }
    }

    /// The header that carries the token.
    pub(crate) fn identity_header(&self) -> Option<(&'static str, String)> {
        match self.identity().clone() {
            Identity::Cookie(token) => Some(("cookie", format!("{COOKIE_NAME}={}", token?))),
            Identity::Bearer(token) => Some(("authorization", format!("Bearer {token}"))),
        }
    }

    fn identity(&self) -> MutexGuard<'_, Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a request, which can be completed and sent.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder<'_> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        if let Some((name, value)) = self.identity_header() {
            request = request.header(name, value);
        }
        RequestBuilder { browser: self, request }
    }

    /// Sends a `GET`.
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// Sends a `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path).json(body)
    }

    /// Sends a `DELETE`.
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send()
    }

    /// Creates a room and returns its id. Panics if the Worker refuses.
    pub fn create_room(&self, body: &Value) -> String {
        let created = self.post("/api/room/create", body);
        assert_eq!(created.status, 201, "{created:?}");
        created.text("roomId")
    }

    fn keep_cookie(&self, answer: &Answer) {
        let set = answer.headers.get("set-cookie").and_then(|value| value.to_str().ok());
        let value = set.and_then(|set| set.strip_prefix(COOKIE_NAME)?.strip_prefix('=')?.split(';').next());
        if let (Some(value), Identity::Cookie(token)) = (value, &mut *self.identity()) {
            *token = Some(value.to_owned());
        }
    }
}

/// A request that is not sent yet.
pub struct RequestBuilder<'a> {
    browser: &'a Browser,
    request: Builder,
}

impl RequestBuilder<'_> {
    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// Sends it without a body. Panics if no answer arrives.
    pub fn send(self) -> Answer {
        self.try_send().expect("an answer comes")
    }

    /// Sends it without a body. `None`: no answer arrived.
    pub fn try_send(self) -> Option<Answer> {
        self.finish(SendBody::none()).ok()
    }

    /// Sends it with a JSON body.
    pub fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").raw(body.to_string().as_bytes())
    }

    /// Sends it with these bytes as the body, with a declared length.
    pub fn raw(self, body: &[u8]) -> Answer {
        let length = body.len().to_string();
        self.header("content-length", &length)
            .finish(SendBody::from_reader(&mut &*body))
            .expect("an answer comes")
    }

    /// Sends it with a body of undeclared length. `None`: the connection ended before an answer arrived, which can
    /// happen if the Worker answers while the body is still being sent.
    pub fn chunked(self, mut body: impl Read) -> Option<Answer> {
        self.finish(SendBody::from_reader(&mut body)).ok()
    }

    fn finish(self, body: SendBody) -> Result<Answer, ureq::Error> {
        let request = self.request.body(body).expect("the request is valid");
        let mut response = self.browser.agent.run(request)?;
        let body = response.body_mut().read_to_string().expect("the answer is text");
        let answer = Answer { status: response.status().as_u16(), headers: response.headers().clone(), body };
        self.browser.keep_cookie(&answer);
        Ok(answer)
    }
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON. Panics if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header's value; empty if the header is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// A string in the JSON body. Panics if there is none.
    pub fn text(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap_or_else(|| panic!("no text {key:?}: {self:?}")).to_owned()
    }

    /// A number in the JSON body. Panics if there is none.
    pub fn number(&self, key: &str) -> u64 {
        self.json()[key].as_u64().unwrap_or_else(|| panic!("no number {key:?}: {self:?}"))
    }

    /// The code of an error; empty if the answer is not an error.
    pub fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"].as_str().unwrap_or_default().to_owned()
    }
}
