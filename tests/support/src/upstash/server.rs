//! The HTTP server of the double. It applies the faults between request and answer.

use std::{
    convert::Infallible,
    io,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock},
    task::{Context, Poll},
    thread,
    time::Duration,
};

use http_body_util::{BodyExt, Either, Full};
use hyper::{
    Method, Request, Response,
    body::{Body, Bytes, Frame, Incoming},
    header::HeaderValue,
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
    rest::{RestRequest, RestResponse, error_response},
};
use crate::resp::Connection;

const HTML: &str = "<html><body><h1>Something is wrong</h1></body></html>";
const ENDLESS_BODY_INTERVAL: Duration = Duration::from_millis(500);

/// A complete body, or one that never ends.
type ReplyBody = Either<Full<Bytes>, EndlessBody>;
/// An error cuts the connection.
type HttpResult = io::Result<Response<ReplyBody>>;

/// The Redis behind the server. One connection is enough, because Redis runs one command after the other.
pub(super) struct Database {
    socket: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Database {
    pub(super) fn at(socket: PathBuf) -> Self {
        Self { socket, connection: Mutex::default() }
    }

    /// Runs a request, on a new connection if the last one broke.
    fn run(&self, request: &RestRequest) -> io::Result<RestResponse> {
        let mut connection = self.connection.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut redis = match connection.take() {
            Some(redis) => redis,
            None => Connection::open(&self.socket)?,
        };
        let response = request.run(&mut redis)?;
        *connection = Some(redis);
        Ok(response)
    }
}

/// Accepts connections until the runtime ends.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_connection(stream, shared.clone()));
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (shared, pending) = (shared.clone(), PendingAnswer::new(shared.clone()));
        let index = pending.index.clone();
        async move {
            // A task of its own, so that a request runs to its end even if the client hangs up.
            let result = tokio::spawn(answer(request, index, shared)).await.map_err(io::Error::other)?;
            drop(pending);
            result
        }
    });
    // A connection that either side cuts is not a failure of the server.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// An answer that a client waits for. Dropped when it is sent or when the client hangs up.
struct PendingAnswer {
    /// The request's index in the log, once it has one.
    index: Arc<OnceLock<usize>>,
    shared: Arc<Shared>,
}

impl PendingAnswer {
    fn new(shared: Arc<Shared>) -> Self {
        Self { index: Arc::default(), shared }
    }
}

impl Drop for PendingAnswer {
    fn drop(&mut self) {
        if let Some(index) = self.index.get() {
            self.shared.log.record_end(*index);
        }
    }
}

async fn answer(request: Request<Incoming>, index: Arc<OnceLock<usize>>, shared: Arc<Shared>) -> HttpResult {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    if head.method != Method::POST {
        return Ok(json(error_response(405, "ERR method not allowed")));
    }
    if !is_allowed(&shared.token, head.headers.get("authorization")) {
        return Ok(json(unauthorized()));
    }
    let path = head.uri.path();
    let request = match RestRequest::parse(path, &String::from_utf8_lossy(&body)) {
        Ok(request) => Arc::new(request),
        Err(response) => return Ok(json(response)),
    };
    let fault = shared.faults.take(&request.commands);
    let index = *index.get_or_init(|| shared.log.record(path, &request.commands, body.len()));
    run_with_fault(request, index, fault, shared).await
}

fn is_allowed(token: &str, authorization: Option<&HeaderValue>) -> bool {
    authorization.is_some_and(|header| header.as_bytes() == format!("Bearer {token}").as_bytes())
}

/// Runs the request and answers it, as far as `fault` allows.
async fn run_with_fault(
    request: Arc<RestRequest>,
    index: usize,
    fault: Option<FaultKind>,
    shared: Arc<Shared>,
) -> HttpResult {
    match fault {
        Some(FaultKind::CutBefore) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::Status(status)) => return Ok(html(status)),
        Some(FaultKind::StatusBefore(status, pause)) => {
            run_after(pause, request, index, shared);
            return Ok(html(status));
        }
        Some(FaultKind::RedirectTo(port)) => return Ok(redirect_to(port)),
        Some(FaultKind::Unauthorized) => return Ok(json(unauthorized())),
        Some(FaultKind::QuotaExceeded) => {
            let message = "ERR max daily request limit exceeded. Limit: 10000, Usage: 10001.";
            return Ok(json(error_response(400, message)));
        }
        Some(FaultKind::RunLate(pause)) => sleep(pause).await,
        _ => {}
    }
    let Ok((status, body)) = run(request.clone(), index, shared.clone()).await else { return Ok(html(500)) };
    match fault {
        Some(FaultKind::CutAfter) => Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::RunTwice(pause)) => {
            run_after(pause, request, index, shared);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Some(FaultKind::StatusAfter(status)) => Ok(html(status)),
        Some(FaultKind::Garbage) => {
            Ok(complete_response(status, "application/json", "{\"result\": [1, ".into()))
        }
        Some(FaultKind::EndlessBody) => {
            Ok(Response::new(Either::Right(EndlessBody(interval(ENDLESS_BODY_INTERVAL)))))
        }
        Some(FaultKind::AnswerLate(pause)) => {
            sleep(pause).await;
            Ok(json((status, body)))
        }
        _ => Ok(json((status, body))),
    }
}

/// Runs the request after half the network delay, and returns after the other half.
async fn run(request: Arc<RestRequest>, index: usize, shared: Arc<Shared>) -> io::Result<RestResponse> {
    let run = move || {
        // A thread's sleep is exact; the runtime rounds its own up to milliseconds.
        thread::sleep(shared.half_round_trip());
        let result = shared.database.run(&request);
        if result.is_ok() {
            shared.log.record_run(index);
        }
        thread::sleep(shared.half_round_trip());
        result
    };
    tokio::task::spawn_blocking(run).await.map_err(io::Error::other)?
}

/// Runs the request after `pause`. Nobody waits for the answer.
fn run_after(pause: Duration, request: Arc<RestRequest>, index: usize, shared: Arc<Shared>) {
    tokio::spawn(async move {
        sleep(pause).await;
        // There is nobody to report a failure to.
        let _ = run(request, index, shared).await;
    });
}

fn unauthorized() -> RestResponse {
    error_response(401, "WRONGPASS invalid or missing auth token")
}

fn json((status, body): RestResponse) -> Response<ReplyBody> {
    complete_response(status, "application/json", body.to_string())
}

fn html(status: u16) -> Response<ReplyBody> {
    complete_response(status, "text/html", HTML.to_owned())
}

fn redirect_to(port: u16) -> Response<ReplyBody> {
    let mut response = html(307);
    let location = format!("http://127.0.0.1:{port}/").parse().expect("an address is a valid header");
    response.headers_mut().insert("location", location);
    response
}

fn complete_response(status: u16, content_type: &str, body: String) -> Response<ReplyBody> {
    let reply = Response::builder().status(status).header("content-type", content_type);
    reply.body(Either::Left(Full::from(body))).expect("status and type are valid")
}

/// A body of single spaces, one at each tick.
struct EndlessBody(Interval);

impl Body for EndlessBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}
