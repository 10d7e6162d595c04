//! Which requests came, so that a test can ask what something cost.

use std::sync::Mutex;

/// A command: what it does, and to which keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedCommand {
    /// In capitals.
    pub verb: String,
    /// Keys of rooms, in order.
    pub keys: Vec<String>,
}

/// A request that came in, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// `/`, `/pipeline`, `/multi-exec`, or the command itself.
    pub path: String,
    /// What it asked for.
    pub commands: Vec<LoggedCommand>,
    /// `upstash-sync-token` as it came along.
    pub sync_token: Option<String>,
    /// `upstash-sync-token` of the answer to it.
    pub answered_sync_token: String,
    /// Whether Redis has run it by now.
    pub has_run: bool,
}

impl LoggedRequest {
    /// The commands' verbs, in order.
    pub fn verbs(&self) -> Vec<&str> {
        self.commands.iter().map(|command| command.verb.as_str()).collect()
    }

    fn touches(&self, room: &str) -> bool {
        self.commands.iter().flat_map(|command| &command.keys).any(|key| key.ends_with(room))
    }
}

/// A moment in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(usize);

#[derive(Default)]
pub(super) struct Journal(Mutex<Vec<LoggedRequest>>);

impl Journal {
    /// Notes a request that came in. Returns its place, and the sync token for its answer.
    pub(super) fn note(
        &self,
        path: &str,
        commands: &[Vec<String>],
        sync_token: Option<String>,
    ) -> (usize, String) {
        let mut requests = self.0.lock().unwrap();
        let place = requests.len();
        let answered_sync_token = format!("sync-{place}");
        requests.push(LoggedRequest {
            path: path.to_owned(),
            commands: commands.iter().map(|words| logged(words)).collect(),
            sync_token,
            answered_sync_token: answered_sync_token.clone(),
            has_run: false,
        });
        (place, answered_sync_token)
    }

    /// Notes that the request at `place` was run.
    pub(super) fn note_run(&self, place: usize) {
        if let Some(request) = self.0.lock().unwrap().get_mut(place) {
            request.has_run = true;
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.0.lock().unwrap().len())
    }

    pub(super) fn since(&self, mark: Mark, room: &str) -> Vec<LoggedRequest> {
        let requests = self.0.lock().unwrap();
        requests.iter().skip(mark.0).filter(|request| request.touches(room)).cloned().collect()
    }

    pub(super) fn all_since(&self, mark: Mark) -> Vec<LoggedRequest> {
        self.0.lock().unwrap().iter().skip(mark.0).cloned().collect()
    }
}

fn logged(words: &[String]) -> LoggedCommand {
    let is_key = |word: &&String| word.starts_with("meta:") || word.starts_with("messages:");
    LoggedCommand {
        verb: words.first().map(|verb| verb.to_ascii_uppercase()).unwrap_or_default(),
        keys: words.iter().skip(1).filter(is_key).cloned().collect(),
    }
}
