//! The output of the object: the auditor checks it, and the world delivers it.

use duet::{
    replica::{RequestId, RestRequest},
    wire,
};

use super::World;
use crate::{
    auditor::Verdict,
    dice::Part,
    host::Leaving,
    redis::Outside,
    wire::{Answer, CallKey, Down, PipeKey, SocketKey},
};

impl World {
    /// Lets the auditor check what the object did, and delivers everything that left it.
    pub fn look_around(&mut self) -> Verdict {
        self.note_asks();
        for handled in std::mem::take(&mut self.host.handled) {
            self.events += 1;
            let ask = handled.call.and_then(|call| self.asks.get(&call)).cloned();
            self.auditor.handled(&handled, ask.as_deref())?;
        }
        for (before, after) in std::mem::take(&mut self.host.panicked) {
            self.auditor.panicked(&before, &after);
        }
        for mark in std::mem::take(&mut self.host.marks) {
            self.auditor.mark(mark);
        }
        self.deliver()?;
        self.after_losses()?;
        self.note_asks();
        if self.steps.is_multiple_of(64) {
            self.wire.sweep();
        }
        Ok(())
    }

    fn after_losses(&mut self) -> Verdict {
        if !std::mem::take(&mut self.host.has_crashed) {
            return Ok(());
        }
        self.auditor.memory_lost();
        if self.host.online().is_empty() {
            self.auditor.all_sockets_lost();
        }
        self.auditor.safe_is(&self.host.disk.safe_dump())?;
        for pipe in std::mem::take(&mut self.host.dropped) {
            // Frames that are still in transit to the object are lost.
            if let Some(socket) = self.wire.pipes.get_mut(&pipe).and_then(|pipe| pipe.socket.take()) {
                self.auditor.forget_socket(socket);
            }
            self.wire.send_down(pipe, Down::Closed(1006), &mut self.stage, &self.weather);
        }
        for call in std::mem::take(&mut self.host.failed_calls) {
            self.worker_answers(call, &wire::ApiError::StoreUnavailable("the room could not be reached"));
        }
        Ok(())
    }

    /// The Worker answers in the object's place.
    fn worker_answers(&mut self, call: CallKey, error: &wire::ApiError) {
        let is_upgrade = self.asks.get(&call).is_some_and(|ask| ask.is_upgrade);
        if is_upgrade {
            let pipe = self.open_pipe(call, None);
            self.wire.send_down(pipe, Down::Closed(error.close().code), &mut self.stage, &self.weather);
        } else {
            let answer = Answer { status: error.status(), body: error.to_json() };
            self.wire.answer(call, answer, &mut self.stage, &self.weather);
        }
    }

    fn open_pipe(&mut self, call: CallKey, socket: Option<SocketKey>) -> PipeKey {
        let pipe = self.wire.open(call, socket, &mut self.stage, &self.weather);
        self.pipe_calls.insert(pipe, call);
        pipe
    }

    pub(super) fn deliver(&mut self) -> Verdict {
        for leaving in std::mem::take(&mut self.host.leaving) {
            match leaving {
                Leaving::Answered { call, answer, after_ms } => {
                    self.deliver_answer(call, answer, after_ms)?
                }
                Leaving::Accepted { call, socket } => self.deliver_socket(call, socket)?,
                Leaving::Refused { call, error } => self.deliver_refusal(call, &error),
                Leaving::Sent { to, frame } => {
                    self.auditor.sent(&to, &frame)?;
                    for pipe in self.writable(&to) {
                        self.wire.send_down(pipe, Down::Text(frame.clone()), &mut self.stage, &self.weather);
                    }
                }
                Leaving::Closed { sockets, code } => {
                    self.auditor.closed(&sockets, code)?;
                    for pipe in self.writable(&sockets) {
                        self.wire.send_down(pipe, Down::Closed(code), &mut self.stage, &self.weather);
                    }
                }
                Leaving::Fetched { life, id, request } => self.deliver_request(life, id, &request)?,
            }
        }
        Ok(())
    }

    /// The connections of sockets that the object did not close.
    fn writable(&self, sockets: &[SocketKey]) -> Vec<PipeKey> {
        let pipes = sockets.iter().filter_map(|socket| self.host.pipe_of(*socket));
        pipes.filter(|pipe| self.wire.pipes.get(pipe).is_some_and(|pipe| pipe.is_server_open)).collect()
    }

    fn deliver_answer(
        &mut self,
        call: CallKey,
        answer: Result<wire::Answer, wire::ApiError>,
        after_ms: u64,
    ) -> Verdict {
        let Some(ask) = self.asks.get(&call).cloned() else { return Ok(()) };
        let (status, body) = match &answer {
            Ok(answer) => (answer.status(), answer.body().unwrap_or_default()),
            Err(error) => (error.status(), error.to_json()),
        };
        self.auditor.answered(&ask, status, &body, after_ms)?;
        self.auditor.answered_for_redis(&ask, status, &self.redis, self.stage.now)?;
        match &answer {
            Err(error) => self.deliver_refusal(call, error),
            Ok(_) => self.wire.answer(call, Answer { status, body }, &mut self.stage, &self.weather),
        }
        Ok(())
    }

    fn deliver_socket(&mut self, call: CallKey, socket: SocketKey) -> Verdict {
        let Some(ask) = self.asks.get(&call) else { return Ok(()) };
        self.auditor.socket_opened(socket, ask.token.as_ref())?;
        let pipe = self.open_pipe(call, Some(socket));
        self.host.connect(socket, pipe);
        Ok(())
    }

    fn deliver_refusal(&mut self, call: CallKey, error: &wire::ApiError) {
        if self.asks.get(&call).is_some_and(|ask| ask.is_upgrade) {
            return self.worker_answers(call, error);
        }
        let answer = Answer { status: error.status(), body: error.to_json() };
        self.wire.answer(call, answer, &mut self.stage, &self.weather);
    }

    fn deliver_request(&mut self, life: u64, id: RequestId, request: &RestRequest) -> Verdict {
        self.auditor.fetched(request, self.stage.now, self.weather.is_faultless)?;
        for (outside, name) in [(Outside::Wiped, "wiped"), (Outside::Tampered, "tampered")] {
            let is_hit = self.weather.strikes(&mut self.stage, Part::Redis, name, |swarm| match outside {
                Outside::Wiped => swarm.redis_wiped,
                Outside::Tampered => swarm.redis_tampered,
            });
            if is_hit {
                self.stage.note("redis", || format!("{outside:?}"));
                self.redis.meddle(outside);
                self.auditor.meddled(outside);
            }
        }
        self.redis.receive(life, id, request, &mut self.stage, &self.weather);
        Ok(())
    }
}
