//! Interprets the answers of Upstash's REST API.
//!
//! Its documentation defines: 200 with `{"result": …}`, or an array of these for a transaction; 400 with `{"error": …}`
//! for a command that did not run; 401 for a wrong token. Any other answer leaves open whether the commands ran.

use super::commands::Expected;
use crate::wire::fields::{Fields, Value};

/// An HTTP answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body, unparsed.
    pub body: &'a str,
}

/// Does not print the body, which may quote a command.
impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// What a reply means for the replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every command returned the expected result.
    AsExpected,
    /// The commands ran, but the keys are not what they should be.
    Differs,
    /// The commands did not run. Holds a cause that is safe to log.
    Refused(&'static str),
    /// It is unknown whether the commands ran or will run. Holds a cause that is safe to log.
    Unknown(&'static str),
}

/// Interprets a reply. `None`: no reply arrived.
pub(super) fn classify(reply: Option<Reply<'_>>, expected: &[Expected]) -> Outcome {
    let Some(reply) = reply else { return Outcome::Unknown("no answer came") };
    match reply.status {
        200 => classify_body(reply.body, expected),
        400 => Outcome::Refused("the database refused the command (400)"),
        401 => Outcome::Refused("the database refused the token (401)"),
        403..=405 => Outcome::Refused("the address is not that of an Upstash database (403, 404 or 405)"),
        429 => Outcome::Refused("the database has too much to do (429)"),
        _ => Outcome::Unknown("the database answered with an error"),
    }
}

fn classify_body(body: &str, expected: &[Expected]) -> Outcome {
    let Some(answers) = answers_in(body).filter(|answers| answers.len() == expected.len()) else {
        return Outcome::Unknown("the answer is not one of the REST API");
    };
    let is_expected = |(answer, expected): (&Fields, &Expected)| match (answer.get("result"), expected) {
        (None, _) => false,
        (Some(_), Expected::Anything) => true,
        (Some(result), Expected::Number(number)) => *result == Value::Whole(*number),
    };
    if answers.iter().zip(expected).all(is_expected) { Outcome::AsExpected } else { Outcome::Differs }
}

/// The one answer, or the answers of a transaction.
fn answers_in(body: &str) -> Option<Vec<Fields>> {
    match body.trim_start().starts_with('[') {
        true => serde_json::from_str(body).ok(),
        false => Some(vec![Fields::parse(body).ok()?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::RestRequest;

    fn classify_status_and_body(status: u16, body: &str) -> Outcome {
        classify(Some(Reply { status, body }), &[Expected::Number(7)])
    }

    #[test]
    fn debug_output_states_sizes_and_no_content() {
        let reply = Reply { status: 200, body: "secret" };
        let request = RestRequest { path: "/pipeline", body: "secret".to_owned() };

        assert_eq!(format!("{reply:?} {request:?}"), "Reply(200, 6 bytes) RestRequest(/pipeline, 6 bytes)");
    }

    #[test]
    fn only_the_expected_number_is_as_expected() {
        assert_eq!(classify_status_and_body(200, r#"{"result":7}"#), Outcome::AsExpected);
        assert_eq!(classify_status_and_body(200, r#"[{"result":7}]"#), Outcome::AsExpected);
        for body in [
            r#"{"result":6}"#,
            r#"{"result":"7"}"#,
            r#"{"result":18446744073709551615}"#,
            r#"{"error":"WRONGTYPE"}"#,
        ] {
            assert_eq!(classify_status_and_body(200, body), Outcome::Differs, "{body}");
        }
    }

    #[test]
    fn an_answer_of_unknown_form_leaves_the_outcome_unknown() {
        for (status, body) in
            [(200, "<html>"), (200, ""), (200, "[]"), (200, "7"), (500, "{}"), (502, "<html>")]
        {
            assert!(matches!(classify_status_and_body(status, body), Outcome::Unknown(_)), "{status} {body}");
        }
        assert!(matches!(classify(None, &[]), Outcome::Unknown(_)));
    }

    #[test]
    fn a_refused_command_did_not_run() {
        for status in [400, 401, 403, 404, 405, 429] {
            assert!(matches!(classify_status_and_body(status, "{}"), Outcome::Refused(_)), "{status}");
        }
    }
}
