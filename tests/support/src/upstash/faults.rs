//! What can be made to go wrong between a client and the REST API.

use std::{sync::Mutex, time::Duration};

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// It runs only after so long, whether or not anybody still waits for the answer.
    RunLate(Duration),
    /// It runs at once; the answer comes after so long.
    AnswerLate(Duration),
    /// The connection is cut; it never runs.
    CutBefore,
    /// It runs; the connection is cut instead of an answer.
    CutAfter,
    /// It does not run; this status comes with a page of HTML.
    Status(u16),
    /// It runs; this status comes with a page of HTML.
    StatusAfter(u16),
    /// This status comes at once, with a page of HTML; it runs only after so long.
    StatusBefore(u16, Duration),
    /// It runs, and once more after so long; the connection is cut instead of an answer.
    RunTwice(Duration),
    /// It runs; the answer is broken JSON.
    Garbage,
    /// It runs; the answer's body begins, and goes on so slowly that it never ends.
    Drip,
    /// It does not run: 401, as for a wrong token.
    Unauthorized,
    /// It does not run: 400, as when the database's quota is used up.
    QuotaExceeded,
}

/// A fault, whom it hits, and how often.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    room: Option<String>,
    verb: Option<String>,
    times_left: Option<u32>,
}

impl Fault {
    /// Hits every request until faults are cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, room: None, verb: None, times_left: None }
    }

    /// Only requests that touch this room's keys.
    pub fn for_room(self, room: &str) -> Self {
        Self { room: Some(room.to_owned()), ..self }
    }

    /// Only requests that hold this command.
    pub fn for_verb(self, verb: &str) -> Self {
        Self { verb: Some(verb.to_owned()), ..self }
    }

    /// Only the next `times` requests that it could hit.
    pub fn times(self, times: u32) -> Self {
        Self { times_left: Some(times), ..self }
    }

    fn hits(&self, commands: &[Vec<String>]) -> bool {
        let mut words = commands.iter().flatten();
        let touches_room =
            self.room.as_ref().is_none_or(|room| words.any(|word| word.ends_with(room.as_str())));
        let mut verbs = commands.iter().filter_map(|command| command.first());
        let holds_verb = self.verb.as_ref().is_none_or(|verb| verbs.any(|other| other == verb));
        self.times_left != Some(0) && touches_room && holds_verb
    }
}

/// The faults that are in force.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.0.lock().unwrap().push(fault);
    }

    pub(super) fn clear(&self, room: Option<&str>) {
        self.0.lock().unwrap().retain(|fault| room.is_some() && fault.room.as_deref() != room);
    }

    /// The oldest fault that hits a request with these commands, used up by one.
    pub(super) fn take(&self, commands: &[Vec<String>]) -> Option<FaultKind> {
        let mut faults = self.0.lock().unwrap();
        let fault = faults.iter_mut().find(|fault| fault.hits(commands))?;
        fault.times_left = fault.times_left.map(|times| times - 1);
        Some(fault.kind)
    }
}
