//! Requests in, answers out, and the faults between.

use std::{
    convert::Infallible,
    io,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    thread,
    time::Duration,
};

use http_body_util::{BodyExt, Either, Full};
use hyper::{
    Method, Request, Response,
    body::{Body, Bytes, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Interval, interval, sleep},
};

use super::{
    FaultKind, Shared,
    rest::{self, Answered, Asked, refusal},
};
use crate::resp::Connection;

const HTML: &str = "<html><body><h1>Something is wrong</h1></body></html>";
const DRIP_EVERY: Duration = Duration::from_millis(500);

/// A body at once, or one that never ends.
type ReplyBody = Either<Full<Bytes>, Dripping>;
/// An error cuts the connection.
type Replied = io::Result<Response<ReplyBody>>;

/// The Redis behind it. One connection, since one command after the other is all that Redis runs.
pub(super) struct Database {
    socket: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Database {
    pub(super) fn at(socket: PathBuf) -> Self {
        Self { socket, connection: Mutex::default() }
    }

    /// Runs what was asked, on a new connection if the last one broke.
    fn run(&self, asked: &Asked) -> io::Result<Answered> {
        let mut connection = self.connection.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut redis = match connection.take() {
            Some(redis) => redis,
            None => Connection::open(&self.socket)?,
        };
        let answered = asked.run(&mut redis)?;
        *connection = Some(redis);
        Ok(answered)
    }
}

/// Takes connections until the runtime ends.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, shared.clone()));
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = shared.clone();
        // A task of its own: what arrived runs, even if the client hangs up meanwhile.
        async move { tokio::spawn(answer(request, shared)).await.map_err(io::Error::other)? }
    });
    // A client that hangs up, or is hung up on, is no failure of the server.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Replied {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (sync_token, encoding) = (header("upstash-sync-token"), header("upstash-encoding"));
    let authorization = header("authorization");
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if ![Method::GET, Method::HEAD, Method::POST, Method::PUT].contains(&head.method) {
        return Ok(json(refusal(405, "ERR method not allowed")));
    }
    let query = head.uri.query().unwrap_or_default();
    if !is_allowed(&shared.token, authorization.as_deref(), query) {
        return Ok(json(unauthorized()));
    }
    let asked = match Asked::parse(head.uri.path(), query, &String::from_utf8_lossy(&body)) {
        Ok(asked) => asked,
        Err(refused) => return Ok(json(refused)),
    };
    let fault = shared.faults.take(&asked.commands);
    let (place, answered_token) = shared.journal.note(head.uri.path(), &asked.commands, sync_token);
    let is_base64 = encoding.as_deref() == Some("base64");
    let mut reply = act(asked, place, fault, is_base64, shared).await?;
    reply.headers_mut().insert("upstash-sync-token", answered_token.parse().map_err(io::Error::other)?);
    Ok(reply)
}

fn is_allowed(token: &str, authorization: Option<&str>, query: &str) -> bool {
    let in_query = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "_token");
    authorization == Some(&format!("Bearer {token}")) || in_query.is_some_and(|(_, shown)| shown == token)
}

/// Runs what was asked, or not, and answers, or not, as `fault` has it.
async fn act(
    asked: Asked,
    place: usize,
    fault: Option<FaultKind>,
    is_base64: bool,
    shared: Arc<Shared>,
) -> Replied {
    match fault {
        Some(FaultKind::CutBefore) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::Status(status)) => return Ok(html(status)),
        Some(FaultKind::Unauthorized) => return Ok(json(unauthorized())),
        Some(FaultKind::QuotaExceeded) => {
            let said = "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001.";
            return Ok(json(refusal(400, said)));
        }
        Some(FaultKind::RunLate(pause)) => sleep(pause).await,
        _ => {}
    }
    let ran = tokio::task::spawn_blocking(move || {
        // A thread's sleep, which is exact; the runtime's is rounded up to milliseconds.
        thread::sleep(shared.half_round_trip());
        let ran = shared.database.run(&asked);
        shared.journal.note_run(place);
        thread::sleep(shared.half_round_trip());
        ran
    });
    let ran = ran.await.map_err(io::Error::other)?;
    let Ok((status, body)) = ran else { return Ok(html(500)) };
    match fault {
        Some(FaultKind::CutAfter) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::StatusAfter(status)) => Ok(html(status)),
        Some(FaultKind::Garbage) => Ok(whole(status, "application/json", "{\"result\": [1, ".into())),
        Some(FaultKind::Drip) => Ok(Response::new(Either::Right(Dripping(interval(DRIP_EVERY))))),
        Some(FaultKind::AnswerLate(pause)) => {
            sleep(pause).await;
            Ok(json((status, body)))
        }
        _ => Ok(json((status, if is_base64 { rest::in_base64(body) } else { body }))),
    }
}

fn unauthorized() -> Answered {
    refusal(401, "WRONGPASS invalid or missing auth token")
}

fn json((status, body): Answered) -> Response<ReplyBody> {
    whole(status, "application/json", body.to_string())
}

fn html(status: u16) -> Response<ReplyBody> {
    whole(status, "text/html", HTML.to_owned())
}

fn whole(status: u16, content_type: &str, body: String) -> Response<ReplyBody> {
    let reply = Response::builder().status(status).header("content-type", content_type);
    reply.body(Either::Left(Full::from(body))).expect("status and type are valid")
}

/// A body of one space after the other.
struct Dripping(Interval);

impl Body for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}
