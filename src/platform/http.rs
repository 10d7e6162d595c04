//! Converts the platform's requests into plain values, and plain values into its responses.

use futures_util::StreamExt;
use worker::{Headers, Request, Response, WebSocketPair};

use super::clock;
use crate::{
    domain::Token,
    wire::{self, Answer, ApiError, Close, Query, Route, cookie, limits::MAX_BODY_BYTES, origin},
};

/// The header in which an object tells the Worker how to close a refused socket: `<code> <reason>`.
const CLOSE_HEADER: &str = "duet-close";

/// Sent with every answer of the API. The pages get theirs from `public/_headers`. Browsers ignore HSTS on http.
const SECURITY_HEADERS: [(&str, &str); 9] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
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
pub fn json(status: u16, body: String) -> Result<Response, ApiError> {
    let headers = headers()?;
    headers.set("content-type", "application/json")?;
    Ok(Response::ok(body)?.with_status(status).with_headers(headers))
}

/// A room's answer as a response.
pub fn answer(answer: &Answer) -> Result<Response, ApiError> {
    let response = match answer.body() {
        Some(body) => json(answer.status(), body)?,
        None => Response::empty()?.with_status(answer.status()).with_headers(headers()?),
    };
    if let Some(location) = answer.location() {
        response.headers().set("location", &location)?;
    }
    Ok(response)
}

/// An error as a response.
pub fn error(error: &ApiError) -> worker::Result<Response> {
    let answer = json(error.status(), error.to_json());
    let response = answer.map_err(|_| worker::Error::RustError("no answer could be made".into()))?;
    let Close { code, reason } = error.close();
    response.headers().set(CLOSE_HEADER, &format!("{code} {reason}"))?;
    if let Some((name, value)) = error.header() {
        response.headers().set(name, &value)?;
    }
    Ok(response)
}

/// Sends a refusal to the client. If the client wants a socket, it gets one that closes with the code of the refusal,
/// because a page cannot read the status of a failed handshake. The Worker accepts that socket, so that no object stays
/// awake for it.
pub fn deliver(response: Response, wants_socket: bool) -> worker::Result<Response> {
    let Some(close) = response.headers().get(CLOSE_HEADER)? else { return Ok(response) };
    // A page of another origin must not get a socket.
    if wants_socket && response.status_code() != ApiError::BadOrigin.status() {
        return closed_socket(&close);
    }
    let headers = response.headers().clone();
    headers.delete(CLOSE_HEADER)?;
    Ok(response.with_headers(headers))
}

fn closed_socket(close: &str) -> worker::Result<Response> {
    let (code, reason) = close.split_once(' ').unwrap_or(("1011", "internal"));
    let pair = WebSocketPair::new()?;
    pair.server.accept()?;
    pair.server.close(Some(code.parse().unwrap_or(1011)), Some(reason))?;
    Response::from_websocket(pair.client)
}

/// Whether the caller asks for a WebSocket.
pub fn is_upgrade(request: &Request) -> bool {
    header(request, "upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// A request header. A header that cannot be read counts as absent.
pub fn header(request: &Request, name: &str) -> Option<String> {
    request.headers().get(name).ok().flatten()
}

/// The endpoint that the request names.
pub fn route(request: &Request) -> Result<Route, ApiError> {
    // `request.method()` reports every unknown method as GET.
    Route::parse(&request.inner().method(), &request.path())
}

/// Applies `read` to the query string of the URL.
pub fn query<T>(request: &Request, read: impl FnOnce(&Query) -> Result<T, ApiError>) -> Result<T, ApiError> {
    let url = request.inner().url();
    let after_path = url.split_once('?').map_or("", |(_, after)| after);
    read(&Query::new(after_path.split('#').next().unwrap_or_default()))
}

/// Reads a call of the API. `identified` is true if it came with a token.
pub async fn read(request: &mut Request, route: Route, identified: bool) -> Result<wire::Request, ApiError> {
    let body = body(request).await?;
    let random = clock::random()?;
    query(request, |query| wire::Request::parse(route, query, &body, identified, random))
}

/// The caller's token: from the `Authorization` header, from the cookie or, for reading messages only, from the query.
pub fn token(request: &Request) -> Option<Token> {
    let (authorization, cookies) = (header(request, "authorization"), header(request, "cookie"));
    cookie::token_of(authorization.as_deref(), cookies.as_deref()).or_else(|| {
        let in_query = route(request) == Ok(Route::ListMessages);
        let raw = in_query.then(|| query(request, |query| Ok(query.token())).ok().flatten()).flatten();
        raw.and_then(|raw| Token::parse(&raw))
    })
}

/// Whether the page was loaded over https.
pub fn is_https(request: &Request) -> bool {
    request.inner().url().starts_with("https://")
}

/// Fails with `BadOrigin` if a page of another origin sent the request.
pub fn check_origin(request: &Request) -> Result<(), ApiError> {
    let (sent_by, host) = (header(request, "origin"), header(request, "host"));
    origin::check(sent_by.as_deref(), &request.inner().url(), host.as_deref())
}

/// Fails with `TooLarge` if the declared size of the body is too large. Reads nothing.
pub fn check_declared_size(request: &Request) -> Result<(), ApiError> {
    match declared_bytes(request) {
        Some(bytes) if bytes > MAX_BODY_BYTES as u64 => Err(ApiError::TooLarge),
        _ => Ok(()),
    }
}

fn declared_bytes(request: &Request) -> Option<u64> {
    header(request, "content-length").and_then(|raw| raw.parse().ok())
}

/// Reads a JSON body. An absent body counts as `{}`. Fails with `NotJson`, and with `TooLarge` as soon as it is too
/// large.
async fn body(request: &mut Request) -> Result<String, ApiError> {
    let bytes = read_at_most(request, MAX_BODY_BYTES).await?;
    if bytes.is_empty() {
        return Ok("{}".to_owned());
    }
    if !is_json(request) {
        return Err(ApiError::NotJson);
    }
    String::from_utf8(bytes).map_err(|_| ApiError::BadRequest { field: "body", problem: "must be UTF-8" })
}

fn is_json(request: &Request) -> bool {
    let content_type = header(request, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

/// The client hung up, so only the log shows this error.
const CUT_OFF: ApiError = ApiError::BadRequest { field: "body", problem: "arrived incomplete" };

async fn read_at_most(request: &mut Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    if request.inner().body().is_none() {
        return Ok(vec![]);
    }
    // HTTP guarantees the declared length, and reading the body in one piece takes a single wait.
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
