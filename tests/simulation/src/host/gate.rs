//! The output gate: what an event stores, what it sends, and when the output leaves the object.

use std::{collections::BTreeSet, rc::Rc};

use duet::{
    domain::{EpochMs, SocketId},
    room::{Effects, LogEntry, OutputEffect, StorageEffect},
    wire::{Answer, ApiError},
};

use super::{HandledEvent, Host, Output, ReceivedFrame, Socket};
use crate::{
    auditor::Dump,
    faults::{FaultInjector, FaultPeriod},
    network::{CallKey, SocketKey},
    rng::Part,
    sim::Sim,
    world::SimEvent,
};

/// The shortest pause after a failed request.
const SHORTEST_PAUSE_MS: u64 = 187;

/// The data about an event before its effects are carried out.
pub(super) struct Context {
    pub(super) clock: u64,
    pub(super) before: Rc<Dump>,
    pub(super) call: Option<CallKey>,
    pub(super) frame: Option<ReceivedFrame>,
    pub(super) open_sockets: usize,
    pub(super) is_departure: bool,
    pub(super) is_waking: bool,
    pub(super) is_request_in_flight: bool,
    pub(super) has_fault: bool,
    pub(super) debug_text: Option<String>,
}

impl Context {
    fn handled(self, after: Rc<Dump>, incarnation: u64, effects: usize) -> HandledEvent {
        HandledEvent {
            clock: self.clock,
            before: self.before,
            after,
            call: self.call,
            status: None,
            frame: self.frame,
            incarnation,
            reached: BTreeSet::new(),
            closed: BTreeSet::new(),
            is_typing_forwarded: false,
            is_end_announced: false,
            is_presence_sent: false,
            is_message_sent: false,
            end_frame: None,
            open_sockets: self.open_sockets,
            is_departure: self.is_departure,
            is_waking: self.is_waking,
            is_rate_limited: false,
            is_request_in_flight: self.is_request_in_flight,
            has_fault: self.has_fault,
            effects,
            error: None,
            logged: vec![],
            debug_text: self.debug_text,
        }
    }
}

impl Host {
    pub(super) fn carry_out(
        &mut self,
        effects: &mut Effects,
        context: Context,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        let count = effects.storage.len() + effects.output.len();
        let alarm_before = self.alarm;
        for effect in effects.storage.drain(..) {
            self.store(effect);
        }
        if self.disk.has_written() || self.disk.newest_alarm() != self.alarm {
            self.disk.snapshot(self.alarm);
            self.plan_commit(sim, faults);
        }
        if alarm_before != self.alarm {
            self.plan_alarm(sim, faults);
        }
        if context.has_fault {
            // After a failed statement, the room drops its memory, including the pause.
            self.failed_at = None;
        }
        let mut handled = context.handled(self.disk.newest_dump(), self.incarnation, count);
        for effect in effects.output.drain(..) {
            self.queue_output(effect, &mut handled, sim, faults);
        }
        // The statement that should fail may never have been run.
        handled.has_fault =
            handled.logged.iter().any(|entry| matches!(entry, LogEntry::JournalFailed { .. }));
        self.handled.push(handled);
        self.release_output();
    }

    fn store(&mut self, effect: StorageEffect) {
        match effect {
            StorageEffect::SetAlarm(EpochMs(at)) => {
                self.alarm = Some(at);
            }
            StorageEffect::DeleteAll => {
                self.disk.delete_all();
                self.alarm = None;
            }
        }
    }

