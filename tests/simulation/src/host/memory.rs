//! The alarm, and the ways in which the object loses its memory.

use super::{Host, MemoryLoss, Output};
use crate::{faults::FaultInjector, rng::Part, sim::Sim, world::SimEvent};

/// How long an object without events stays in memory.
const IDLE_MS: u64 = 10_000;

impl Host {
    /// Plans when the alarm rings.
    pub fn plan_alarm(&mut self, sim: &mut Sim, faults: &FaultInjector) {
        let Some(at) = self.alarm else { return };
        self.alarm_count += 1;
        let late = if faults.occurs(sim, Part::Host, "late alarm", |rates| rates.late_alarms) {
            self.rare_states.push("an alarm rang late");
            sim.rng.between(Part::Host, "late by", 1, 60_000)
        } else {
            0
        };
        let delay = at.saturating_sub(self.clock(sim.now)) + late;
        sim.after(delay, SimEvent::AlarmDue(self.alarm_count));
    }

    pub(super) fn plan_idle_check(&mut self, sim: &mut Sim) {
        self.idle_count += 1;
        sim.after(IDLE_MS, SimEvent::IdleCheck(self.idle_count));
    }

    /// The object hibernates if it was idle and nothing waits in it: it loses its memory and keeps its sockets.
    pub fn idle_check(&mut self, count: u64, sim: &mut Sim) -> bool {
        let is_idle =
            self.timer.is_none() && self.fetches.is_empty() && self.calls.is_empty() && self.gate.is_empty();
        if count != self.idle_count || self.room.is_none() {
            return false;
        }
        if !is_idle {
            self.plan_idle_check(sim);
            return false;
        }
        sim.note("object", || "sleeps".to_owned());
        if self.sockets.values().any(|socket| socket.is_open) {
            self.rare_states.push("the object slept with sockets open");
        }
        self.forget_memory();
        self.hibernations += 1;
        true
    }

    fn forget_memory(&mut self) {
        self.room = None;
        self.incarnation += 1;
        self.timer = None;
        self.timer_count += 1;
        self.fetches.clear();
        self.failed_at = None;
    }

    /// The object loses its memory at any moment.
    pub fn crash(&mut self, sim: &mut Sim, faults: &FaultInjector) {
        let writes = self.disk.newest() - self.disk.durable();
        let loss = match sim.rng.below(Part::Host, "loss", 3) {
            0 => MemoryLoss::Wiped,
            _ => MemoryLoss::Reset(sim.rng.below(Part::Host, "writes kept", writes + 1)),
        };
        self.lose_memory(loss, sim, faults);
    }

    /// The object loses its memory in this way.
    pub fn lose_memory(&mut self, loss: MemoryLoss, sim: &mut Sim, faults: &FaultInjector) {
        sim.note("object", || format!("loses its memory: {loss:?}"));
        self.has_crashed = true;
        self.record_loss(loss);
        let calls = std::mem::take(&mut self.calls).into_values().map(|(key, _)| key);
        self.forget_memory();
        if let MemoryLoss::Reset(kept) = loss {
            self.failed_calls.extend(calls);
            self.gate.clear();
            self.alarm = self.disk.restore_write(self.disk.durable() + kept);
            self.durable_at = 0;
            self.plan_alarm(sim, faults);
            self.dropped.extend(self.sockets.values().filter_map(|socket| socket.connection));
            self.sockets.clear();
        }
    }

    /// Records which rare states a loss of memory reaches.
    fn record_loss(&mut self, loss: MemoryLoss) {
        if self.timer.is_some() {
            self.rare_states.push("a timer was lost with the memory");
        }
        let MemoryLoss::Reset(kept) = loss else { return };
        let (durable, newest) = (self.disk.durable(), self.disk.newest());
        let up_to = durable + kept;
        let is_lost = |number: u64, is_kept: bool| number > durable && (number <= up_to) == is_kept;
        let announces = |out: &Output| matches!(out, Output::Sent { .. } | Output::Answered { .. });
        let mut waits = |is_kept: bool, state: &'static str| {
            if self.gate.iter().any(|(number, out)| is_lost(*number, is_kept) && announces(out)) {
                self.rare_states.push(state);
            }
        };
        waits(false, "a crash lost a write and its announcement");
        waits(true, "a crash kept a write and lost its announcement");
        let is_request = |out: &Output| matches!(out, Output::Fetched { .. });
        if newest > durable && self.gate.iter().any(|(_, out)| is_request(out)) {
            self.rare_states.push("a crash lost a request that waited for its write");
        }
    }
}
