//! Invariants of the copy in Redis: 8, 9 and 10.

use std::rc::Rc;

use duet::replica::RestRequest;
use serde_json::Value;

use super::{Auditor, Verdict, ensure};
use crate::{
    network::ApiRequest,
    redis::{self, Redis, RequestRun, Stored, Tampering},
};

/// The longest time between sending and running a request in this simulation.
const LATENESS_MS: u64 = 65_000;
/// The most requests in a second: messages are collected for 50 ms, and some requests are sent at once.
const MOST_REQUESTS: usize = 25;
/// The longest time that the output gate holds a request back.
const MOST_HELD_MS: u64 = 20_000;
/// The time for collecting messages, for an earlier round trip and for a commit, with the pauses between them.
const LONGEST_DELAY_MS: u64 = 150;

impl Auditor {
    /// The object sent a request to the database.
    pub fn fetched(&mut self, request: &RestRequest, now: u64, is_faultless: bool) -> Verdict {
        let (commands, _) = redis::parse(request);
        self.check_pace(now)?;
        if is_faultless {
            self.check_delay(&commands, now)?;
        }
        let is_rewrite = commands.len() > 1 && commands[0][0] == "DEL";
        let pushed =
            commands.iter().filter(|words| words[0].starts_with("RPUSH")).map(|words| words.len() - 2);
        let is_piece = is_rewrite && pushed.sum::<usize>() < self.durable.messages.len();
        self.record_if(is_piece, "the copy was written in pieces");
        for command in &commands {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let is_write = !matches!(words.first(), Some(&("DEL" | "LLEN")));
            ensure(!is_write || self.durable.is_room(), 8, || "a write to Redis after the end".to_owned())?;
            match words.as_slice() {
                ["RPUSH" | "RPUSHX", _, elements @ ..] => self.check_elements(elements)?,
                ["HSET", _, fields @ ..] => self.check_hash(fields)?,
                ["PEXPIRE", _, ms] => self.check_time_to_live(ms.parse().unwrap_or_default(), now)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Collecting messages and waiting for answers leave no time for more requests.
    fn check_pace(&mut self, now: u64) -> Verdict {
        self.requests_at.push_back(now);
        self.requests_at.retain(|at| at + 1000 > now);
        ensure(self.requests_at.len() <= MOST_REQUESTS, 13, || "too many requests in a second".to_owned())
    }

    /// Without faults, a message is sent to the database within a round trip and the time for collecting, and nothing
    /// is rewritten.
    fn check_delay(&self, commands: &[Vec<String>], now: u64) -> Verdict {
        let is_repair = self.durable.is_room() && commands.iter().any(|words| words[0] == "DEL");
        ensure(!is_repair, 10, || "a repair although nothing went wrong".to_owned())?;
        let pushes = commands.iter().filter(|words| words[0].starts_with("RPUSH"));
        let sent =
            pushes.flat_map(|words| &words[2..]).filter_map(|json| serde_json::from_str::<Value>(json).ok());
        let delay_ms =
            sent.filter_map(|message| message["timestamp"].as_u64()).map(|at| now.saturating_sub(at)).max();
        ensure(delay_ms.unwrap_or(0) <= LONGEST_DELAY_MS, 10, || format!("sent after {delay_ms:?} ms"))
    }

    /// `create` says that the database has the room, `destroy` that it has nothing.
    pub fn answered_for_redis(
        &mut self,
        api_request: &ApiRequest,
        status: u16,
        redis: &Redis,
        now: u64,
    ) -> Verdict {
        if !self.rules.has_database || self.is_tampered || self.strays > 0 {
            return Ok(());
        }
        match (api_request.method, status) {
            ("POST", 201) if api_request.path.ends_with("/create") => {
                let is_there = redis.keys(now).any(|(key, _)| key.starts_with("meta:"));
                ensure(is_there, 5, || "201 for a room that the database does not hold".to_owned())
            }
            ("DELETE", 204) => ensure(redis.keys(now).next().is_none(), 5, || {
                "204 while the database holds a key".to_owned()
            }),
            _ => Ok(()),
        }
    }

    fn check_elements(&self, elements: &[&str]) -> Verdict {
        let first = self.durable.messages.iter().position(|row| Some(&&*row.json) == elements.first());
        let rows = self.durable.messages.iter().skip(first.unwrap_or(usize::MAX)).map(|row| &*row.json);
        let are_durable = rows.take(elements.len()).eq(elements.iter().copied());
        ensure(are_durable, 5, || "Redis is sent what is not durable".to_owned())
    }

    /// Twice the room's lifetime, but at most until a minute after its maximum lifetime.
    fn check_time_to_live(&self, ms: u64, now: u64) -> Verdict {
        let longest = (self.durable.ends_by() + 60_000).saturating_sub(now);
        let is_twice = ms == self.rules.ttl_seconds * 2_000 && ms <= longest + MOST_HELD_MS;
        let is_longest = ms.abs_diff(longest) <= MOST_HELD_MS && ms <= self.rules.ttl_seconds * 2_000;
        ensure(is_twice || is_longest || self.rates.does_clock_jump, 9, || {
            format!("a time to live of {ms} ms")
        })
    }

    fn check_hash(&self, fields: &[&str]) -> Verdict {
        let connected = fields.chunks(2).find(|pair| pair[0] == "connected").map(|pair| pair[1]);
        let sent: Value = serde_json::from_str(connected.unwrap_or("[]")).unwrap_or_default();
        let sent: Vec<&str> = sent.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let durable: Vec<&str> =
            self.durable.room.iter().flat_map(|room| &room.seats).map(String::as_str).collect();
        ensure(sent == durable, 5, || {
            format!("Redis is sent {} seats, {} are in the durable journal", sent.len(), durable.len())
        })
    }

    /// The object lost its memory. The database may never get the changes that were waiting there.
    pub fn memory_lost(&mut self) {
        self.may_replica_differ = true;
        self.may_lack_an_append = true;
    }

    /// Nobody is connected, so nobody has to be notified.
    pub fn all_sockets_lost(&mut self) {
        self.is_announcement_missing = false;
    }

    /// Somebody else changed the keys.
    pub fn tampered(&mut self, tampering: Tampering) {
        self.may_replica_differ = true;
        self.is_tampered = true;
        self.is_list_foreign |= tampering == Tampering::Appended;
    }

    /// A request ran.
    pub fn request_ran(&mut self, run: &RequestRun, redis: &Redis, now: u64) -> Verdict {
        if run.is_stray {
            self.may_replica_differ = true;
            self.strays += 1;
        } else if run
            .commands
            .first()
            .is_some_and(|command| command.first().is_some_and(|verb| verb == "DEL"))
        {
            self.may_replica_differ = false;
            self.is_tampered = false;
            self.strays = 0;
            self.may_lack_an_append = false;
            self.is_list_foreign = false;
        }
        for (key, entry) in redis.keys(now) {
            ensure(key.ends_with(&self.room), 10, || format!("a key of no room: {key}"))?;
            let kind = key.split(':').next().unwrap_or_default();
            let end = entry.expires_at;
            ensure(end.is_some(), 9, || format!("`{kind}` has no time to live"))?;
            let most = (now + self.rules.ttl_seconds * 2_000).min(self.ends_by + 60_000 + LATENESS_MS);
            ensure(end.is_none_or(|at| at <= most), 9, || format!("`{kind}` lives too long"))?;
            if let Stored::List(list) = &entry.stored {
                self.check_list(list)?;
            }
        }
        Ok(())
    }

    fn check_list(&self, list: &[Rc<str>]) -> Verdict {
        let are_rows = list.iter().all(|element| self.row_set.contains(element));
        ensure(are_rows || self.is_list_foreign, 10, || "the list holds what no journal holds".to_owned())?;
        let is_prefix = self.rows.starts_with(list);
        ensure(is_prefix || self.may_replica_differ, 10, || "the list is no history of the room".to_owned())
    }

    /// Whether the room notices a difference only with its next message: keys that somebody else changed, an append
    /// that was lost with the memory while the sockets stayed open, or an announcement that a failed event did not
    /// send.
    pub fn needs_a_message(&self) -> bool {
        self.is_tampered || self.may_lack_an_append || self.is_announcement_missing
    }

    /// Whether the list may have the right length by accident: since the last rewrite, two requests ran late or twice,
    /// or one did and an append was lost. The room compares only lengths, so it cannot notice this.
    pub fn may_count_right_by_accident(&self) -> bool {
        self.strays > 1 || (self.strays > 0 && self.may_lack_an_append)
    }

    /// The rows that the list should contain now.
    pub fn rows(&self) -> &[Rc<str>] {
        &self.rows
    }
}
