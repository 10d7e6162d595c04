//! A Redis behind Upstash's REST API. It implements the commands that Duet uses, and every way in which a request can
//! fail.

use std::{collections::BTreeMap, rc::Rc};

use duet::replica::{RequestId, RestRequest};
use serde_json::{Value, json};

use crate::{
    faults::{FaultInjector, FaultPeriod},
    rng::Part,
    sim::Sim,
    world::SimEvent,
};

/// The longest delay of a late request. The room checks again after a minute, and its clock may jump by 20 s meanwhile.
const LATEST_MS: u64 = 35_000;

/// A value in Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A hash.
    Hash(BTreeMap<String, String>),
    /// A list.
    List(Vec<Rc<str>>),
}

/// A key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its value.
    pub stored: Stored,
    /// When it expires; `None` means never, which must not happen.
    pub expires_at: Option<u64>,
}

/// A request in flight.
struct Request {
    incarnation: u64,
    id: RequestId,
    commands: Vec<Vec<String>>,
    is_single: bool,
    /// The answer, which may still get lost.
    answer: (u16, String),
    has_run: bool,
    /// Whether nobody expected it any more when it ran: it was late, or it ran for the second time.
    is_stray: bool,
}

/// What one run of a request did, for the auditor.
#[derive(Clone, Debug)]
pub struct RequestRun {
    /// The commands.
    pub commands: Rc<Vec<Vec<String>>>,
    /// Whether nobody expects it any more: it is late, or it runs for the second time.
    pub is_stray: bool,
}

/// A change of the keys by somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// All keys are gone.
    Wiped,
    /// Somebody else appended to the list.
    Appended,
}

/// The database.
#[derive(Default)]
pub struct Redis {
    keys: BTreeMap<String, Entry>,
    requests: BTreeMap<u64, Request>,
    count: u64,
    /// Requests that arrived so far.
    pub received: u64,
    /// Requests that ran so far.
    pub runs: u64,
}

/// The status and the body of an answer.
pub type HttpReply = (u16, String);

impl Redis {
    /// The keys that have not expired.
    pub fn keys(&self, now: u64) -> impl Iterator<Item = (&str, &Entry)> {
        let is_unexpired = move |(_, entry): &(&String, &Entry)| entry.expires_at.is_none_or(|at| now < at);
        self.keys.iter().filter(is_unexpired).map(|(key, entry)| (key.as_str(), entry))
    }

    /// The list under a key.
    pub fn list(&self, key: &str, now: u64) -> &[Rc<str>] {
        match self.keys(now).find(|(name, _)| *name == key).map(|(_, entry)| &entry.stored) {
            Some(Stored::List(list)) => list,
            _ => &[],
        }
    }

    /// The hash under a key.
    pub fn meta(&self, key: &str, now: u64) -> Option<&BTreeMap<String, String>> {
        match self.keys(now).find(|(name, _)| *name == key).map(|(_, entry)| &entry.stored) {
            Some(Stored::Hash(hash)) => Some(hash),
            _ => None,
        }
    }

