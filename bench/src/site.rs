//! A server that is measured, and how it is reached.

use std::time::Duration;

use duet_test_support::{Stack, upstash::Upstash};
use tokio::time::timeout;

use crate::{
    failure::Outcome,
    http::Client,
    process,
    talk::{Kind, Place},
};

const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// A running server.
pub struct Site {
    /// The Worker and its store.
    pub stack: Stack,
    /// Where it answers, as `host:port`.
    pub host: String,
    /// The workerd that runs the Worker; wrangler's own Workers run in another.
    pub workerd: u32,
}

impl Site {
    /// Finds the workerd of a stack, and its port.
    pub async fn of(stack: Stack, is_through_proxy: bool) -> Outcome<Self> {
        let outer_host = stack.base_url().trim_start_matches("http://").replace("localhost", "127.0.0.1");
        let (workerd, inner_host) = inner(&stack, &outer_host).await?;
        let host = if is_through_proxy { outer_host } else { inner_host };
        Ok(Self { stack, host, workerd })
    }

    /// Duet, if that is what it is.
    pub fn duet(&self) -> Place {
        self.place(Kind::Duet)
    }

    /// One of its ways to talk.
    pub fn place(&self, kind: Kind) -> Place {
        Place { host: self.host.clone(), kind, store: String::new() }
    }

    /// The floor's way to talk that asks the store of `upstash` for each frame.
    pub fn asking(&self, upstash: &Upstash) -> Place {
        let store = format!("{}/?_token={}", upstash.url(), upstash.token());
        Place { store, ..self.place(Kind::AskingRelay) }
    }
}

/// wrangler starts two workerds: one that it talks to itself and that names its port, and behind it the Worker's own.
async fn inner(stack: &Stack, outer_host: &str) -> Outcome<(u32, String)> {
    let outer_port: u16 = outer_host.rsplit(':').next().ok_or("no port")?.parse()?;
    for pid in process::members(stack.worker().process_group(), "workerd")? {
        let ports = process::listening_ports(pid)?;
        if ports.contains(&outer_port) {
            continue;
        }
        for port in ports {
            let host = format!("127.0.0.1:{port}");
            if matches!(timeout(PROBE_LIMIT, is_healthy(&host)).await, Ok(Ok(true))) {
                return Ok((pid, host));
            }
        }
    }
    Err("no workerd answers behind wrangler".into())
}

async fn is_healthy(host: &str) -> Outcome<bool> {
    Ok(Client::connect(host).await?.get("/api/health", None).await?.status == 200)
}
