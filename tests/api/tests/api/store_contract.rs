//! The store's own contract, which runs on the host in the Worker's unit tests, here against a real Redis behind the
//! REST API.

use std::time::Duration;

use duet::{
    domain::EpochMs,
    store::{
        Store, contract,
        upstash::{Rest, RestReply, RestRequest, Upstash},
    },
};
use duet_test_support::now_ms;
use futures_executor::block_on;
use futures_util::future::LocalBoxFuture;

use crate::world::World;

cases![every_case_of_the_store_contract_holds];

fn every_case_of_the_store_contract_holds(world: &World) {
    for (name, case) in contract::CASES {
        println!("{name}");
        let store = Upstash::new(HostRest::to(world), &contract::fresh_room());
        block_on(case(Store::Upstash(store)));
    }
}

/// Blocking HTTP, in place of the Worker's fetch.
struct HostRest {
    url: String,
    token: String,
}

impl HostRest {
    fn to(world: &World) -> Self {
        let upstash = world.main().upstash();
        Self { url: upstash.url(), token: upstash.token().to_owned() }
    }

    fn exchange(&self, request: &RestRequest) -> Option<RestReply> {
        let mut ask = ureq::post(format!("{}{}", self.url, request.path))
            .config()
            .http_status_as_error(false)
            .timeout_global(Some(request.timeout))
            .build()
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(token) = &request.sync_token {
            ask = ask.header("upstash-sync-token", token);
        }
        let mut reply = ask.send(&request.body).ok()?;
        let sync_token = reply.headers().get("upstash-sync-token");
        let sync_token = sync_token.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = reply.status().as_u16();
        Some(RestReply { status, body: reply.body_mut().read_to_string().ok()?, sync_token })
    }
}

impl Rest for HostRest {
    fn post(&self, request: RestRequest) -> LocalBoxFuture<'_, Option<RestReply>> {
        Box::pin(std::future::ready(self.exchange(&request)))
    }

    fn pause(&self, pause: Duration) -> LocalBoxFuture<'_, ()> {
        std::thread::sleep(pause);
        Box::pin(std::future::ready(()))
    }

    fn now(&self) -> EpochMs {
        EpochMs(now_ms())
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}
