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
pub enum Verdict {
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
pub(super) fn judge(reply: Option<Reply<'_>>, expected: &[Expected]) -> Verdict {
    let Some(reply) = reply else { return Verdict::Unknown("no answer came") };
    match reply.status {
        200 => judge_body(reply.body, expected),
        400 => Verdict::Refused("the database refused the command (400)"),
        401 => Verdict::Refused("the database refused the token (401)"),
        403..=405 => Verdict::Refused("the address is not that of an Upstash database (403, 404 or 405)"),
        429 => Verdict::Refused("the database has too much to do (429)"),
        _ => Verdict::Unknown("the database answered with an error"),
    }
}

fn judge_body(body: &str, expected: &[Expected]) -> Verdict {
    let Some(answers) = answers_in(body).filter(|answers| answers.len() == expected.len()) else {
        return Verdict::Unknown("the answer is not one of the REST API");
    };
    let is_expected = |(answer, expected): (&Fields, &Expected)| match (answer.get("result"), expected) {
        (None, _) => false,
        (Some(_), Expected::Anything) => true,
        (Some(result), Expected::Number(number)) => *result == Value::Whole(*number),
    };
    if answers.iter().zip(expected).all(is_expected) { Verdict::AsExpected } else { Verdict::Differs }
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

    fn judged(status: u16, body: &str) -> Verdict {
        judge(Some(Reply { status, body }), &[Expected::Number(7)])
    }

    #[test]
    fn only_the_expected_number_is_in_step() {
        assert_eq!(judged(200, r#"{"result":7}"#), Verdict::AsExpected);
        assert_eq!(judged(200, r#"[{"result":7}]"#), Verdict::AsExpected);
        for body in [
            r#"{"result":6}"#,
            r#"{"result":"7"}"#,
            r#"{"result":18446744073709551615}"#,
            r#"{"error":"WRONGTYPE"}"#,
        ] {
            assert_eq!(judged(200, body), Verdict::Differs, "{body}");
        }
    }

    #[test]
    fn an_answer_of_unknown_form_leaves_the_outcome_unknown() {
        for (status, body) in
            [(200, "<html>"), (200, ""), (200, "[]"), (200, "7"), (500, "{}"), (502, "<html>")]
        {
            assert!(matches!(judged(status, body), Verdict::Unknown(_)), "{status} {body}");
        }
        assert!(matches!(judge(None, &[]), Verdict::Unknown(_)));
    }

    #[test]
    fn a_refused_command_did_not_run() {
        for status in [400, 401, 403, 404, 405, 429] {
            assert!(matches!(judged(status, "{}"), Verdict::Refused(_)), "{status}");
        }
    }
}
