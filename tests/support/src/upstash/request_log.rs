//! Records the requests, so that a test can check what an action costs.

use std::sync::Mutex;

use crate::wait::now_ms;

/// A command: its verb and its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCommand {
    /// In capitals.
    pub verb: String,
    /// The keys of rooms, in order.
    pub keys: Vec<String>,
}

/// A request that arrived, whether it ran or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// `/` or `/multi-exec`.
    pub path: String,
    /// Its commands.
    pub commands: Vec<LoggedCommand>,
    /// The size of its body in bytes.
    pub body_bytes: usize,
    /// How often Redis has run it so far.
    pub runs: usize,
    /// How many milliseconds another request on the same keys had been waiting for its answer when this one arrived.
    /// `None`: no other was waiting.
    pub overlaps_after_ms: Option<u64>,
    arrived_ms: u64,
    is_pending: bool,
}

impl LoggedRequest {
    /// The commands' verbs, in order.
    pub fn verbs(&self) -> Vec<&str> {
        self.commands.iter().map(|command| command.verb.as_str()).collect()
    }

    fn keys(&self) -> impl Iterator<Item = &String> {
        self.commands.iter().flat_map(|command| &command.keys)
    }

    fn touches(&self, room: &str) -> bool {
        self.keys().any(|key| key.ends_with(room))
    }

    fn shares_a_key_with(&self, other: &Self) -> bool {
        self.keys().any(|key| other.keys().any(|theirs| theirs == key))
    }
}

/// A position in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogPosition(usize);

#[derive(Default)]
pub(super) struct RequestLog(Mutex<Vec<LoggedRequest>>);

impl RequestLog {
    /// Records a request and returns its index.
    pub(super) fn record(&self, path: &str, commands: &[Vec<String>], body_bytes: usize) -> usize {
        let mut requests = self.0.lock().unwrap();
        let mut request = LoggedRequest {
            path: path.to_owned(),
            commands: commands.iter().map(|words| logged(words)).collect(),
            body_bytes,
            runs: 0,
            overlaps_after_ms: None,
            arrived_ms: now_ms(),
            is_pending: true,
        };
        let pending = requests.iter().rfind(|other| other.is_pending && other.shares_a_key_with(&request));
        request.overlaps_after_ms = pending.map(|other| request.arrived_ms.saturating_sub(other.arrived_ms));
        requests.push(request);
        requests.len() - 1
    }

    /// Records that request `index` ran.
    pub(super) fn record_run(&self, index: usize) {
        self.change(index, |request| request.runs += 1);
    }

    /// Records that request `index` is over: it was answered, or the client hung up.
    pub(super) fn record_end(&self, index: usize) {
        self.change(index, |request| request.is_pending = false);
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut LoggedRequest)) {
        if let Some(request) = self.0.lock().unwrap().get_mut(index) {
            change(request);
        }
    }

    pub(super) fn position(&self) -> LogPosition {
        LogPosition(self.0.lock().unwrap().len())
    }

    pub(super) fn since(&self, start: LogPosition, room: &str) -> Vec<LoggedRequest> {
        let requests = self.0.lock().unwrap();
        requests.iter().skip(start.0).filter(|request| request.touches(room)).cloned().collect()
    }

    pub(super) fn all_since(&self, start: LogPosition) -> Vec<LoggedRequest> {
        self.0.lock().unwrap().iter().skip(start.0).cloned().collect()
    }
}

fn logged(words: &[String]) -> LoggedCommand {
    let is_key = |word: &&String| word.starts_with("meta:") || word.starts_with("messages:");
    LoggedCommand {
        verb: words.first().map(|verb| verb.to_ascii_uppercase()).unwrap_or_default(),
        keys: words.iter().skip(1).filter(is_key).cloned().collect(),
    }
}
