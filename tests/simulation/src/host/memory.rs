//! The alarm, and the ways in which the object loses its memory.

use super::{Host, Leaving, Loss};
use crate::{dice::Part, stage::Stage, weather::Weather, world::Happening};

/// How long an object without events stays in memory.
const IDLE_MS: u64 = 10_000;

impl Host {
    /// Plans when the alarm rings.
    pub fn plan_alarm(&mut self, stage: &mut Stage, weather: &Weather) {
        let Some(at) = self.alarm else { return };
        self.alarm_count += 1;
        let late = if weather.strikes(stage, Part::Host, "late alarm", |swarm| swarm.late_alarms) {
            self.marks.push("an alarm rang late");
            stage.dice.between(Part::Host, "late by", 1, 60_000)
        } else {
            0
        };
        let delay = at.saturating_sub(self.clock(stage.now)) + late;
        stage.after(delay, Happening::AlarmDue(self.alarm_count));
    }

    pub(super) fn plan_nap(&mut self, stage: &mut Stage) {
        self.idle_count += 1;
        stage.after(IDLE_MS, Happening::IdleCheck(self.idle_count));
    }

    /// The object hibernates if it was idle and nothing waits in it: it loses its memory and keeps its sockets.
    pub fn idle_check(&mut self, count: u64, stage: &mut Stage) -> bool {
        let is_idle =
            self.timer.is_none() && self.fetches.is_empty() && self.calls.is_empty() && self.gate.is_empty();
        if count != self.idle_count || self.room.is_none() {
            return false;
        }
        if !is_idle {
            self.plan_nap(stage);
            return false;
        }
        stage.note("object", || "sleeps".to_owned());
        if self.sockets.values().any(|socket| socket.is_open) {
            self.marks.push("the object slept with sockets open");
        }
        self.forget_memory();
        self.naps += 1;
        true
    }

    fn forget_memory(&mut self) {
        self.room = None;
        self.life += 1;
        self.timer = None;
        self.timer_count += 1;
        self.fetches.clear();
        self.failed_at = None;
    }

    /// The object loses its memory at any moment.
    pub fn crash(&mut self, stage: &mut Stage, weather: &Weather) {
        let writes = self.disk.newest() - self.disk.safe();
        let loss = match stage.dice.below(Part::Host, "loss", 3) {
            0 => Loss::Wiped,
            _ => Loss::Reset(stage.dice.below(Part::Host, "writes kept", writes + 1)),
        };
        self.lose_memory(loss, stage, weather);
    }

    /// The object loses its memory in this way.
    pub fn lose_memory(&mut self, loss: Loss, stage: &mut Stage, weather: &Weather) {
        stage.note("object", || format!("loses its memory: {loss:?}"));
        self.has_crashed = true;
        self.mark_loss(loss);
        let calls = std::mem::take(&mut self.calls).into_values().map(|(key, _)| key);
        self.forget_memory();
        if let Loss::Reset(kept) = loss {
            self.failed_calls.extend(calls);
            self.gate.clear();
            self.alarm = self.disk.go_back(self.disk.safe() + kept);
            self.durable_at = 0;
            self.plan_alarm(stage, weather);
            self.dropped.extend(self.sockets.values().filter_map(|socket| socket.pipe));
            self.sockets.clear();
        }
    }

    /// Records which rare states a loss of memory reaches.
    fn mark_loss(&mut self, loss: Loss) {
        if self.timer.is_some() {
            self.marks.push("a timer was lost with the memory");
        }
        let Loss::Reset(kept) = loss else { return };
        let (safe, newest) = (self.disk.safe(), self.disk.newest());
        let up_to = safe + kept;
        let is_lost = |number: u64, is_kept: bool| number > safe && (number <= up_to) == is_kept;
        let announces = |out: &Leaving| matches!(out, Leaving::Sent { .. } | Leaving::Answered { .. });
        let mut waits = |is_kept: bool, mark: &'static str| {
            if self.gate.iter().any(|(number, out)| is_lost(*number, is_kept) && announces(out)) {
                self.marks.push(mark);
            }
        };
        waits(false, "a crash lost a write and its announcement");
        waits(true, "a crash kept a write and lost its announcement");
        let is_request = |out: &Leaving| matches!(out, Leaving::Fetched { .. });
        if newest > safe && self.gate.iter().any(|(_, out)| is_request(out)) {
            self.marks.push("a crash lost a request that waited for its write");
        }
    }
}
