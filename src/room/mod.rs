//! The room's object: the one authority over its room, and its one writer.
//!
//! Here are the platform's five handlers. What they lead to: `api` answers requests, `talk` hears frames, `turns` sees to it
//! that one thing happens at a time and that the room ends; what a room decides is in [`actions`], without a platform.

mod actions;
mod api;
mod eager;
mod limits;
mod live;
mod queue;
pub mod sockets;
mod talk;
mod turns;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use worker::{
    DurableObject, Env, Request, Response, State, WebSocket, WebSocketRequestResponsePair, durable_object,
    wasm_bindgen_futures::future_to_promise, web_sys,
};

use crate::{
    clock,
    config::Config,
    domain::{NewMessage, RoomId, Seq},
    error::{ApiError, close},
    http, log, settings,
    store::Store,
};
use actions::SendResult;
use limits::Limits;
use live::Live;
use queue::Queue;

/// When to try again to end a room that the store would not let go.
const RETRY_END: Duration = Duration::from_secs(10);

/// When to look for what late writes left after an end in doubt. Less than the ten seconds after which an idle object is forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How often: together about as long as a network may keep a request.
const SWEEPS: u32 = 6;

/// One room, as the platform sees it. What it leads to outlives a handler that waits for the store.
///
/// `alarm`: the handlers of sockets are below, and not the macro's.
#[durable_object(alarm)]
pub struct Room(Rc<Inner>);

/// One room.
struct Inner {
    state: State,
    setup: Result<Setup, ApiError>,
    queue: Queue<NewMessage, SendResult>,
    /// Taken out while an operation runs. An operation that fails or vanishes leaves nothing, and the next one loads.
    live: RefCell<Option<Live>>,
    /// Up to here everybody was told.
    told: Cell<Option<Seq>>,
    /// A participant wants it to end, and nobody knows yet whether the store heard of that.
    is_unwanted: Cell<bool>,
    /// How often it is still looked for what late writes may have left of the room.
    sweeps_left: Cell<u32>,
    limits: RefCell<Limits>,
}

/// What a room is given once and keeps.
struct Setup {
    id: RoomId,
    config: Config,
    store: Store,
}

impl DurableObject for Room {
    fn new(state: State, env: Env) -> Self {
        Self(Rc::new(Inner::new(state, &env)))
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        self.0.fetch(&mut request).await
    }

    /// Comes at the room's end, or where its end was before something happened in it.
    async fn alarm(&self) -> worker::Result<Response> {
        match self.0.end_or_wait().await {
            Ok(()) => {}
            Err(error) => {
                log::trouble(&error);
                self.0.state.storage().set_alarm(RETRY_END).await?;
            }
        }
        Response::empty()
    }
}

/// The macro's own would make a promise of each frame and run it later, at a tenth of the time that a message takes. These
/// run at once, and are a promise only if something has to be waited for.
#[wasm_bindgen]
impl Room {
    /// A frame came.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn websocket_message(&self, socket: web_sys::WebSocket, frame: JsValue) -> JsValue {
        let (room, socket) = (self.0.clone(), WebSocket::from(socket));
        run_now(async move {
            if let Err(error) = room.hear(&socket, frame.as_string()).await {
                sockets::close_for(&socket, &error);
            }
        })
    }

    /// A peer closed its socket, or its connection was lost.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn websocket_close(&self, socket: web_sys::WebSocket) -> JsValue {
        let (room, socket) = (self.0.clone(), WebSocket::from(socket));
        // Without our part the runtime keeps the peer waiting, and cuts it off in the end.
        sockets::close(&socket, close::NORMAL, "");
        run_now(async move { room.see_off(&socket).await })
    }

    /// A socket failed.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn websocket_error(&self, socket: web_sys::WebSocket) -> JsValue {
        let (room, socket) = (self.0.clone(), WebSocket::from(socket));
        run_now(async move { room.see_off(&socket).await })
    }
}

/// Nothing where all is done, and otherwise a promise of the rest.
fn run_now(work: impl Future<Output = ()> + 'static) -> JsValue {
    match eager::start(work) {
        Ok(()) => JsValue::UNDEFINED,
        Err(rest) => future_to_promise(async move {
            rest.await;
            Ok(JsValue::UNDEFINED)
        })
        .into(),
    }
}

impl Inner {
    fn new(state: State, env: &Env) -> Self {
        if let Ok(pair) = WebSocketRequestResponsePair::new("ping", "pong") {
            state.set_websocket_auto_response(&pair);
        }
        let setup = Setup::read(&state, env);
        let rate = setup.as_ref().map_or(0, |setup| setup.config.message_rate_per_second);
        Self {
            state,
            setup,
            queue: Queue::default(),
            live: RefCell::default(),
            told: Cell::default(),
            is_unwanted: Cell::default(),
            sweeps_left: Cell::default(),
            limits: Limits::new(rate).into(),
        }
    }

    async fn fetch(&self, request: &mut Request) -> worker::Result<Response> {
        let (started, route) = (clock::now(), http::route(request));
        let answered = self.answer(request).await;
        let store = self.setup.as_ref().map_or("", |setup| setup.config.store_name());
        log::request(route.ok(), started, store, answered.as_ref().map(Response::status_code));
        answered.or_else(|error| http::refuse(request, &error))
    }
}

impl Setup {
    fn read(state: &State, env: &Env) -> Result<Self, ApiError> {
        let config = settings::read(env)?;
        let id = state.id().name().as_deref().and_then(RoomId::parse).ok_or(ApiError::Internal)?;
        let store = settings::store(&config, state, &id);
        Ok(Self { id, config, store })
    }
}
