//! Which cross-origin requests are refused, and which IP addresses share one limit.

use std::net::IpAddr;

use super::ApiError;

/// Fails with `BadOrigin` unless the header `origin` has the scheme, the host and the port of this server. A request
/// without the header passes: it does not come from a page.
///
/// `host` is the `Host` header, which has host and port as the browser sees them; `url` provides the scheme.
pub fn check(origin: Option<&str>, url: &str, host: Option<&str>) -> Result<(), ApiError> {
    let Some(origin) = origin else { return Ok(()) };
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let own = host.map(|host| format!("{scheme}://{host}").to_ascii_lowercase());
    if own.as_deref() == Some(origin.to_ascii_lowercase().as_str()) {
        Ok(())
    } else {
        Err(ApiError::BadOrigin)
    }
}

/// The key under which an address is counted: an IPv4 address, or the /64 network of an IPv6 address.
pub fn limit_key(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        Ok(IpAddr::V4(_)) => address.to_owned(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_must_all_be_the_same() {
        let from = |origin| check(Some(origin), "https://duet.example/api/room", Some("duet.example"));

        assert_eq!(from("https://duet.example"), Ok(()));
        assert_eq!(from("https://DUET.example"), Ok(()));
        for origin in [
            "http://duet.example",
            "https://duet.example:8443",
            "https://evil.example",
            "null",
            "",
            "duet.example",
        ] {
            assert_eq!(from(origin), Err(ApiError::BadOrigin), "{origin}");
        }
    }

    #[test]
    fn a_request_without_an_origin_passes_and_one_without_a_host_does_not() {
        assert_eq!(check(None, "https://duet.example/", None), Ok(()));
        assert_eq!(check(Some("https://"), "https://duet.example/", None), Err(ApiError::BadOrigin));
    }

    #[test]
    fn an_ipv6_address_counts_by_its_network_and_an_ipv4_address_alone() {
        assert_eq!(limit_key("2001:db8:1:2:3:4:5:6"), limit_key("2001:db8:1:2:ffff::1"));
        assert_ne!(limit_key("2001:db8:1:2::1"), limit_key("2001:db8:1:3::1"));
        assert_ne!(limit_key("192.0.2.1"), limit_key("192.0.2.2"));
        assert_eq!(limit_key("not an address"), limit_key(""));
    }
}
