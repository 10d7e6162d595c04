//! The conditions that must hold some time after the faults stop.

use crate::{
    auditor::{Verdict, Violation},
    faults::FaultPeriod,
    network::{Caller, Up},
    person::Phase,
    rng::Part,
    world::World,
};

/// The time within which clients must have every message again. Their longest pause is half of it.
const CLIENTS_MS: u64 = 75_000;
/// The time within which Redis must be up to date and the object hibernated: the longest pause before a retry, and the
/// checks during the minute after it.
const REDIS_MS: u64 = 215_000;
/// The least number of requests in the time that is left for Redis, with the longest pauses between them.
const LEAST_RETRIES: u64 = 2;
/// How long the idle object is observed. It must not do anything in this time.
const IDLE_MS: u64 = 60_000;

impl World {
    /// Ends all faults: lost connections are noticed, and everybody reconnects.
    pub fn stop_faults(&mut self) {
        self.sim.note("faults", || "stop".to_owned());
        self.faults.stop();
        self.host.plan_alarm(&mut self.sim, &self.faults);
        for connection in self.network.connections.keys().copied().collect::<Vec<_>>() {
            let is_other_program =
                matches!(self.network.connections[&connection].caller, Caller::OtherProgram(_));
            if self.network.connections[&connection].is_cut {
                self.sim.after(500, crate::world::SimEvent::ClientNoticesLoss(connection));
                self.sim.after(500, crate::world::SimEvent::ObjectNoticesLoss(connection));
            } else if is_other_program && self.network.connections[&connection].is_client_open {
                self.network.send_up(connection, Up::Closed, &mut self.sim, &self.faults);
            }
        }
        if self.faults.lasting == Some(FaultPeriod::Offline(1)) {
            self.cut_off(1);
        }
        for client in 0..self.people.len() {
            let (person, mut context) = self.person(client);
            if person.phase == Phase::Inside && person.is_away() {
                person.reload(&mut context);
            }
        }
    }

    /// Whether the room exists, and its creator knows it.
    fn has_room(&self) -> bool {
        self.host.disk.newest_dump().is_room() && self.auditor.is_creation_confirmed()
    }

    /// Runs until everything must agree. Fails with what is still pending.
    pub fn converge(&mut self) -> Verdict {
        let begin = self.sim.now;
        self.run_until(begin + CLIENTS_MS - 5_000)?;
        if self.auditor.needs_a_message() && self.has_room() {
            let index = self.people.iter().find(|person| person.is_connected()).map(|person| person.index);
            index.into_iter().for_each(|index| self.says_something(index));
        }
        self.run_until(begin + CLIENTS_MS)?;
        none_pending("clients", self.pending_of_clients())?;
        let received = self.redis.received;
        self.run_until(begin + REDIS_MS)?;
        none_pending("the object", self.pending_of_object())?;
        self.check_retries(self.redis.received - received)?;
        if self.has_room() && self.faults.lasting.is_none() {
            let (events, requests) = (self.events, self.redis.received);
            self.run_for(IDLE_MS)?;
            // An alarm that was set for an earlier purpose may ring once without need.
            if self.has_room() && (self.events > events + 1 || self.redis.received > requests) {
                let (events, requests) = (self.events - events, self.redis.received - requests);
                return Err(Violation::new(
                    16,
                    format!("an idle room has {events} events and {requests} requests"),
                ));
            }
        }
        Ok(())
    }

    /// The time until nothing of a room is left: the checks after a request that may still run, or the time to live of
    /// the keys.
    fn removal_ms(&self) -> u64 {
        let is_dead = self.faults.lasting == Some(FaultPeriod::RedisDead);
        if is_dead { self.setup.ttl_seconds * 4_000 + 300_000 } else { 150_000 }
    }

    /// While the database does not answer, an object with unsent changes retries once a minute.
    fn check_retries(&self, requests: u64) -> Verdict {
        let list = self.redis.list(&format!("messages:{}", crate::world::ROOM), self.sim.now);
        let is_behind = self.setup.has_database && self.has_room() && list != self.auditor.rows();
        let is_dead = self.faults.lasting == Some(FaultPeriod::RedisDead);
        if is_dead && is_behind && requests < LEAST_RETRIES {
            return Err(Violation::new(16, format!("{requests} requests in two minutes")));
        }
        Ok(())
    }

    /// Ends the room, by a person or by its expiry, and checks that nothing remains.
    pub fn end(&mut self) -> Verdict {
        let room = self.host.disk.newest_dump();
        if room.is_room() {
            let seated = |person: &&crate::person::Person| {
                person.phase == Phase::Inside
                    && !(self.faults.has(FaultPeriod::Offline(1)) && person.index == 1)
            };
            let destroyer = self.people.iter().find(seated).map(|person| person.index);
            match destroyer {
                Some(client) if self.sim.rng.chance(Part::Faults, "ends by itself", 1, 2) => {
                    let (person, mut context) = self.person(client);
                    person.destroy(&mut context);
                    self.run_for(8_000)?;
                }
                _ => {
                    let end = self.host.disk.newest_dump().expires_at();
                    let now = self.host.clock(self.sim.now);
                    self.run_for(end.saturating_sub(now) + 1_000)?;
                }
            }
        }
        if !self.auditor.is_creation_confirmed() {
            // Nobody knows the room, so nobody can join. Its alarm may have been lost with the event that created it.
            self.run_for(20_000 + self.removal_ms())?;
            let keys = self.redis.keys(self.sim.now).map(|(key, _)| format!("the key {key}"));
            let left = self.host.disk.newest_dump();
            if left.has_tombstone {
                return Err(Violation::new(16, "nothing removes the tombstone"));
            }
            return if left.is_room() { Ok(()) } else { none_pending("what is left", keys.collect()) };
        }
        if self.has_room() {
            return Err(Violation::new(16, "the room does not end"));
        }
        self.run_for(20_000)?;
        none_pending("clients", self.pending_after_end())?;
        self.run_for(self.removal_ms())?;
        none_pending("the object", self.pending_of_object())?;
        none_pending("what is left", self.left_over())
    }

