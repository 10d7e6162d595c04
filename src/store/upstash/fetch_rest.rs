//! Upstash's REST API, reached with fetch.

use std::time::Duration;

use futures_util::{
    FutureExt,
    future::{Either, LocalBoxFuture, select},
};
use js_sys::global;
use wasm_bindgen::{JsCast, JsValue};
use worker::{
    AbortController, AbortSignal, Delay,
    wasm_bindgen_futures::JsFuture,
    web_sys::{Headers, RequestInit, RequestRedirect, Response, WorkerGlobalScope},
};

use super::{Rest, RestReply, RestRequest};
use crate::{clock, config::UpstashConfig, domain::EpochMs};

/// Sends to one database.
pub struct FetchRest(UpstashConfig);

impl FetchRest {
    /// Sends to the database that `config` names.
    pub fn new(config: UpstashConfig) -> Self {
        Self(config)
    }

    fn headers(&self, sync_token: Option<String>) -> Result<Headers, JsValue> {
        let headers = Headers::new()?;
        headers.set("authorization", &format!("Bearer {}", self.0.rest_token))?;
        headers.set("content-type", "application/json")?;
        if let Some(token) = sync_token {
            headers.set("upstash-sync-token", &token)?;
        }
        Ok(headers)
    }

    /// The platform's own `fetch`, since `worker` would read the answer as a stream, chunk by chunk: three waits in place of one.
    async fn exchange(&self, request: RestRequest, signal: &AbortSignal) -> Result<RestReply, JsValue> {
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&self.headers(request.sync_token)?.into());
        init.set_body(&JsValue::from_str(&request.body));
        // The token is for this address alone.
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(signal));
        let url = format!("{}{}", self.0.rest_url, request.path);
        let scope: WorkerGlobalScope = global().unchecked_into();
        let answer = JsFuture::from(scope.fetch_with_str_and_init(&url, &init)).await?;
        let response: Response = answer.unchecked_into();
        let sync_token = response.headers().get("upstash-sync-token")?;
        let body = JsFuture::from(response.text()?).await?;
        Ok(RestReply { status: response.status(), body: body.as_string().unwrap_or_default(), sync_token })
    }
}

impl Rest for FetchRest {
    fn post(&self, request: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>> {
        Box::pin(async move {
            let timeout = Delay::from(request.timeout);
            let controller = AbortController::default();
            let signal = controller.signal();
            let exchange = self.exchange(request, &signal).boxed_local();
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
        clock::now()
    }

    fn jitter(&self) -> f64 {
        js_sys::Math::random()
    }
}
