//! Calls Upstash's REST API with the platform's `fetch`.

use js_sys::global;
use wasm_bindgen::{JsCast, JsValue};
use worker::{
    AbortSignal,
    wasm_bindgen_futures::JsFuture,
    web_sys::{Headers, RequestInit, RequestRedirect, Response, WorkerGlobalScope},
};

use crate::{config::UpstashConfig, replica::RestRequest};

/// An HTTP answer.
pub struct DatabaseReply {
    /// The HTTP status.
    pub status: u16,
    /// The body, unparsed.
    pub body: String,
}

/// Sends a request. `None`: no answer arrived. There is no timeout here; the owner of `signal` decides when to abort.
pub async fn send(
    database: &UpstashConfig,
    request: RestRequest,
    signal: AbortSignal,
) -> Option<DatabaseReply> {
    exchange(database, request, signal).await.ok()
}

/// Uses the platform's own `fetch`, because `worker` reads an answer as a stream of chunks, which takes three waits
/// instead of one.
async fn exchange(
    database: &UpstashConfig,
    request: RestRequest,
    signal: AbortSignal,
) -> Result<DatabaseReply, JsValue> {
    let headers = Headers::new()?;
    headers.set("authorization", &format!("Bearer {}", database.rest_token))?;
    headers.set("content-type", "application/json")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers.into());
    init.set_body(&JsValue::from_str(&request.body));
    // A redirect would send the token to another address.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&signal));
    let url = format!("{}{}", database.rest_url, request.path);
    let scope: WorkerGlobalScope = global().unchecked_into();
    let answer = JsFuture::from(scope.fetch_with_str_and_init(&url, &init)).await?;
    let response: Response = answer.unchecked_into();
    let body = JsFuture::from(response.text()?).await?;
    Ok(DatabaseReply { status: response.status(), body: body.as_string().unwrap_or_default() })
}