    fn pending_of_clients(&self) -> Vec<String> {
        if !self.has_room() {
            return vec![];
        }
        let mut pending = vec![];
        let journal = self.host.disk.durable_dump();
        let online = self.host.online();
        for person in &self.people {
            let is_cut_off = self.faults.has(FaultPeriod::Offline(person.index));
            if person.phase != Phase::Inside || is_cut_off {
                if person.phase == Phase::Joining && !is_cut_off {
                    pending.push(format!("{} still joins", person.identity.name));
                }
                continue;
            }
            let mut require = |holds: bool, what: &str| {
                if !holds {
                    pending.push(format!("{}: {what}", person.identity.name));
                }
            };
            require(person.is_connected(), "has no open socket");
            require(person.unconfirmed() == 0, "has unconfirmed messages");
            let stored =
                journal.messages.iter().map(|row| (row.message.seq, (&row.message.id, &row.message.text)));
            let known = person.messages.iter().map(|(seq, (id, text))| (*seq, (id, text)));
            require(known.eq(stored), "does not know the messages of the journal");
            require(person.online == online, "does not know who is here");
            require(person.expires_at == journal.expires_at(), "does not know when the room ends");
        }
        pending
    }

    fn pending_of_object(&self) -> Vec<String> {
        let mut pending = vec![];
        let mut require = |holds: bool, what: String| {
            if !holds {
                pending.push(what);
            }
        };
        require(self.host.open_calls() == 0, format!("{} calls have no answer", self.host.open_calls()));
        if !self.has_room() || self.faults.lasting == Some(FaultPeriod::RedisDead) {
            return pending;
        }
        require(self.host.alarm.is_some(), "no alarm is set".to_owned());
        require(self.host.open_fetches() == 0, "a request has no answer".to_owned());
        require(self.host.timer.is_none(), "a timer is set".to_owned());
        if self.setup.has_database {
            pending.extend(self.pending_of_redis());
        }
        pending
    }

    fn pending_of_redis(&self) -> Vec<String> {
        let mut pending = vec![];
        let now = self.sim.now;
        let journal = self.host.disk.durable_dump();
        let keys: Vec<(&str, Option<u64>)> =
            self.redis.keys(now).map(|(key, entry)| (key, entry.expires_at)).collect();
        let expected = if journal.messages.is_empty() { 1 } else { 2 };
        if keys.len() != expected {
            pending.push(format!("Redis holds {} keys of {expected}", keys.len()));
        }
        pending.extend(self.redis.meta(&format!("meta:{}", crate::world::ROOM), now).and_then(|meta| {
            let room = journal.room.as_ref()?;
            let seats = serde_json::to_string(&room.seats).unwrap_or_default();
            let is_same = meta.get("connected") == Some(&seats)
                && meta.get("createdAt") == Some(&room.created_at.to_string())
                && meta.get("ttlSeconds") == Some(&room.ttl_seconds.to_string())
                && meta.get("access") == room.access.as_ref();
            (!is_same).then(|| "Redis holds another `meta` than the journal".to_owned())
        }));
        let list = self.redis.list(&format!("messages:{}", crate::world::ROOM), now);
        let is_accident =
            list.len() == self.auditor.rows().len() && self.auditor.may_count_right_by_accident();
        if list != self.auditor.rows() && !is_accident {
            pending.push(format!(
                "Redis holds {} messages, the journal {}",
                list.len(),
                journal.messages.len()
            ));
        }
        let left_ms = journal.expires_at().saturating_sub(self.host.clock(now));
        if keys.iter().any(|(_, at)| at.is_none_or(|at| at.saturating_sub(now) + 2_000 < left_ms)) {
            pending.push("a key goes before the room does".to_owned());
        }
        pending
    }

    fn pending_after_end(&self) -> Vec<String> {
        let is_there = |person: &&crate::person::Person| {
            matches!(person.phase, Phase::Inside | Phase::Joining)
                && !self.faults.has(FaultPeriod::Offline(person.index))
        };
        self.people
            .iter()
            .filter(is_there)
            .map(|person| format!("{} believes in the room", person.identity.name))
            .collect()
    }

    fn left_over(&self) -> Vec<String> {
        let mut left = vec![];
        let dump = self.host.disk.newest_dump();
        if dump.tables > 0 || dump.has_tombstone {
            left.push(format!("{} tables in the object", dump.tables));
        }
        if self.host.alarm.is_some() || self.host.timer.is_some() {
            left.push("an alarm or a timer".to_owned());
        }
        left.extend(self.redis.keys(self.sim.now).map(|(key, _)| format!("the key {key}")));
        left
    }
}

fn none_pending(whose: &str, pending: Vec<String>) -> Verdict {
    if pending.is_empty() {
        Ok(())
    } else {
        Err(Violation::new(16, format!("pending of {whose}: {}", pending.join("; "))))
    }
}
