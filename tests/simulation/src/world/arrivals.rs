//! Arrivals at the object, at a client and at the database.

use super::{Happening, World};
use crate::{
    auditor::Verdict,
    dice::Part,
    host::Mishap,
    weather::Spell,
    wire::{CallKey, Down, PipeKey, Up, Who},
};

impl World {
    pub(super) fn act(&mut self, happening: Happening) -> Verdict {
        match happening {
            Happening::CallArrives(key) => self.call_arrives(key),
            Happening::AnswerArrives(key) => self.answer_arrives(key),
            Happening::LineUp(pipe) => self.line_up(pipe),
            Happening::LineDown(pipe) => self.line_down(pipe),
            Happening::ClientNotices(pipe) => self.client_notices(pipe),
            Happening::ObjectNotices(pipe) => self.object_notices(pipe),
            Happening::Durable(number) => return self.durable(number),
            Happening::AlarmDue(count) => {
                let mishap = self.likely_mishap();
                self.host.alarm_due(count, mishap, &mut self.stage, &self.weather);
            }
            Happening::AlarmAgain => self.host.alarm_again(&mut self.stage, &self.weather),
            Happening::TimerDue(count) => {
                let mishap = self.mishap();
                self.host.timer_due(count, mishap, &mut self.stage, &self.weather);
            }
            Happening::IdleCheck(count) => {
                let sleeps = self.host.idle_check(count, &mut self.stage);
                if sleeps && self.people.iter().any(|person| person.unconfirmed() > 0) {
                    self.auditor.mark("the object slept while a client waited for a confirmation");
                }
            }
            Happening::RedisRuns { key, is_again } => return self.redis_runs(key, is_again),
            Happening::RedisReplies { key, is_answered } => self.redis_replies(key, is_answered),
            Happening::GiveUp { client, call } => {
                let (person, mut means) = self.person(client);
                person.give_up(call, &mut means);
            }
            Happening::ClientTimer { client, timer, count } => {
                let (person, mut means) = self.person(client);
                person.on_timer(timer, count, &mut means);
            }
            Happening::Acts(client) => self.acts(client),
            Happening::StrangerActs => self.stranger_acts(),
            Happening::SpellBegins(spell) => self.spell_begins(spell),
            Happening::SpellEnds(spell) => self.weather.end(spell),
        }
        Ok(())
    }

    /// Draws the mishap of the next event.
    fn mishap(&mut self) -> Mishap {
        if let Some(mishap) = self.next_mishap.take() {
            return mishap;
        }
        let (stage, weather) = (&mut self.stage, &self.weather);
        if weather.strikes(stage, Part::Host, "panic", |swarm| swarm.panics) {
            Mishap::Panic(stage.dice.below(Part::Host, "panic after writes", 4) as u32)
        } else if weather.strikes(stage, Part::Host, "statement", |swarm| swarm.failing_statements) {
            Mishap::StatementFails(stage.dice.below(Part::Host, "which statement", 6) as u32)
        } else {
            Mishap::None
        }
    }

    /// The same with a higher chance, for a rare event.
    fn likely_mishap(&mut self) -> Mishap {
        let mishaps = (0..10).map(|_| self.mishap());
        mishaps.reduce(|one, other| if one == Mishap::None { other } else { one }).unwrap_or(Mishap::None)
    }

    fn call_arrives(&mut self, key: CallKey) {
        self.note_asks();
        let Some(ask) = self.asks.get(&key).cloned() else { return };
        let mishap = if ask.method == "DELETE" { self.likely_mishap() } else { self.mishap() };
        self.host.call(key, &ask, mishap, &mut self.stage, &self.weather);
    }

    fn answer_arrives(&mut self, key: CallKey) {
        let Some(call) = self.wire.calls.remove(&key) else { return };
        let Some(answer) = call.answer else { return };
        self.stage.note("wire", || format!("call {key} is answered {}", answer.status));
        match call.who {
            Who::Client(client) => {
                let (person, mut means) = self.person(client);
                person.on_answer(key, &answer, &mut means);
            }
            _ if call.ask.path.ends_with("/create") => self.creation = Some(answer),
            _ => {}
        }
    }

