//! The room's object: the one authority over its room, and its one writer.
//!
//! Here are the platform's five handlers. What they lead to: `api` answers requests, `talk` hears frames, `turns` sees to it
//! that one thing happens at a time and that the room ends; what a room decides is in [`actions`], without a platform.

mod actions;
mod api;
mod limits;
mod live;
mod queue;
pub mod sockets;
mod talk;
mod turns;

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use worker::{
    DurableObject, Env, Error, Request, Response, State, WebSocket, WebSocketIncomingMessage,
    WebSocketRequestResponsePair, durable_object, wasm_bindgen,
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

/// One room.
#[durable_object]
pub struct Room {
    state: State,
    setup: Result<Setup, ApiError>,
    queue: Queue<NewMessage, SendResult>,
    /// Taken out while an operation runs. An operation that fails or vanishes leaves nothing, and the next one loads.
    live: RefCell<Option<Live>>,
    /// Up to here everybody was told.
    told: Cell<Option<Seq>>,
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
        if let Ok(pair) = WebSocketRequestResponsePair::new("ping", "pong") {
            state.set_websocket_auto_response(&pair);
        }
        let setup = Setup::read(&state, &env);
        let rate = setup.as_ref().map_or(0, |setup| setup.config.message_rate_per_second);
        Self {
            state,
            setup,
            queue: Queue::default(),
            live: RefCell::default(),
            told: Cell::default(),
            limits: Limits::new(rate).into(),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let (started, route) = (clock::now(), http::route(&request));
        let answered = self.answer(&mut request).await;
        let store = self.setup.as_ref().map_or("", |setup| setup.config.store_name());
        log::request(route.ok(), started, store, answered.as_ref().map(Response::status_code));
        answered.or_else(|error| http::refuse(&request, &error))
    }

    /// Comes at the room's end, or where its end was before something happened in it.
    async fn alarm(&self) -> worker::Result<Response> {
        match self.end_or_wait().await {
            Ok(()) => {}
            Err(error) => {
                log::trouble(&error);
                self.state.storage().set_alarm(RETRY_END).await?;
            }
        }
        Response::empty()
    }

    async fn websocket_message(
        &self,
        socket: WebSocket,
        raw: WebSocketIncomingMessage,
    ) -> worker::Result<()> {
        match self.hear(&socket, raw).await {
            Ok(()) => {}
            Err(error) => sockets::close_for(&socket, &error),
        }
        Ok(())
    }

    async fn websocket_close(&self, socket: WebSocket, _: usize, _: String, _: bool) -> worker::Result<()> {
        // Without our part the runtime keeps the peer waiting, and cuts it off in the end.
        sockets::close(&socket, close::NORMAL, "");
        self.see_off(&socket).await;
        Ok(())
    }

    async fn websocket_error(&self, socket: WebSocket, _: Error) -> worker::Result<()> {
        self.see_off(&socket).await;
        Ok(())
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
