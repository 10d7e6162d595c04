//! The room's Durable Object: the platform's handlers and the code that carries out the room's effects.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, abortable};
use js_sys::JsString;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{
    AbortController, Delay, DurableObject, Env, Request, Response, State, WebSocket, WebSocketPair,
    durable_object, wasm_bindgen_futures::spawn_local, web_sys,
};

use super::{clock, database, env, http, log, sockets::Sockets, storage::ObjectStorage};
use crate::{
    config::Config,
    domain::{RoomId, SocketId, Token},
    replica::{Reply, RequestId, RestRequest},
    room::{self, CallId, Effects, Event, Frame, OutputEffect},
    wire::{Answer, ApiError, Route, cookie, limits::MAX_FRAME_BYTES},
};

/// The Durable Object of one room.
///
/// The macro generates the `alarm` handler only; the socket handlers are written below.
#[durable_object(alarm)]
pub struct Room(Result<Rc<HostedRoom>, ApiError>);

/// What the object holds in memory.
struct HostedRoom {
    state: State,
    id: RoomId,
    /// With a wrong setting, every call fails, but the room must still expire.
    config: Result<Config, ApiError>,
    room: RefCell<room::Room>,
    effects: RefCell<Effects>,
    storage: ObjectStorage,
    sockets: Sockets,
    calls: RefCell<Vec<(CallId, PendingCall)>>,
    next_call: Cell<u64>,
    fetches: RefCell<Vec<(RequestId, AbortController)>>,
    timer: RefCell<Option<AbortHandle>>,
}

/// A call that waits for its answer, and the server's end of the socket that it requested.
struct PendingCall {
    answer: oneshot::Sender<Result<Answer, ApiError>>,
    socket: Option<WebSocket>,
}

impl DurableObject for Room {
    fn new(state: State, env: Env) -> Self {
        Self(HostedRoom::new(state, &env).map(Rc::new))
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (started, route) = (clock::now(), http::route(&request));
        let (store, answered) = match &self.0 {
            Ok(hosted) => (hosted.store_name(), hosted.answer(&mut request).await),
            Err(error) => ("", Err(error.clone())),
        };
        log::call(route.ok(), started, store, answered.as_ref().map(Response::status_code));
        answered.or_else(|error| http::error(&error))
    }

    async fn alarm(&self) -> worker::Result<Response> {
        if let Ok(hosted) = &self.0 {
            hosted.handle(Event::Alarm);
        }
        Response::empty()
    }
}

/// The macro's handlers would turn each frame into a promise and run it later, which takes a tenth of a message's time.
#[wasm_bindgen]
impl Room {
    /// A client sent a frame.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn websocket_message(&self, socket: web_sys::WebSocket, frame: JsValue) {
        let Ok(hosted) = &self.0 else { return };
        let socket = WebSocket::from(socket);
        match hosted.sockets.id_of(&socket) {
            Some(id) => hosted.on_frame(id, &frame),
            None => super::sockets::close_one(&socket, ApiError::NotAParticipant.close()),
        }
    }

    /// The client closed its socket, or its connection was lost.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn websocket_close(&self, socket: web_sys::WebSocket) {
        if let Ok(hosted) = &self.0 {
            hosted.on_closed(&WebSocket::from(socket));
        }
    }

    /// A socket failed.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn websocket_error(&self, socket: web_sys::WebSocket) {
        self.websocket_close(socket);
    }
}

impl HostedRoom {
    fn new(state: State, env: &Env) -> Result<Self, ApiError> {
        let id = state.id().name().as_deref().and_then(RoomId::parse).ok_or(ApiError::Internal)?;
        let config = env::read(env);
        let settings = config.as_ref().map_or_else(|_| Config::default().room(), Config::room);
        let storage = ObjectStorage::new(&state).map_err(|_| ApiError::Internal)?;
        let (sockets, owners) = Sockets::restore(&state);
        Ok(Self {
            room: room::Room::new(id.clone(), settings, owners).into(),
            effects: RefCell::default(),
            calls: RefCell::default(),
            next_call: Cell::default(),
            fetches: RefCell::default(),
            timer: RefCell::default(),
            state,
            id,
            config,
            storage,
            sockets,
        })
    }

