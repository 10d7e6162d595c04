//! Faults that can be injected between a client and the REST API.

use std::{sync::Mutex, time::Duration};

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Runs only after this delay, even if the client has hung up.
    RunLate(Duration),
    /// Runs at once; the answer comes after this delay.
    AnswerLate(Duration),
    /// The connection is cut and the request never runs.
    CutBefore,
    /// The request runs, then the connection is cut without an answer.
    CutAfter,
    /// Does not run; answers with this status and a page of HTML.
    Status(u16),
    /// Runs; answers with this status and a page of HTML.
    StatusAfter(u16),
    /// Answers at once with this status and a page of HTML; runs after this delay.
    StatusBefore(u16, Duration),
    /// Runs, and runs again after this delay; the connection is cut without an answer.
    RunTwice(Duration),
    /// Runs; the answer is invalid JSON.
    Garbage,
    /// Runs; the answer's body arrives so slowly that it never ends.
    EndlessBody,
    /// Does not run; answers 401, as for a wrong token.
    Unauthorized,
    /// Does not run; answers with a redirect to this local port.
    RedirectTo(u16),
    /// Does not run; answers 400, as when the database's quota is exceeded.
    QuotaExceeded,
}

/// A fault, the requests that it applies to, and how often.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    room: Option<String>,
    verb: Option<String>,
    times_left: Option<u32>,
}

impl Fault {
    /// Applies to every request until the faults are cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, room: None, verb: None, times_left: None }
    }

    /// Applies only to requests on this room's keys.
    pub fn for_room(self, room: &str) -> Self {
        Self { room: Some(room.to_owned()), ..self }
    }

    /// Applies only to requests that contain this command.
    pub fn for_verb(self, verb: &str) -> Self {
        Self { verb: Some(verb.to_owned()), ..self }
    }

    /// Applies only to the next `times` matching requests.
    pub fn times(self, times: u32) -> Self {
        Self { times_left: Some(times), ..self }
    }

    fn matches(&self, commands: &[Vec<String>]) -> bool {
        let mut words = commands.iter().flatten();
        let touches_room =
            self.room.as_ref().is_none_or(|room| words.any(|word| word.ends_with(room.as_str())));
        let mut verbs = commands.iter().filter_map(|command| command.first());
        let has_verb = self.verb.as_ref().is_none_or(|verb| verbs.any(|other| other == verb));
        self.times_left != Some(0) && touches_room && has_verb
    }
}

/// The active faults.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.0.lock().unwrap().push(fault);
    }

    pub(super) fn clear(&self, room: Option<&str>) {
        self.0.lock().unwrap().retain(|fault| room.is_some() && fault.room.as_deref() != room);
    }

    /// The oldest fault that applies to a request with these commands. Uses it up by one.
    pub(super) fn take(&self, commands: &[Vec<String>]) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| fault.matches(commands))?;
        fault.times_left = fault.times_left.map(|times| times - 1);
        Some(fault.kind)
    }
}
