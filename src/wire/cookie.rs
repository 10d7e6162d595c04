//! The cookie that holds a browser's token.

use cookie::{Cookie, SameSite, time::Duration};

use crate::domain::Token;

/// The only cookie. A browser sends the same token to all its rooms; each room stores a different digest of it.
pub const COOKIE_NAME: &str = "x-auth-token";

/// Reads the caller's token: `Authorization: Bearer` first, then the cookie. A malformed token counts as absent.
pub fn token_of(authorization: Option<&str>, cookies: Option<&str>) -> Option<Token> {
    authorization.and_then(bearer).or_else(|| cookies.and_then(from_cookies))
}

fn bearer(header: &str) -> Option<Token> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::parse(token.trim())).flatten()
}

fn from_cookies(header: &str) -> Option<Token> {
    // `Cookie::parse` reads `Set-Cookie` with its dates, and would be a tenth of the Worker's size for a split.
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE_NAME).find_map(|(_, value)| Token::parse(value))
}

/// The value of the `Set-Cookie` header.
///
/// `SameSite` is Lax, because with Strict a link opened from another app arrives without the cookie, and the
/// participant finds their own room full. `Secure` is set if the page itself was loaded over https.
pub fn set_cookie(token: &Token, max_age_seconds: u64, is_https: bool) -> String {
    let mut cookie = Cookie::build((COOKIE_NAME, token.expose()))
        .http_only(true)
        .same_site(SameSite::Lax)
        .path("/api")
        .max_age(Duration::seconds(i64::try_from(max_age_seconds).unwrap_or(i64::MAX)));
    if is_https {
        cookie = cookie.secure(true);
    }
    cookie.build().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(letter: &str) -> Token {
        Token::parse(&format!("{}A", letter.repeat(42))).unwrap()
    }

    #[test]
    fn the_cookie_is_found_among_others_and_a_malformed_one_is_skipped() {
        let header = format!("a=b; {COOKIE_NAME}=short; {COOKIE_NAME}={}; z", token("B").expose());

        assert_eq!(token_of(None, Some(&header)), Some(token("B")));
        assert_eq!(token_of(None, Some("x-auth-token=")), None);
        assert_eq!(token_of(None, None), None);
    }

    #[test]
    fn a_bearer_token_comes_before_the_cookie() {
        let cookie = format!("{COOKIE_NAME}={}", token("B").expose());

        let bearer = format!("bearer {}", token("C").expose());
        assert_eq!(token_of(Some(&bearer), Some(&cookie)), Some(token("C")));
        assert_eq!(token_of(Some("Basic abc"), Some(&cookie)), Some(token("B")));
    }

    #[test]
    fn the_cookie_is_for_the_api_only_and_secure_on_https() {
        let value = token("D").expose().to_owned();

        let plain = set_cookie(&token("D"), 86400, false);
        assert_eq!(plain, format!("x-auth-token={value}; HttpOnly; SameSite=Lax; Path=/api; Max-Age=86400"));
        assert!(set_cookie(&token("D"), 86400, true).contains("; Secure"));
    }
}