    fn store_name(&self) -> &'static str {
        self.config.as_ref().map_or("", Config::store_name)
    }

    /// Passes an event to the room and carries out the effects.
    fn handle(self: &Rc<Self>, event: Event<'_>) {
        // Nothing below calls this function again before it returns, so the effects can be taken.
        let mut effects = self.effects.take();
        self.room.borrow_mut().handle(event, clock::now(), &self.storage, &mut effects);
        effects.storage.drain(..).for_each(|effect| self.storage.apply(effect));
        effects.output.drain(..).for_each(|effect| self.apply(effect));
        self.effects.replace(effects);
    }

    fn apply(self: &Rc<Self>, effect: OutputEffect) {
        match effect {
            OutputEffect::Respond(call, answer) => self.respond(call, answer),
            OutputEffect::AcceptSocket { call, socket, participant } => {
                let mut calls = self.calls.borrow_mut();
                let pending = calls.iter_mut().find(|(known, _)| *known == call);
                if let Some(server) = pending.and_then(|(_, pending)| pending.socket.take()) {
                    self.sockets.accept(&self.state, socket, &participant, server);
                }
            }
            OutputEffect::Send { to, frame } => self.sockets.send(&to, &frame),
            OutputEffect::Close(sockets, close) => self.sockets.close(&sockets, close),
            OutputEffect::Fetch(id, request) => self.fetch(id, request),
            OutputEffect::AbortFetch(id) => {
                if let Some(controller) = take(&self.fetches, id) {
                    controller.abort();
                }
            }
            OutputEffect::SetTimer(at) => self.set_timer(at.ms_since(clock::now())),
            OutputEffect::Log(entry) => log::entry(entry),
        }
    }

    fn respond(&self, call: CallId, answer: Result<Answer, ApiError>) {
        if let Some(pending) = take(&self.calls, call) {
            // The caller may have hung up.
            let _ = pending.answer.send(answer);
        }
    }

    fn fetch(self: &Rc<Self>, id: RequestId, request: RestRequest) {
        let Ok(Some(database)) = self.config.as_ref().map(|config| config.upstash.clone()) else { return };
        let controller = AbortController::default();
        let signal = controller.signal();
        self.fetches.borrow_mut().push((id, controller));
        let hosted = self.clone();
        spawn_local(async move {
            let reply = database::send(&database, request, signal).await;
            if take(&hosted.fetches, id).is_some() {
                let reply = reply.as_ref().map(|reply| Reply { status: reply.status, body: &reply.body });
                hosted.handle(Event::Reply { request: id, reply });
            }
        });
    }

    fn set_timer(self: &Rc<Self>, ms: u64) {
        let hosted = self.clone();
        let (timer, handle) = abortable(async move {
            Delay::from(Duration::from_millis(ms)).await;
            hosted.handle(Event::Timer);
        });
        if let Some(earlier) = self.timer.replace(Some(handle)) {
            earlier.abort();
        }
        spawn_local(async {
            // The result of an aborted timer is irrelevant.
            let _ = timer.await;
        });
    }

    fn on_frame(self: &Rc<Self>, socket: SocketId, frame: &JsValue) {
        // The length is checked before the text is copied, because this wasm memory never shrinks.
        let is_too_large =
            frame.dyn_ref::<JsString>().is_some_and(|text| text.length() as usize > MAX_FRAME_BYTES);
        let text = if is_too_large { None } else { frame.as_string() };
        let frame = match text.as_deref() {
            _ if is_too_large => Frame::TooLarge,
            Some(text) if text.len() > MAX_FRAME_BYTES => Frame::TooLarge,
            Some(text) => Frame::Text(text),
            None => Frame::Binary,
        };
        self.handle(Event::Frame { socket, frame });
    }

    fn on_closed(self: &Rc<Self>, socket: &WebSocket) {
        if let Some(socket) = self.sockets.on_closed(socket) {
            self.handle(Event::SocketClosed { socket });
        }
    }

    /// Answers a request that the Worker forwarded.
    async fn answer(self: &Rc<Self>, request: &mut Request) -> Result<Response, ApiError> {
        let config = self.config.clone()?;
        let route = http::route(request)?;
        let random = clock::random()?;
        let known = http::token(request);
        let token = known.clone().unwrap_or_else(|| Token::from_random(random));
        let seat = Some(token.seat_in(&self.id));
        if route == Route::Realtime {
            return self.open_socket(seat).await;
        }
        let call_request = http::read(request, route, known.is_some()).await?;
        let answer = self.ask(None, |call| Event::Request { call, seat, request: call_request }).await?;
        let response = http::answer(&answer)?;
        // A join renews the cookie, which must outlive the room.
        if route == Route::JoinRoom || (known.is_none() && !route.needs_token()) {
            let max_age_seconds = config.room_max_lifetime_seconds;
            let value = cookie::set_cookie(&token, max_age_seconds, http::is_https(request));
            response.headers().set("set-cookie", &value)?;
        }
        Ok(response)
    }

    async fn open_socket(
        self: &Rc<Self>,
        seat: Option<crate::domain::SeatDigest>,
    ) -> Result<Response, ApiError> {
        let pair = WebSocketPair::new()?;
        self.ask(Some(pair.server), |call| Event::SocketRequested { call, seat }).await?;
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Passes a call to the room and waits for its answer.
    async fn ask(
        self: &Rc<Self>,
        socket: Option<WebSocket>,
        event: impl FnOnce(CallId) -> Event<'static>,
    ) -> Result<Answer, ApiError> {
        let call = CallId(self.next_call.get());
        self.next_call.set(call.0 + 1);
        let (answer, answered) = oneshot::channel();
        self.calls.borrow_mut().push((call, PendingCall { answer, socket }));
        self.handle(event(call));
        answered.await.unwrap_or(Err(ApiError::Internal))
    }
}

/// Removes and returns the value of `key` from a short list.
fn take<K: PartialEq, V>(list: &RefCell<Vec<(K, V)>>, key: K) -> Option<V> {
    let mut list = list.borrow_mut();
    let index = list.iter().position(|(known, _)| *known == key)?;
    Some(list.swap_remove(index).1)
}