    /// Whether no request is still going to run.
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty()
    }

    /// A request left the object. Draws its fate.
    pub fn receive(
        &mut self,
        incarnation: u64,
        id: RequestId,
        request: &RestRequest,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        self.received += 1;
        self.count += 1;
        let key = self.count;
        let (commands, is_single) = parse(request);
        let to_redis = faults.delay(sim, Part::Redis, "to Redis");
        let back = faults.delay(sim, Part::Redis, "back");
        let hit = |sim: &mut Sim, name, rate: fn(&crate::faults::FaultRates) -> u64| {
            faults.occurs(sim, Part::Redis, name, rate)
        };
        let mut entry = Request {
            incarnation,
            id,
            commands,
            is_single,
            answer: (0, String::new()),
            has_run: false,
            is_stray: false,
        };
        if faults.has(FaultPeriod::RedisDead) {
            // Some connections are refused at once, others hang.
            if sim.rng.chance(Part::Redis, "hangs", 1, 2) {
                return;
            }
            self.requests.insert(key, entry);
            return sim.after(back, SimEvent::RedisReplies { key, is_answered: false });
        }
        if faults.has(FaultPeriod::RedisBreaks) {
            entry.answer = (500, "<html>".to_owned());
            self.requests.insert(key, entry);
            sim.after(to_redis, SimEvent::RedisRuns { key, is_again: false });
            return sim.after(to_redis + back, SimEvent::RedisReplies { key, is_answered: true });
        }
        if let Some(status) = faults.redis_refusal() {
            entry.answer = (status, r#"{"error":"refused"}"#.to_owned());
            self.requests.insert(key, entry);
            return sim.after(back, SimEvent::RedisReplies { key, is_answered: true });
        }
        if hit(sim, "lost", |rates| rates.redis_lost) {
            if sim.rng.chance(Part::Redis, "hangs", 1, 2) {
                return;
            }
            self.requests.insert(key, entry);
            return sim.after(back, SimEvent::RedisReplies { key, is_answered: false });
        }
        if hit(sim, "refused", |rates| rates.redis_refused) {
            let status = [429, 400, 401][sim.rng.below(Part::Redis, "status", 3) as usize];
            entry.answer = (status, r#"{"error":"ERR refused"}"#.to_owned());
            self.requests.insert(key, entry);
            return sim.after(back, SimEvent::RedisReplies { key, is_answered: true });
        }
        if hit(sim, "late", |rates| rates.redis_late) {
            let late = sim.rng.between(Part::Redis, "late by", 1_000, LATEST_MS);
            entry.is_stray = true;
            self.requests.insert(key, entry);
            if sim.rng.chance(Part::Redis, "fails at once", 1, 2) {
                sim.after(back, SimEvent::RedisReplies { key, is_answered: false });
            }
            return sim.after(late, SimEvent::RedisRuns { key, is_again: false });
        }
        if hit(sim, "broken", |rates| rates.redis_broken) {
            entry.answer =
                ([500, 502, 503][sim.rng.below(Part::Redis, "status", 3) as usize], "<html>".to_owned());
            self.requests.insert(key, entry);
            sim.after(back, SimEvent::RedisReplies { key, is_answered: true });
            if sim.rng.chance(Part::Redis, "did it", 1, 2) {
                let late = sim.rng.between(Part::Redis, "late by", 0, LATEST_MS);
                sim.after(late, SimEvent::RedisRuns { key, is_again: true });
            }
            return;
        }
        self.requests.insert(key, entry);
        sim.after(to_redis, SimEvent::RedisRuns { key, is_again: false });
        if hit(sim, "twice", |rates| rates.redis_twice) {
            let again = sim.rng.between(Part::Redis, "again after", 1, LATEST_MS);
            sim.after(to_redis + again, SimEvent::RedisRuns { key, is_again: true });
            // A request is sent twice if its first answer got lost.
            return sim.after(to_redis + back, SimEvent::RedisReplies { key, is_answered: false });
        }
        if hit(sim, "reply lost", |rates| rates.redis_reply_lost) {
            if sim.rng.chance(Part::Redis, "hangs", 1, 2) {
                return;
            }
            return sim.after(to_redis + back, SimEvent::RedisReplies { key, is_answered: false });
        }
        let is_garbage = hit(sim, "garbage", |rates| rates.redis_garbage);
        if is_garbage && let Some(request) = self.requests.get_mut(&key) {
            request.answer = (200, "<html>maintenance</html>".to_owned());
        }
        sim.after(to_redis + back, SimEvent::RedisReplies { key, is_answered: true });
    }

    /// Runs a request. It counts as late if the object no longer waits for it.
    pub fn run(
        &mut self,
        key: u64,
        is_again: bool,
        is_awaited: impl Fn(u64, RequestId) -> bool,
        now: u64,
    ) -> Option<RequestRun> {
        let request = self.requests.get(&key)?;
        let (commands, is_single) = (Rc::new(request.commands.clone()), request.is_single);
        let is_stray = request.is_stray || is_again || !is_awaited(request.incarnation, request.id);
        let results: Vec<Value> = commands.iter().map(|command| self.command(command, now)).collect();
        let request = self.requests.get_mut(&key)?;
        request.has_run = true;
        self.runs += 1;
        if request.answer.0 == 0 {
            request.answer = answer(results, is_single);
        }
        Some(RequestRun { commands, is_stray })
    }

    /// Whether a request ran.
    pub fn has_run(&self, key: u64) -> bool {
        self.requests.get(&key).is_some_and(|request| request.has_run)
    }

    /// The answer to a request arrives: the request that it belongs to, and its content. `None` as content means that
    /// no answer arrived.
    pub fn reply(&mut self, key: u64, is_answered: bool) -> Option<(u64, RequestId, Option<HttpReply>)> {
        let request = self.requests.get(&key)?;
        Some((request.incarnation, request.id, is_answered.then(|| request.answer.clone())))
    }

    /// Somebody else changes the keys.
    pub fn tamper(&mut self, tampering: Tampering) {
        match tampering {
            Tampering::Wiped => self.keys.clear(),
            Tampering::Appended => {
                for entry in self.keys.values_mut() {
                    let Stored::List(list) = &mut entry.stored else { continue };
                    // More than one element, so that a lost append cannot make the length right again by accident.
                    list.extend(std::iter::repeat_n(Rc::from(r#"{"id":"foreign"}"#), 7));
                }
            }
        }
    }

    fn command(&mut self, command: &[String], now: u64) -> Value {
        self.keys.retain(|_, entry| entry.expires_at.is_none_or(|at| now < at));
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["HSET", key, fields @ ..] if !fields.is_empty() && fields.len() % 2 == 0 => {
                self.hset(key, fields)
            }
            ["PEXPIRE", key, ms] => self.pexpire(key, ms, now),
            ["RPUSH", key, elements @ ..] if !elements.is_empty() => self.rpush(key, elements, true),
            ["RPUSHX", key, elements @ ..] if !elements.is_empty() => self.rpush(key, elements, false),
            ["DEL", keys @ ..] if !keys.is_empty() => {
                result(keys.iter().filter(|key| self.keys.remove(**key).is_some()).count())
            }
            ["LLEN", key] => match self.keys.get(*key).map(|entry| &entry.stored) {
                None => result(0),
                Some(Stored::List(list)) => result(list.len()),
                Some(_) => wrong_type(),
            },
            _ => json!({"error": "ERR unknown command or wrong number of arguments"}),
        }
    }

    fn hset(&mut self, key: &str, fields: &[&str]) -> Value {
        let entry = self.keys.entry(key.to_owned());
        let entry =
            entry.or_insert_with(|| Entry { stored: Stored::Hash(BTreeMap::new()), expires_at: None });
        let Stored::Hash(hash) = &mut entry.stored else { return wrong_type() };
        let pairs = fields.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
        result(pairs.filter(|(field, value)| hash.insert(field.clone(), value.clone()).is_none()).count())
    }

    fn pexpire(&mut self, key: &str, ms: &str, now: u64) -> Value {
        let Ok(ms) = ms.parse::<i64>() else {
            return json!({"error": "ERR value is not an integer or out of range"});
        };
        let Some(entry) = self.keys.get_mut(key) else { return result(0) };
        entry.expires_at = Some(now.saturating_add_signed(ms));
        result(1)
    }

    fn rpush(&mut self, key: &str, elements: &[&str], makes_key: bool) -> Value {
        if !makes_key && !self.keys.contains_key(key) {
            return result(0);
        }
        let entry = self.keys.entry(key.to_owned());
        let entry = entry.or_insert_with(|| Entry { stored: Stored::List(vec![]), expires_at: None });
        let Stored::List(list) = &mut entry.stored else { return wrong_type() };
        list.extend(elements.iter().map(|element| Rc::from(*element)));
        result(list.len())
    }
}

fn result(number: usize) -> Value {
    json!({ "result": number })
}

fn wrong_type() -> Value {
    json!({"error": "WRONGTYPE Operation against a key holding the wrong kind of value"})
}

/// The answer in the form of the REST API: 400 if a single command fails, an array of results for a transaction.
fn answer(results: Vec<Value>, is_single: bool) -> (u16, String) {
    match results.as_slice() {
        [single] if is_single => (if single.get("error").is_some() { 400 } else { 200 }, single.to_string()),
        _ => (200, Value::Array(results).to_string()),
    }
}

/// The commands of a request, and whether it is a single one.
pub fn parse(request: &RestRequest) -> (Vec<Vec<String>>, bool) {
    let is_single = request.path == "/";
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let words = |command: &Value| {
        let words = command.as_array().into_iter().flatten();
        words.map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned)).collect()
    };
    let commands = if is_single {
        vec![words(&body)]
    } else {
        body.as_array().into_iter().flatten().map(words).collect()
    };
    (commands, is_single)
}