    fn line_up(&mut self, key: PipeKey) {
        let who = self.wire.pipes.get(&key).map(|pipe| pipe.who);
        let Some((Some(socket), line)) = self.wire.take_up(key) else { return };
        match line {
            Up::Ping if self.host.is_open(socket) => {
                self.wire.send_down(key, Down::Pong, &mut self.stage, &self.weather);
            }
            Up::Ping => {}
            Up::Closed => self.object_notices(key),
            Up::Text(text) => {
                let participant = match who {
                    Some(Who::Client(client) | Who::Nuisance(client)) => {
                        self.people[client].identity.participant()
                    }
                    _ => "",
                };
                self.auditor.framed(participant, &text);
                let mishap = self.mishap();
                self.host.frame(socket, Some(&text), mishap, &mut self.stage, &self.weather);
            }
            Up::Binary => self.host.frame(socket, None, Mishap::None, &mut self.stage, &self.weather),
        }
    }

    fn line_down(&mut self, key: PipeKey) {
        let Some((who, line)) = self.wire.take_down(key) else { return };
        if matches!(line, Down::Closed(_)) {
            // The client answers the close, as the WebSocket protocol requires.
            self.wire.send_up(key, Up::Closed, &mut self.stage, &self.weather);
        }
        let Who::Client(client) = who else { return };
        let call = self.pipe_calls.get(&key).copied();
        if !matches!(line, Down::Pong) {
            self.stage.note(self.people[client].identity.name, || format!("socket {key}: {}", shown(&line)));
        }
        let (person, mut means) = self.person(client);
        person.on_line(key, call, &line, &mut means);
    }

    fn client_notices(&mut self, key: PipeKey) {
        let Some(pipe) = self.wire.pipes.get_mut(&key).filter(|pipe| pipe.is_client_open) else { return };
        pipe.is_client_open = false;
        if let Who::Client(client) = pipe.who
            && self.people[client].pipe() == Some(key)
        {
            let (person, mut means) = self.person(client);
            person.lose_connection(&mut means);
        }
    }

    fn object_notices(&mut self, key: PipeKey) {
        let Some(pipe) = self.wire.pipes.get_mut(&key) else { return };
        pipe.is_server_open = false;
        if let Some(socket) = pipe.socket {
            self.auditor.forget_socket(socket);
            let mishap = self.mishap();
            self.host.socket_closed(socket, mishap, &mut self.stage, &self.weather);
        }
    }

    fn durable(&mut self, number: u64) -> Verdict {
        while self.host.commit_one(number) {
            self.auditor.safe_is(&self.host.disk.safe_dump())?;
            self.deliver()?;
        }
        Ok(())
    }

    fn redis_runs(&mut self, key: u64, is_again: bool) -> Verdict {
        let host = &self.host;
        let ran = self.redis.run(key, is_again, |life, id| host.awaits(life, id), self.stage.now);
        let Some(ran) = ran else { return Ok(()) };
        self.stage.note("redis", || {
            let verbs: Vec<&str> = ran.commands.iter().map(|command| command[0].as_str()).collect();
            format!("runs {key}: {}{}", verbs.join(" "), if ran.is_stray { ", late or again" } else { "" })
        });
        if ran.is_stray {
            self.auditor.mark("a request ran late or again");
            if self.auditor.is_gone() {
                self.auditor.mark("a request ran after the room's end");
            }
        }
        self.auditor.ran(&ran, &self.redis, self.stage.now)
    }

    fn redis_replies(&mut self, key: u64, is_answered: bool) {
        let Some((life, id, reply)) = self.redis.reply(key, is_answered) else { return };
        if self.redis.has_run(key) && reply.as_ref().is_some_and(|(status, _)| *status >= 500) {
            self.auditor.mark("a request was applied and answered with an error");
        }
        let mishap = self.mishap();
        self.host.reply((life, id), reply.as_ref(), mishap, &mut self.stage, &self.weather);
    }

    fn spell_begins(&mut self, spell: Spell) {
        if self.weather.is_calm {
            return;
        }
        self.weather.begin(spell);
        if let Spell::Offline(client) = spell {
            self.cut_off(client);
        }
    }
}

fn shown(line: &Down) -> String {
    match line {
        Down::Text(text) => text.chars().take(160).collect(),
        other => format!("{other:?}"),
    }
}