    fn queue_output(
        &mut self,
        effect: OutputEffect,
        handled: &mut HandledEvent,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        let output = match effect {
            OutputEffect::Respond(call, answer) => {
                let Some((key, came_at)) = self.calls.remove(&call) else {
                    handled.error = Some("a call is answered twice");
                    return;
                };
                if handled.call == Some(key) {
                    handled.status = Some(answer.as_ref().map_or_else(ApiError::status, Answer::status));
                }
                match answer {
                    Ok(Answer::SocketAccepted(id)) => {
                        let Some(socket) = self.key_of(id) else {
                            handled.error = Some("a call is answered with a socket that is not open");
                            return;
                        };
                        Output::Accepted { call: key, socket }
                    }
                    answer => Output::Answered { call: key, answer, after_ms: sim.now - came_at },
                }
            }
            OutputEffect::AcceptSocket { socket, participant, .. } => {
                if self.key_of(socket).is_some() {
                    handled.error = Some("two open sockets have the same id");
                }
                if self.sockets.values().any(|older| older.id == socket) {
                    self.rare_states.push("a socket got the id of an older one");
                }
                self.next_socket += 1;
                let socket = Socket { id: socket, owner: participant, connection: None, is_open: true };
                self.sockets.insert(self.next_socket, socket);
                return;
            }
            OutputEffect::Send { to, frame } => {
                let to = self.keys_of(&to);
                handled.reached.extend(&to);
                handled.is_typing_forwarded |= frame.starts_with(r#"{"type":"typing""#);
                handled.is_message_sent |= frame.starts_with(r#"{"type":"message""#);
                if frame == r#"{"type":"expire"}"# {
                    handled.end_frame = Some("expire");
                } else if frame == r#"{"type":"destroy"}"# {
                    handled.end_frame = Some("destroy");
                }
                handled.is_presence_sent |= frame.starts_with(r#"{"type":"presence""#);
                handled.is_rate_limited |= frame.contains(r#""error":"too-many-requests""#);
                handled.is_end_announced |= frame.starts_with(r#"{"type":"expiry""#);
                Output::Sent { to, frame: frame.into() }
            }
            OutputEffect::Close(sockets, close) => {
                let sockets = self.keys_of(&sockets);
                for key in &sockets {
                    self.sockets.entry(*key).and_modify(|socket| socket.is_open = false);
                }
                handled.reached.extend(&sockets);
                handled.closed.extend(&sockets);
                handled.is_rate_limited |= close.code == 4429;
                Output::Closed { sockets, code: close.code }
            }
            OutputEffect::Fetch(id, request) => {
                if !self.fetches.is_empty() {
                    handled.error = Some("two requests are on their way");
                }
                let is_removal = request.body.starts_with(r#"["DEL""#);
                if self.is_too_soon(sim.now, is_removal, faults) {
                    handled.error = Some("a request follows a failure without a pause");
                }
                self.fetches.insert(id, is_removal);
                Output::Fetched { incarnation: self.incarnation, id, request }
            }
            OutputEffect::AbortFetch(id) => {
                self.fetches.remove(&id);
                // An aborted request that is still held by the gate is never sent.
                let is_match =
                    |out: &Output| matches!(out, Output::Fetched { id: waiting, .. } if *waiting == id);
                self.gate.retain(|(_, out)| !is_match(out));
                return;
            }
            OutputEffect::SetTimer(EpochMs(at)) => {
                self.timer = Some(at);
                self.timer_count += 1;
                let delay = at.saturating_sub(self.clock(sim.now));
                return sim.after(delay, SimEvent::TimerDue(self.timer_count));
            }
            OutputEffect::Log(entry) => return handled.logged.push(entry),
        };
        self.gate.push_back((self.disk.newest(), output));
    }

    /// Whether the request comes too soon: after a failure, the object must wait for at least three quarters of the
    /// shortest pause. Only the first deletion of the keys follows at once.
    fn is_too_soon(&self, now: u64, is_removal: bool, faults: &FaultInjector) -> bool {
        let is_clock_steady = faults.rates.clock_jumps == 0;
        let is_same = |(at, was_removal)| was_removal == is_removal && now < at + SHORTEST_PAUSE_MS;
        is_clock_steady && self.failed_at.is_some_and(is_same)
    }

    /// The adapter skips the sockets that are not open.
    fn keys_of(&self, ids: &[SocketId]) -> Vec<SocketKey> {
        ids.iter().filter_map(|id| self.key_of(*id)).collect()
    }

    /// Releases all output whose write is durable.
    fn release_output(&mut self) {
        while self.gate.front().is_some_and(|(number, _)| *number <= self.disk.durable()) {
            self.released.extend(self.gate.pop_front().map(|(_, output)| output));
        }
    }

    /// Makes one more write durable. Returns `false` if there is none up to `number`.
    pub fn commit_one(&mut self, number: u64) -> bool {
        let is_new = self.disk.make_next_durable(number);
        self.release_output();
        is_new
    }

    pub(super) fn plan_commit(&mut self, sim: &mut Sim, faults: &FaultInjector) {
        let is_slow = faults.has(FaultPeriod::SlowCommits)
            || faults.occurs(sim, Part::Host, "slow commit", |rates| rates.slow_commits);
        let delay = sim.rng.between(Part::Host, "commit", 1, if is_slow { 3_000 } else { 5 });
        // Commits become durable in order.
        self.durable_at = self.durable_at.max(sim.now + delay);
        sim.at(self.durable_at, SimEvent::Durable(self.disk.newest()));
    }
}
