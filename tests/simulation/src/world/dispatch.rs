//! Carries out the scheduled events: what arrives at the object, at a client and at the database, timers and actions.

use super::{SimEvent, World};
use crate::{
    auditor::Verdict,
    faults::FaultPeriod,
    host::EventFault,
    network::{CallKey, Caller, ConnectionKey, Down, Up},
    rng::Part,
};

impl World {
    pub(super) fn handle(&mut self, event: SimEvent) -> Verdict {
        match event {
            SimEvent::CallArrives(key) => self.call_arrives(key),
            SimEvent::AnswerArrives(key) => self.answer_arrives(key),
            SimEvent::ObjectReceives(connection) => self.object_receives(connection),
            SimEvent::ClientReceives(connection) => self.client_receives(connection),
            SimEvent::ClientNoticesLoss(connection) => self.client_notices_loss(connection),
            SimEvent::ObjectNoticesLoss(connection) => self.object_notices_loss(connection),
            SimEvent::Durable(number) => return self.durable(number),
            SimEvent::AlarmDue(count) => {
                let fault = self.draw_likely_event_fault();
                self.host.alarm_due(count, fault, &mut self.sim, &self.faults);
            }
            SimEvent::AlarmAgain => self.host.alarm_again(&mut self.sim, &self.faults),
            SimEvent::TimerDue(count) => {
                let fault = self.draw_event_fault();
                self.host.timer_due(count, fault, &mut self.sim, &self.faults);
            }
            SimEvent::IdleCheck(count) => {
                let sleeps = self.host.idle_check(count, &mut self.sim);
                if sleeps && self.people.iter().any(|person| person.unconfirmed() > 0) {
                    self.auditor.record("the object slept while a client waited for a confirmation");
                }
            }
            SimEvent::RedisRuns { key, is_again } => return self.redis_runs(key, is_again),
            SimEvent::RedisReplies { key, is_answered } => self.redis_replies(key, is_answered),
            SimEvent::GiveUp { client, call } => {
                let (person, mut context) = self.person(client);
                person.on_timeout(call, &mut context);
            }
            SimEvent::ClientTimer { client, timer, count } => {
                let (person, mut context) = self.person(client);
                person.on_timer(timer, count, &mut context);
            }
            SimEvent::Acts(client) => self.acts(client),
            SimEvent::StrangerActs => self.stranger_acts(),
            SimEvent::FaultPeriodBegins(period) => self.fault_period_begins(period),
            SimEvent::FaultPeriodEnds(period) => self.faults.end(period),
        }
        Ok(())
    }

    /// Draws the fault of the next event.
    fn draw_event_fault(&mut self) -> EventFault {
        if let Some(fault) = self.next_event_fault.take() {
            return fault;
        }
        let (sim, faults) = (&mut self.sim, &self.faults);
        if faults.occurs(sim, Part::Host, "panic", |rates| rates.panics) {
            EventFault::Panic(sim.rng.below(Part::Host, "panic after writes", 4) as u32)
        } else if faults.occurs(sim, Part::Host, "statement", |rates| rates.failing_statements) {
            EventFault::StatementFails(sim.rng.below(Part::Host, "which statement", 6) as u32)
        } else {
            EventFault::None
        }
    }

    /// The same with a higher chance, for a rare event.
    fn draw_likely_event_fault(&mut self) -> EventFault {
        let faults = (0..10).map(|_| self.draw_event_fault());
        faults
            .reduce(|one, other| if one == EventFault::None { other } else { one })
            .unwrap_or(EventFault::None)
    }

    fn call_arrives(&mut self, key: CallKey) {
        self.report_api_requests();
        let Some(api_request) = self.api_requests.get(&key).cloned() else { return };
        let fault = if api_request.method == "DELETE" {
            self.draw_likely_event_fault()
        } else {
            self.draw_event_fault()
        };
        self.host.call(key, &api_request, fault, &mut self.sim, &self.faults);
    }

    fn answer_arrives(&mut self, key: CallKey) {
        let Some(call) = self.network.calls.remove(&key) else { return };
        let Some(answer) = call.answer else { return };
        self.sim.note("network", || format!("call {key} is answered {}", answer.status));
        match call.caller {
            Caller::Client(client) => {
                let (person, mut context) = self.person(client);
                person.on_answer(key, &answer, &mut context);
            }
            _ if call.request.path.ends_with("/create") => self.creation = Some(answer),
            _ => {}
        }
    }

