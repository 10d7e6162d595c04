//! Requests into plain values, plain values into answers.

use futures_util::StreamExt;
use serde::Serialize;
use worker::{Headers, Request, Response, WebSocketPair};

use crate::{
    domain::Token,
    error::ApiError,
    protocol::MAX_BODY_BYTES,
    room::sockets,
    route::{Query, Route},
    session,
};

/// What the platform throws is a defect of ours or of its own, and its words stay inside.
impl From<worker::Error> for ApiError {
    fn from(_: worker::Error) -> Self {
        Self::Internal
    }
}

impl From<getrandom::Error> for ApiError {
    fn from(_: getrandom::Error) -> Self {
        Self::Internal
    }
}

/// On every answer of the API. The pages get theirs from `public/_headers`.
const SECURITY_HEADERS: [(&str, &str); 8] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex, nofollow"),
];

fn headers() -> Result<Headers, ApiError> {
    let headers = Headers::new();
    for (name, value) in SECURITY_HEADERS {
        headers.set(name, value)?;
    }
    Ok(headers)
}

/// An answer with a JSON body.
pub fn json(status: u16, body: &impl Serialize) -> Result<Response, ApiError> {
    let text = serde_json::to_string(body).map_err(|_| ApiError::Internal)?;
    let headers = headers()?;
    headers.set("content-type", "application/json")?;
    Ok(Response::ok(text)?.with_status(status).with_headers(headers))
}

/// `204`.
pub fn no_content() -> Result<Response, ApiError> {
    Ok(Response::empty()?.with_status(204).with_headers(headers()?))
}

/// An answer that says why not.
pub fn error(error: &ApiError) -> worker::Result<Response> {
    let answer = json(error.status(), &error.body());
    let response = answer.map_err(|_| worker::Error::RustError("no answer could be made".into()))?;
    match error {
        ApiError::MethodNotAllowed { allow } => response.headers().set("allow", allow)?,
        ApiError::TooManyRequests { retry_after_seconds } => {
            response.headers().set("retry-after", &retry_after_seconds.to_string())?;
        }
        ApiError::UpgradeRequired => response.headers().set("upgrade", "websocket")?,
        _ => {}
    }
    Ok(response)
}

/// Refuses `request`: with a status, or on a socket with its close code, since a page cannot read the status of a
/// handshake that failed.
pub fn refuse(request: &Request, reason: &ApiError) -> worker::Result<Response> {
    let wants_code = is_upgrade(request) && request.path() == Route::Realtime.pattern().1;
    if !wants_code || *reason == ApiError::BadOrigin {
        return error(reason);
    }
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    sockets::close_for(&pair.server, reason);
    Response::from_websocket(pair.client)
}

/// Whether the caller asks for a WebSocket.
pub fn is_upgrade(request: &Request) -> bool {
    header(request, "upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// A request's header; one that cannot be read counts as absent.
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The endpoint that is asked for.
pub fn route(request: &Request) -> Result<Route, ApiError> {
    // Not `request.method()`: it takes every method that it does not know for GET.
    Route::parse(&request.inner().method(), &request.path())
}

/// Runs `read` on the query behind the address.
pub fn query<T>(request: &Request, read: impl FnOnce(Query) -> Result<T, ApiError>) -> Result<T, ApiError> {
    let url = request.inner().url();
    let behind_path = url.split_once('?').map_or("", |(_, behind)| behind);
    read(Query::new(behind_path.split('#').next().unwrap_or_default()))
}

/// The caller's token: from a header, from the cookie, or, for reading messages only, from the query.
pub fn token(request: &Request) -> Option<Token> {
    let (authorization, cookies) = (header(request, "authorization"), header(request, "cookie"));
    session::token_of(authorization.as_deref(), cookies.as_deref()).or_else(|| {
        let in_query = route(request) == Ok(Route::ListMessages);
        let raw = in_query.then(|| query(request, |query| Ok(query.token())).ok().flatten()).flatten();
        raw.and_then(|raw| Token::parse(&raw))
    })
}

/// Whether the page was loaded over https.
pub fn is_https(request: &Request) -> bool {
    request.inner().url().starts_with("https://")
}

/// Fails with `BadOrigin` if the request was sent by a page of another host.
pub fn check_origin(request: &Request) -> Result<(), ApiError> {
    let Some(origin) = header(request, "origin") else { return Ok(()) };
    let host_of = |raw: &str| raw.split_once("://").map(|(_, host)| host.to_ascii_lowercase());
    let own_host = header(request, "host").map(|host| host.to_ascii_lowercase());
    match host_of(&origin) {
        Some(host) if Some(&host) == own_host.as_ref() => Ok(()),
        _ => Err(ApiError::BadOrigin),
    }
}

/// Fails with `TooLarge` for a body that says so itself, and takes none of it.
pub fn check_declared_size(request: &Request) -> Result<(), ApiError> {
    match declared_bytes(request) {
        Some(bytes) if bytes > MAX_BODY_BYTES as u64 => Err(ApiError::TooLarge),
        _ => Ok(()),
    }
}

fn declared_bytes(request: &Request) -> Option<u64> {
    header(request, "content-length").and_then(|raw| raw.parse().ok())
}

/// Reads a JSON body and parses it; no body counts as `{}`. Fails with `NotJson`, or with `TooLarge` without reading on.
pub async fn body<T>(
    request: &mut Request,
    parse: impl FnOnce(&str) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let bytes = read_at_most(request, MAX_BODY_BYTES).await?;
    if bytes.is_empty() {
        return parse("{}");
    }
    if !is_json(request) {
        return Err(ApiError::NotJson);
    }
    let not_utf8 = ApiError::BadRequest { field: "body", problem: "must be UTF-8" };
    parse(&String::from_utf8(bytes).map_err(|_| not_utf8)?)
}

fn is_json(request: &Request) -> bool {
    let content_type = header(request, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// Nobody is left to be told, but the log is: it is the client that went.
const CUT_OFF: ApiError = ApiError::BadRequest { field: "body", problem: "did not come whole" };

async fn read_at_most(request: &mut Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    if request.inner().body().is_none() {
        return Ok(vec![]);
    }
    // HTTP sees to it that there is no more than was declared, and a body in one piece takes one wait and not several.
    if declared_bytes(request).is_some_and(|bytes| bytes <= limit as u64) {
        return request.bytes().await.map_err(|_| CUT_OFF);
    }
    let mut bytes = vec![];
    let mut stream = request.stream()?;
    while let Some(chunk) = stream.next().await {
        bytes.extend(chunk.map_err(|_| CUT_OFF)?);
        if bytes.len() > limit {
            return Err(ApiError::TooLarge);
        }
    }
    Ok(bytes)
}
