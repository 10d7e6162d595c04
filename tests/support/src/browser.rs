//! Somebody who talks HTTP, with a place for one cookie.

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

/// A browser, as far as the API can tell. It keeps the one cookie that it is given.
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
    /// One that was nowhere yet.
    pub fn new(base_url: &str) -> Self {
        Self::with_identity(base_url, Identity::Cookie(None))
    }

    /// One that brings a cookie from elsewhere.
    pub fn with_cookie(base_url: &str, token: &str) -> Self {
        Self::with_identity(base_url, Identity::Cookie(Some(token.to_owned())))
    }

    /// A client without cookies, which shows its token itself.
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

    /// Where the Worker is that it talks to.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The token it has, if any.
    pub fn token(&self) -> Option<String> {
        match self.identity().clone() {
            Identity::Cookie(token) => token,
            Identity::Bearer(token) => Some(token),
        }
    }

    /// The header that shows who it is.
    pub(crate) fn identity_header(&self) -> Option<(&'static str, String)> {
        match self.identity().clone() {
            Identity::Cookie(token) => Some(("cookie", format!("{COOKIE_NAME}={}", token?))),
            Identity::Bearer(token) => Some(("authorization", format!("Bearer {token}"))),
        }
    }

    fn identity(&self) -> MutexGuard<'_, Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request, to be completed and sent.
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        if let Some((name, value)) = self.identity_header() {
            request = request.header(name, value);
        }
        Ask { browser: self, request }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send()
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path).json(body)
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path).send()
    }

    /// Makes a room and returns its id. Panics if it is refused.
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

/// A request on its way.
pub struct Ask<'a> {
    browser: &'a Browser,
    request: Builder,
}

impl Ask<'_> {
    /// Adds a header.
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// Sends it without a body.
    pub fn send(self) -> Answer {
        self.try_send().expect("an answer comes")
    }

    /// Sends it without a body. `None` where no answer comes.
    pub fn try_send(self) -> Option<Answer> {
        self.finish(SendBody::none()).ok()
    }

    /// Sends it with a JSON body.
    pub fn json(self, body: &Value) -> Answer {
        self.header("content-type", "application/json").raw(body.to_string().as_bytes())
    }

    /// Sends it with these bytes as its body, whose length is announced.
    pub fn raw(self, body: &[u8]) -> Answer {
        let length = body.len().to_string();
        self.header("content-length", &length)
            .finish(SendBody::from_reader(&mut &*body))
            .expect("an answer comes")
    }

    /// Sends it with a body whose length is not announced. `None` where the connection ended before an answer came, which
    /// can happen to whoever still sends when the answer is given.
    pub fn chunked(self, mut body: impl Read) -> Option<Answer> {
        self.finish(SendBody::from_reader(&mut body)).ok()
    }

    fn finish(self, body: SendBody) -> Result<Answer, ureq::Error> {
        let request = self.request.body(body).expect("the test asks for something that can be asked for");
        let mut response = self.browser.agent.run(request)?;
        let body = response.body_mut().read_to_string().expect("the answer is text");
        let answer = Answer { status: response.status().as_u16(), headers: response.headers().clone(), body };
        self.browser.keep_cookie(&answer);
        Ok(answer)
    }
}

/// What came back.
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
    /// The body as JSON. Panics if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header's value; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// A text in the JSON body. Panics if it is none.
    pub fn text(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap_or_else(|| panic!("no text {key:?}: {self:?}")).to_owned()
    }

    /// A number in the JSON body. Panics if it is none.
    pub fn number(&self, key: &str) -> u64 {
        self.json()[key].as_u64().unwrap_or_else(|| panic!("no number {key:?}: {self:?}"))
    }

    /// The word of an error; empty where there is none.
    pub fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"].as_str().unwrap_or_default().to_owned()
    }
}