    fn object_receives(&mut self, key: ConnectionKey) {
        let caller = self.network.connections.get(&key).map(|connection| connection.caller);
        let Some((Some(socket), packet)) = self.network.take_up(key) else { return };
        match packet {
            Up::Ping if self.host.is_open(socket) => {
                self.network.send_down(key, Down::Pong, &mut self.sim, &self.faults);
            }
            Up::Ping => {}
            Up::Closed => self.object_notices_loss(key),
            Up::Text(text) => {
                let participant = match caller {
                    Some(Caller::Client(client) | Caller::OtherProgram(client)) => {
                        self.people[client].identity.participant()
                    }
                    _ => "",
                };
                self.auditor.frame_sent(participant, &text);
                let fault = self.draw_event_fault();
                self.host.frame(socket, Some(&text), fault, &mut self.sim, &self.faults);
            }
            Up::Binary => self.host.frame(socket, None, EventFault::None, &mut self.sim, &self.faults),
        }
    }

    fn client_receives(&mut self, key: ConnectionKey) {
        let Some((caller, packet)) = self.network.take_down(key) else { return };
        if matches!(packet, Down::Closed(_)) {
            // The client answers the close, as the WebSocket protocol requires.
            self.network.send_up(key, Up::Closed, &mut self.sim, &self.faults);
        }
        let Caller::Client(client) = caller else { return };
        let call = self.connection_calls.get(&key).copied();
        if !matches!(packet, Down::Pong) {
            self.sim
                .note(self.people[client].identity.name, || format!("socket {key}: {}", debug_text(&packet)));
        }
        let (person, mut context) = self.person(client);
        person.on_packet(key, call, &packet, &mut context);
    }

    fn client_notices_loss(&mut self, key: ConnectionKey) {
        let Some(connection) =
            self.network.connections.get_mut(&key).filter(|connection| connection.is_client_open)
        else {
            return;
        };
        connection.is_client_open = false;
        if let Caller::Client(client) = connection.caller
            && self.people[client].connection() == Some(key)
        {
            let (person, mut context) = self.person(client);
            person.lose_connection(&mut context);
        }
    }

    fn object_notices_loss(&mut self, key: ConnectionKey) {
        let Some(connection) = self.network.connections.get_mut(&key) else { return };
        connection.is_server_open = false;
        if let Some(socket) = connection.socket {
            self.auditor.forget_socket(socket);
            let fault = self.draw_event_fault();
            self.host.socket_closed(socket, fault, &mut self.sim, &self.faults);
        }
    }

    fn durable(&mut self, number: u64) -> Verdict {
        while self.host.commit_one(number) {
            self.auditor.durable_journal_is(&self.host.disk.durable_dump())?;
            self.deliver()?;
        }
        Ok(())
    }

    fn redis_runs(&mut self, key: u64, is_again: bool) -> Verdict {
        let host = &self.host;
        let run = self.redis.run(key, is_again, |incarnation, id| host.awaits(incarnation, id), self.sim.now);
        let Some(run) = run else { return Ok(()) };
        self.sim.note("redis", || {
            let verbs: Vec<&str> = run.commands.iter().map(|command| command[0].as_str()).collect();
            format!("runs {key}: {}{}", verbs.join(" "), if run.is_stray { ", late or again" } else { "" })
        });
        if run.is_stray {
            self.auditor.record("a request ran late or again");
            if self.auditor.has_ended() {
                self.auditor.record("a request ran after the room's end");
            }
        }
        self.auditor.request_ran(&run, &self.redis, self.sim.now)
    }

    fn redis_replies(&mut self, key: u64, is_answered: bool) {
        let Some((incarnation, id, reply)) = self.redis.reply(key, is_answered) else { return };
        if self.redis.has_run(key) && reply.as_ref().is_some_and(|(status, _)| *status >= 500) {
            self.auditor.record("a request was applied and answered with an error");
        }
        let fault = self.draw_event_fault();
        self.host.reply((incarnation, id), reply.as_ref(), fault, &mut self.sim, &self.faults);
    }

    fn fault_period_begins(&mut self, period: FaultPeriod) {
        if self.faults.is_off {
            return;
        }
        self.faults.begin(period);
        if let FaultPeriod::Offline(client) = period {
            self.cut_off(client);
        }
    }
}

fn debug_text(packet: &Down) -> String {
    match packet {
        Down::Text(text) => text.chars().take(160).collect(),
        other => format!("{other:?}"),
    }
}
