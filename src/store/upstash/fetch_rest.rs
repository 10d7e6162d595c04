//! Upstash's REST API, reached with fetch.

use std::time::Duration;

use futures_util::{
    FutureExt,
    future::{Either, LocalBoxFuture, select},
};
use wasm_bindgen::JsValue;
use worker::{AbortController, AbortSignal, Date, Delay, Fetch, Headers, Method, Request, RequestInit};

use super::{Rest, RestReply, RestRequest};
use crate::{config::UpstashConfig, domain::EpochMs};

/// Sends to one database.
pub struct FetchRest(UpstashConfig);

impl FetchRest {
    /// Sends to the database that `config` names.
    pub fn new(config: UpstashConfig) -> Self {
        Self(config)
    }

    fn request(&self, request: RestRequest) -> worker::Result<Request> {
        let headers = Headers::new();
        headers.set("authorization", &format!("Bearer {}", self.0.rest_token))?;
        headers.set("content-type", "application/json")?;
        if let Some(token) = request.sync_token {
            headers.set("upstash-sync-token", &token)?;
        }
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_headers(headers)
            .with_body(Some(JsValue::from_str(&request.body)));
        Request::new_with_init(&format!("{}{}", self.0.rest_url, request.path), &init)
    }
}

async fn exchange(request: Request, signal: &AbortSignal) -> worker::Result<RestReply> {
    let mut response = Fetch::Request(request).send_with_signal(signal).await?;
    let sync_token = response.headers().get("upstash-sync-token")?;
    Ok(RestReply { status: response.status_code(), body: response.text().await?, sync_token })
}

impl Rest for FetchRest {
    fn post(&self, request: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>> {
        Box::pin(async move {
            let timeout = Delay::from(request.timeout);
            let request = self.request(request).ok()?;
            let controller = AbortController::default();
            let signal = controller.signal();
            let exchange = exchange(request, &signal).boxed_local();
            // Whichever loses is dropped: a timer left behind would keep the room awake, and billed.
            match select(exchange, timeout).await {
                Either::Left((reply, _)) => reply.ok(),
                Either::Right(((), unfinished)) => {
                    drop(unfinished);
                    controller.abort();
                    None
                }
            }
        })
    }

    fn pause(&self, pause: Duration) -> LocalBoxFuture<'_, ()> {
        Box::pin(Delay::from(pause))
    }

    fn now(&self) -> EpochMs {
        EpochMs(Date::now().as_millis())
    }

    fn jitter(&self) -> f64 {
        js_sys::Math::random()
    }
}
