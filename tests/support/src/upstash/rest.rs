//! The shapes of Upstash's REST API, as its documentation has them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::resp::{Connection, Reply};

/// How the commands of one request run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// One command.
    Single,
    /// Several, one after the other.
    Pipeline,
    /// Several, together or not at all.
    Transaction,
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) mode: Mode,
    pub(super) commands: Vec<Vec<String>>,
}

/// Status and body of an answer.
pub(super) type Answered = (u16, Value);

pub(super) fn refusal(status: u16, said: &str) -> Answered {
    (status, json!({ "error": said }))
}

impl Asked {
    /// Reads a request. Fails with the answer to one that makes no sense.
    pub(super) fn parse(path: &str, query: &str, body: &str) -> Result<Self, Answered> {
        let no_sense = || refusal(400, "ERR failed to parse the request");
        let parsed = || serde_json::from_str::<Value>(body).map_err(|_| no_sense());
        let (mode, commands) = match path {
            "/" => (Mode::Single, vec![words(&parsed()?).ok_or_else(no_sense)?]),
            "/pipeline" => (Mode::Pipeline, all_words(&parsed()?).ok_or_else(no_sense)?),
            "/multi-exec" => (Mode::Transaction, all_words(&parsed()?).ok_or_else(no_sense)?),
            path => (Mode::Single, vec![words_of_path(path, query, body)]),
        };
        if commands.iter().any(Vec::is_empty) || commands.is_empty() {
            return Err(refusal(400, "ERR empty command"));
        }
        let of_a_connection =
            ["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SUBSCRIBE", "MONITOR", "QUIT"];
        match commands.iter().find(|words| of_a_connection.contains(&words[0].to_ascii_uppercase().as_str()))
        {
            Some(words) => Err(refusal(400, &format!("ERR Command is not available: '{}'", words[0]))),
            None => Ok(Self { mode, commands }),
        }
    }

    /// Runs it, to its end even if nobody waits for the answer any more.
    pub(super) fn run(&self, redis: &mut Connection) -> std::io::Result<Answered> {
        match self.mode {
            Mode::Single => {
                let reply = run(redis, &self.commands[0])?;
                let status = if matches!(reply, Reply::Error(_)) { 400 } else { 200 };
                Ok((status, result(reply)))
            }
            Mode::Pipeline => {
                let replies: std::io::Result<Vec<_>> =
                    self.commands.iter().map(|words| run(redis, words).map(result)).collect();
                Ok((200, Value::Array(replies?)))
            }
            Mode::Transaction => self.run_together(redis),
        }
    }

    fn run_together(&self, redis: &mut Connection) -> std::io::Result<Answered> {
        run(redis, &["MULTI".to_owned()])?;
        for words in &self.commands {
            run(redis, words)?;
        }
        Ok(match run(redis, &["EXEC".to_owned()])? {
            Reply::Array(replies) => (200, Value::Array(replies.into_iter().map(result).collect())),
            Reply::Error(said) => refusal(400, &said),
            _ => refusal(400, "ERR Transaction discarded"),
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

/// `/set/foo/bar?EX=100`, or the last word as the body.
fn words_of_path(path: &str, query: &str, body: &str) -> Vec<String> {
    // Percent-encoding as in a form, but for the plus, which stands for itself in a path.
    let decoded = |raw: &str| {
        let escaped = raw.replace('+', "%2B");
        form_urlencoded::parse(escaped.as_bytes())
            .map(|(name, _)| name.into_owned())
            .next()
            .unwrap_or_default()
    };
    let mut words: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
    if !body.is_empty() {
        words.push(body.to_owned());
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "_token") {
        words.push(name.into_owned());
        words.extend((!value.is_empty()).then(|| value.into_owned()));
    }
    words
}

fn result(reply: Reply) -> Value {
    match reply {
        Reply::Error(said) => json!({ "error": said }),
        reply => json!({ "result": plain(reply) }),
    }
}

fn plain(reply: Reply) -> Value {
    match reply {
        Reply::Simple(text) | Reply::Error(text) => Value::String(text),
        Reply::Integer(number) => json!(number),
        Reply::Bulk(bytes) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        Reply::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Reply::Null => Value::Null,
    }
}

/// Every text of the results in base64, but for `OK`: what `Upstash-Encoding: base64` asks for.
pub(super) fn in_base64(body: Value) -> Value {
    match body {
        Value::Array(answers) => Value::Array(answers.into_iter().map(in_base64).collect()),
        Value::Object(mut fields) => {
            if let Some(result) = fields.get_mut("result") {
                *result = encoded(result.take());
            }
            Value::Object(fields)
        }
        other => other,
    }
}

fn encoded(value: Value) -> Value {
    match value {
        Value::String(text) if text != "OK" => Value::String(STANDARD.encode(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(encoded).collect()),
        other => other,
    }
}
