//! The events that reach the object: calls, frames, answers of the database, alarm and timer.

use std::rc::Rc;

use duet::{
    domain::EpochMs,
    replica::{Reply, RequestId},
    room::{CallId, Effects, Event, Frame, Room},
};

use super::{EventFault, Host, MemoryLoss, Output, ReceivedFrame, Socket, edge, gate::Context, open_sockets};
use crate::{
    auditor::Dump,
    faults::FaultInjector,
    network::{ApiRequest, CallKey, SocketKey},
    rng::Part,
    sim::Sim,
    world::SimEvent,
};

impl Host {
    /// A call arrives. The Worker itself answers calls that need no object.
    pub fn call(
        &mut self,
        key: CallKey,
        api_request: &ApiRequest,
        fault: EventFault,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        self.next_call += 1;
        let random =
            std::array::from_fn(|index| (self.next_call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> index) as u8);
        let admitted = match edge::admit(api_request, &self.id, random) {
            Ok(admitted) => admitted,
            Err(error) => return self.released.push(Output::Refused { call: key, error }),
        };
        let call = CallId(self.next_call);
        self.calls.insert(call, (key, sim.now));
        self.handle(admitted.event(call), fault, sim, faults);
    }

    /// A frame arrives on a socket.
    pub fn frame(
        &mut self,
        socket: SocketKey,
        text: Option<&str>,
        fault: EventFault,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        let Some(socket) = self.id_of(socket) else { return };
        let frame = match text {
            Some(text) if text.len() > edge::MAX_FRAME_BYTES => Frame::TooLarge,
            Some(text) => Frame::Text(text),
            None => Frame::Binary,
        };
        self.handle(Event::Frame { socket, frame }, fault, sim, faults);
    }

    /// A socket is closed by its client, or its connection is lost.
    pub fn socket_closed(
        &mut self,
        socket: SocketKey,
        fault: EventFault,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        let id = self.id_of(socket);
        if let (Some(Socket { owner, is_open, .. }), Some(socket)) = (self.sockets.remove(&socket), id) {
            let is_last = !open_sockets(&self.sockets).iter().any(|(_, other)| *other == owner);
            self.is_departure = is_open && is_last;
            self.handle(Event::SocketClosed { socket }, fault, sim, faults);
        }
    }

    /// The answer to a request arrives. It is dropped if the memory was lost since the request.
    pub fn reply(
        &mut self,
        (incarnation, request): (u64, RequestId),
        reply: Option<&(u16, String)>,
        fault: EventFault,
        sim: &mut Sim,
        faults: &FaultInjector,
    ) {
        if incarnation != self.incarnation {
            return;
        }
        if let Some(is_removal) = self.fetches.remove(&request) {
            let is_failure = reply.is_none_or(|(status, _)| *status != 200);
            self.failed_at = is_failure.then_some((sim.now, is_removal));
            let reply = reply.map(|(status, body)| Reply { status: *status, body });
            self.handle(Event::Reply { request, reply }, fault, sim, faults);
        }
    }

    /// The alarm may be due.
    pub fn alarm_due(&mut self, count: u64, fault: EventFault, sim: &mut Sim, faults: &FaultInjector) {
        if count != self.alarm_count || self.alarm.is_none() {
            return;
        }
        if matches!(fault, EventFault::Panic(_)) {
            // If an alarm handler fails, the platform calls it again.
            self.handle(Event::Alarm, fault, sim, faults);
            self.plan_alarm(sim, faults);
        } else {
            self.alarm = None;
            self.handle(Event::Alarm, fault, sim, faults);
            if faults.occurs(sim, Part::Host, "alarm again", |rates| rates.repeated_alarms) {
                let delay = sim.rng.below(Part::Host, "again after", 5_000);
                sim.after(delay, SimEvent::AlarmAgain);
            }
        }
    }

    /// The alarm rings at the wrong time.
    pub fn alarm_again(&mut self, sim: &mut Sim, faults: &FaultInjector) {
        self.rare_states.push("an alarm rang again");
        self.handle(Event::Alarm, EventFault::None, sim, faults);
    }

    /// The timer may have run out.
    pub fn timer_due(&mut self, count: u64, fault: EventFault, sim: &mut Sim, faults: &FaultInjector) {
        if count == self.timer_count && self.timer.take().is_some() {
            self.handle(Event::Timer, fault, sim, faults);
        }
    }

    fn handle(&mut self, event: Event<'_>, fault: EventFault, sim: &mut Sim, faults: &FaultInjector) {
        let clock = self.clock(sim.now);
        let call = match &event {
            Event::Request { call, .. } | Event::SocketRequested { call, .. } => Some(*call),
            _ => None,
        };
        let mut context = Context {
            clock,
            before: self.disk.newest_dump(),
            call: call.and_then(|call| self.calls.get(&call)).map(|(key, _)| *key),
            frame: self.received_frame(&event),
            open_sockets: open_sockets(&self.sockets).len(),
            is_departure: std::mem::take(&mut self.is_departure),
            is_waking: self.room.is_none(),
            is_request_in_flight: !self.fetches.is_empty(),
            has_fault: fault != EventFault::None,
            debug_text: sim.trace.is_kept().then(|| format!("{event:?}")),
        };
        if self.room.is_none() {
            sim.note("object", || "wakes".to_owned());
            if matches!(event, Event::SocketClosed { .. }) {
                self.rare_states.push("the object woke because a socket closed");
            }
        }
        let sockets = || open_sockets(&self.sockets);
        let room = self.room.get_or_insert_with(|| Room::new(self.id.clone(), self.settings, sockets()));
        self.disk.begin(fault);
        let mut effects = std::mem::take(&mut self.effects);
        room.handle(event, EpochMs(clock), &self.disk, &mut effects);
        if let Some(debug_text) = &mut context.debug_text {
            *debug_text = format!("{debug_text} → {:?} {:?}", effects.storage, effects.output);
            sim.note("object", || debug_text.clone());
        }
        if matches!(fault, EventFault::Panic(_)) {
            self.panic(&mut effects, context.before, sim, faults);
        } else {
            self.carry_out(&mut effects, context, sim, faults);
            self.plan_idle_check(sim);
        }
        self.effects = effects;
    }

    fn received_frame(&self, event: &Event<'_>) -> Option<ReceivedFrame> {
        let Event::Frame { socket, frame } = event else { return None };
        let socket = self.key_of(*socket)?;
        let known = self.sockets.get(&socket)?;
        let text = match frame {
            Frame::Text(text) => Some((*text).to_owned()),
            Frame::TooLarge | Frame::Binary => None,
        };
        Some(ReceivedFrame { socket, owner: known.owner.as_str().to_owned(), text })
    }

    /// The object panics in an event: some of its writes remain, and it sends nothing.
    fn panic(&mut self, effects: &mut Effects, before: Rc<Dump>, sim: &mut Sim, faults: &FaultInjector) {
        sim.note("object", || "panics before it is done".to_owned());
        if self.disk.has_written() {
            self.rare_states.push("a panic kept the memory's writes and lost their announcement");
        }
        effects.clear();
        self.disk.snapshot_at_panic(self.alarm);
        self.panicked.push((before, self.disk.newest_dump()));
        self.plan_commit(sim, faults);
        self.lose_memory(MemoryLoss::Wiped, sim, faults);
    }
}
