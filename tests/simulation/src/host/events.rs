//! The events that reach the object: calls, frames, answers of the database, alarm and timer.

use std::rc::Rc;

use duet::{
    domain::EpochMs,
    replica::{Reply, RequestId},
    room::{CallId, Effects, Event, Frame, Room},
};

use super::{FrameSeen, Host, Leaving, Loss, Mishap, Socket, edge, gate::Context, open_sockets};
use crate::{
    auditor::Dump,
    dice::Part,
    stage::Stage,
    weather::Weather,
    wire::{Ask, CallKey, SocketKey},
    world::Happening,
};

impl Host {
    /// A call arrives. The Worker itself answers calls that need no object.
    pub fn call(&mut self, key: CallKey, ask: &Ask, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        self.next_call += 1;
        let random =
            std::array::from_fn(|place| (self.next_call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> place) as u8);
        let admitted = match edge::admit(ask, &self.id, random) {
            Ok(admitted) => admitted,
            Err(error) => return self.leaving.push(Leaving::Refused { call: key, error }),
        };
        let call = CallId(self.next_call);
        self.calls.insert(call, (key, stage.now));
        self.handle(admitted.event(call), mishap, stage, weather);
    }

    /// A frame arrives on a socket.
    pub fn frame(
        &mut self,
        socket: SocketKey,
        text: Option<&str>,
        mishap: Mishap,
        stage: &mut Stage,
        weather: &Weather,
    ) {
        let Some(socket) = self.id_of(socket) else { return };
        let frame = match text {
            Some(text) if text.len() > edge::MAX_FRAME_BYTES => Frame::TooLarge,
            Some(text) => Frame::Text(text),
            None => Frame::Binary,
        };
        self.handle(Event::Frame { socket, frame }, mishap, stage, weather);
    }

    /// A socket is closed by its client, or its connection is lost.
    pub fn socket_closed(&mut self, socket: SocketKey, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        let id = self.id_of(socket);
        if let (Some(Socket { owner, is_open, .. }), Some(socket)) = (self.sockets.remove(&socket), id) {
            let is_last = !open_sockets(&self.sockets).iter().any(|(_, other)| *other == owner);
            self.is_departure = is_open && is_last;
            self.handle(Event::SocketClosed { socket }, mishap, stage, weather);
        }
    }

    /// The answer to a request arrives. It is dropped if the memory was lost since the request.
    pub fn reply(
        &mut self,
        (life, request): (u64, RequestId),
        reply: Option<&(u16, String)>,
        mishap: Mishap,
        stage: &mut Stage,
        weather: &Weather,
    ) {
        if life != self.life {
            return;
        }
        if let Some(is_removal) = self.fetches.remove(&request) {
            let is_failure = reply.is_none_or(|(status, _)| *status != 200);
            self.failed_at = is_failure.then_some((stage.now, is_removal));
            let reply = reply.map(|(status, body)| Reply { status: *status, body });
            self.handle(Event::Reply { request, reply }, mishap, stage, weather);
        }
    }

    /// The alarm may be due.
    pub fn alarm_due(&mut self, count: u64, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        if count != self.alarm_count || self.alarm.is_none() {
            return;
        }
        if matches!(mishap, Mishap::Panic(_)) {
            // If an alarm handler fails, the platform calls it again.
            self.handle(Event::Alarm, mishap, stage, weather);
            self.plan_alarm(stage, weather);
        } else {
            self.alarm = None;
            self.handle(Event::Alarm, mishap, stage, weather);
            if weather.strikes(stage, Part::Host, "alarm again", |swarm| swarm.repeated_alarms) {
                let delay = stage.dice.below(Part::Host, "again after", 5_000);
                stage.after(delay, Happening::AlarmAgain);
            }
        }
    }

    /// The alarm rings at the wrong time.
    pub fn alarm_again(&mut self, stage: &mut Stage, weather: &Weather) {
        self.marks.push("an alarm rang again");
        self.handle(Event::Alarm, Mishap::None, stage, weather);
    }

    /// The timer may have run out.
    pub fn timer_due(&mut self, count: u64, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        if count == self.timer_count && self.timer.take().is_some() {
            self.handle(Event::Timer, mishap, stage, weather);
        }
    }

    fn handle(&mut self, event: Event<'_>, mishap: Mishap, stage: &mut Stage, weather: &Weather) {
        let clock = self.clock(stage.now);
        let call = match &event {
            Event::Request { call, .. } | Event::SocketRequested { call, .. } => Some(*call),
            _ => None,
        };
        let mut context = Context {
            clock,
            before: self.disk.newest_dump(),
            call: call.and_then(|call| self.calls.get(&call)).map(|(key, _)| *key),
            frame: self.frame_seen(&event),
            open_sockets: open_sockets(&self.sockets).len(),
            is_departure: std::mem::take(&mut self.is_departure),
            is_waking: self.room.is_none(),
            is_request_under_way: !self.fetches.is_empty(),
            has_mishap: mishap != Mishap::None,
            shown: stage.trace.is_kept().then(|| format!("{event:?}")),
        };
        if self.room.is_none() {
            stage.note("object", || "wakes".to_owned());
            if matches!(event, Event::SocketClosed { .. }) {
                self.marks.push("the object woke because a socket closed");
            }
        }
        let sockets = || open_sockets(&self.sockets);
        let room = self.room.get_or_insert_with(|| Room::new(self.id.clone(), self.settings, sockets()));
        self.disk.begin(mishap);
        let mut effects = std::mem::take(&mut self.effects);
        room.handle(event, EpochMs(clock), &self.disk, &mut effects);
        if let Some(shown) = &mut context.shown {
            *shown = format!("{shown} → {:?} {:?}", effects.storage, effects.output);
            stage.note("object", || shown.clone());
        }
        if matches!(mishap, Mishap::Panic(_)) {
            self.panic(&mut effects, context.before, stage, weather);
        } else {
            self.carry_out(&mut effects, context, stage, weather);
            self.plan_nap(stage);
        }
        self.effects = effects;
    }

    fn frame_seen(&self, event: &Event<'_>) -> Option<FrameSeen> {
        let Event::Frame { socket, frame } = event else { return None };
        let socket = self.key_of(*socket)?;
        let known = self.sockets.get(&socket)?;
        let text = match frame {
            Frame::Text(text) => Some((*text).to_owned()),
            Frame::TooLarge | Frame::Binary => None,
        };
        Some(FrameSeen { socket, owner: known.owner.as_str().to_owned(), text })
    }

    /// The object panics in an event: some of its writes remain, and it sends nothing.
    fn panic(&mut self, effects: &mut Effects, before: Rc<Dump>, stage: &mut Stage, weather: &Weather) {
        stage.note("object", || "panics before it is done".to_owned());
        if self.disk.has_written() {
            self.marks.push("a panic kept the memory's writes and lost their announcement");
        }
        effects.clear();
        self.disk.keep_what_stood_at_panic(self.alarm);
        self.panicked.push((before, self.disk.newest_dump()));
        self.plan_commit(stage, weather);
        self.lose_memory(Loss::Wiped, stage, weather);
    }
}
