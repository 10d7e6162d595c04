//! The forms of Upstash's REST API, as documented: one command, or several in a transaction.

use serde_json::{Value, json};

use crate::resp::{Connection, Reply};

/// A request: its commands.
#[derive(Clone, Debug)]
pub(super) struct RestRequest {
    /// Whether the commands run as a transaction.
    is_transaction: bool,
    pub(super) commands: Vec<Vec<String>>,
}

/// Status and body of an answer.
pub(super) type RestResponse = (u16, Value);

pub(super) fn error_response(status: u16, message: &str) -> RestResponse {
    (status, json!({ "error": message }))
}

/// Commands that only make sense on a connection of one's own. Upstash refuses them.
const CONNECTION_COMMANDS: [&str; 8] =
    ["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SUBSCRIBE", "MONITOR", "QUIT"];

impl RestRequest {
    /// Parses a request. Fails with the answer to an invalid one.
    pub(super) fn parse(path: &str, body: &str) -> Result<Self, RestResponse> {
        let parse_error = || error_response(400, "ERR failed to parse the request");
        let parsed: Value = serde_json::from_str(body).map_err(|_| parse_error())?;
        let (is_transaction, commands) = match path {
            "/" => (false, words(&parsed).map(|words| vec![words])),
            "/multi-exec" => (true, all_words(&parsed)),
            _ => return Err(error_response(404, "ERR this double knows / and /multi-exec only")),
        };
        let commands = commands.ok_or_else(parse_error)?;
        if commands.iter().any(Vec::is_empty) || commands.is_empty() {
            return Err(error_response(400, "ERR empty command"));
        }
        let is_unavailable =
            |words: &&Vec<String>| CONNECTION_COMMANDS.contains(&words[0].to_ascii_uppercase().as_str());
        match commands.iter().find(is_unavailable) {
            Some(words) => Err(error_response(400, &format!("ERR Command is not available: '{}'", words[0]))),
            None => Ok(Self { is_transaction, commands }),
        }
    }

    /// Runs the request to its end, even if the client has hung up.
    pub(super) fn run(&self, redis: &mut Connection) -> std::io::Result<RestResponse> {
        if self.is_transaction {
            return self.run_transaction(redis);
        }
        let reply = run(redis, &self.commands[0])?;
        let status = if matches!(reply, Reply::Error(_)) { 400 } else { 200 };
        Ok((status, result(reply)))
    }

    fn run_transaction(&self, redis: &mut Connection) -> std::io::Result<RestResponse> {
        run(redis, &["MULTI".to_owned()])?;
        for words in &self.commands {
            run(redis, words)?;
        }
        Ok(match run(redis, &["EXEC".to_owned()])? {
            Reply::Array(replies) => (200, Value::Array(replies.into_iter().map(result).collect())),
            Reply::Error(message) => error_response(400, &message),
            _ => error_response(400, "ERR Transaction discarded"),
        })
    }
}

fn run(redis: &mut Connection, words: &[String]) -> std::io::Result<Reply> {
    let words: Vec<Vec<u8>> = words.iter().map(|word| word.clone().into_bytes()).collect();
    redis.run(&words)
}

fn words(command: &Value) -> Option<Vec<String>> {
    let word = |word: &Value| match word {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(word.to_string()),
        _ => None,
    };
    command.as_array()?.iter().map(word).collect()
}

fn all_words(commands: &Value) -> Option<Vec<Vec<String>>> {
    commands.as_array()?.iter().map(words).collect()
}

fn result(reply: Reply) -> Value {
    match reply {
        Reply::Error(message) => json!({ "error": message }),
        reply => json!({ "result": to_json(reply) }),
    }
}

fn to_json(reply: Reply) -> Value {
    match reply {
        Reply::Simple(text) | Reply::Error(text) => Value::String(text),
        Reply::Integer(number) => json!(number),
        Reply::Bulk(bytes) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        Reply::Array(items) => Value::Array(items.into_iter().map(to_json).collect()),
        Reply::Null => Value::Null,
    }
}
