//! How often one address may make rooms, take seats and look at rooms. The limits stand in wrangler.toml.

use std::net::{IpAddr, Ipv6Addr};

use worker::{Env, Request};

use crate::{error::ApiError, http, route::Route};

/// The period of the limits in wrangler.toml.
const PERIOD_SECONDS: u64 = 60;

/// Counts a request. Fails with `TooManyRequests` over the limit of its route.
pub async fn count(route: Route, request: &Request, env: &Env) -> Result<(), ApiError> {
    let Some(binding) = binding_of(route) else { return Ok(()) };
    let address = http::header(request, "cf-connecting-ip").unwrap_or_default();
    let outcome = env.rate_limiter(binding)?.limit(key(&address)).await?;
    if outcome.success {
        Ok(())
    } else {
        Err(ApiError::TooManyRequests { retry_after_seconds: PERIOD_SECONDS })
    }
}

fn binding_of(route: Route) -> Option<&'static str> {
    match route {
        Route::CreateRoom => Some("CREATE_LIMIT"),
        Route::JoinRoom => Some("JOIN_LIMIT"),
        Route::RoomStatus => Some("STATUS_LIMIT"),
        _ => None,
    }
}

/// What is counted: an IPv4 address, or the half of an IPv6 address that a household has to itself.
fn key(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_counts_with_its_neighbours_and_an_ipv4_address_alone() {
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("not an address"), key(""));
    }
}
