//! The output of the object: the auditor checks it, and the world delivers it.

use duet::{
    replica::{RequestId, RestRequest},
    wire,
};

use super::World;
use crate::{
    auditor::Verdict,
    host::Output,
    network::{Answer, CallKey, ConnectionKey, Down, SocketKey},
    redis::Tampering,
    rng::Part,
};

impl World {
    /// Lets the auditor check what the object did, and delivers everything that left it.
    pub fn process_output(&mut self) -> Verdict {
        self.report_api_requests();
        for handled in std::mem::take(&mut self.host.handled) {
            self.events += 1;
            let api_request = handled.call.and_then(|call| self.api_requests.get(&call)).cloned();
            self.auditor.handled(&handled, api_request.as_deref())?;
        }
        for (before, after) in std::mem::take(&mut self.host.panicked) {
            self.auditor.panicked(&before, &after);
        }
        for state in std::mem::take(&mut self.host.rare_states) {
            self.auditor.record(state);
        }
        self.deliver()?;
        self.handle_losses()?;
        self.report_api_requests();
        if self.steps.is_multiple_of(64) {
            self.network.sweep();
        }
        Ok(())
    }

    fn handle_losses(&mut self) -> Verdict {
        if !std::mem::take(&mut self.host.has_crashed) {
            return Ok(());
        }
        self.auditor.memory_lost();
        if self.host.online().is_empty() {
            self.auditor.all_sockets_lost();
        }
        self.auditor.durable_journal_is(&self.host.disk.durable_dump())?;
        for connection in std::mem::take(&mut self.host.dropped) {
            // Frames that are still in transit to the object are lost.
            if let Some(socket) =
                self.network.connections.get_mut(&connection).and_then(|connection| connection.socket.take())
            {
                self.auditor.forget_socket(socket);
            }
            self.network.send_down(connection, Down::Closed(1006), &mut self.sim, &self.faults);
        }
        for call in std::mem::take(&mut self.host.failed_calls) {
            self.worker_answers(call, &wire::ApiError::StoreUnavailable("the room could not be reached"));
        }
        Ok(())
    }

    /// The Worker answers in the object's place.
    fn worker_answers(&mut self, call: CallKey, error: &wire::ApiError) {
        let is_upgrade = self.api_requests.get(&call).is_some_and(|api_request| api_request.is_upgrade);
        if is_upgrade {
            let connection = self.open_connection(call, None);
            self.network.send_down(connection, Down::Closed(error.close().code), &mut self.sim, &self.faults);
        } else {
            let answer = Answer { status: error.status(), body: error.to_json() };
            self.network.answer(call, answer, &mut self.sim, &self.faults);
        }
    }

    fn open_connection(&mut self, call: CallKey, socket: Option<SocketKey>) -> ConnectionKey {
        let connection = self.network.open(call, socket, &mut self.sim, &self.faults);
        self.connection_calls.insert(connection, call);
        connection
    }

    pub(super) fn deliver(&mut self) -> Verdict {
        for output in std::mem::take(&mut self.host.released) {
            match output {
                Output::Answered { call, answer, after_ms } => self.deliver_answer(call, answer, after_ms)?,
                Output::Accepted { call, socket } => self.deliver_socket(call, socket)?,
                Output::Refused { call, error } => self.deliver_refusal(call, &error),
                Output::Sent { to, frame } => {
                    self.auditor.sent(&to, &frame)?;
                    for connection in self.writable(&to) {
                        self.network.send_down(
                            connection,
                            Down::Text(frame.clone()),
                            &mut self.sim,
                            &self.faults,
                        );
                    }
                }
                Output::Closed { sockets, code } => {
                    self.auditor.closed(&sockets, code)?;
                    for connection in self.writable(&sockets) {
                        self.network.send_down(connection, Down::Closed(code), &mut self.sim, &self.faults);
                    }
                }
                Output::Fetched { incarnation, id, request } => {
                    self.deliver_request(incarnation, id, &request)?
                }
            }
        }
        Ok(())
    }

    /// The connections of sockets that the object did not close.
    fn writable(&self, sockets: &[SocketKey]) -> Vec<ConnectionKey> {
        let connections = sockets.iter().filter_map(|socket| self.host.connection_of(*socket));
        connections
            .filter(|connection| {
                self.network.connections.get(connection).is_some_and(|connection| connection.is_server_open)
            })
            .collect()
    }

    fn deliver_answer(
        &mut self,
        call: CallKey,
        answer: Result<wire::Answer, wire::ApiError>,
        after_ms: u64,
    ) -> Verdict {
        let Some(api_request) = self.api_requests.get(&call).cloned() else { return Ok(()) };
        let (status, body) = match &answer {
            Ok(answer) => (answer.status(), answer.body().unwrap_or_default()),
            Err(error) => (error.status(), error.to_json()),
        };
        self.auditor.answered(&api_request, status, &body, after_ms)?;
        self.auditor.answered_for_redis(&api_request, status, &self.redis, self.sim.now)?;
        match &answer {
            Err(error) => self.deliver_refusal(call, error),
            Ok(_) => self.network.answer(call, Answer { status, body }, &mut self.sim, &self.faults),
        }
        Ok(())
    }

    fn deliver_socket(&mut self, call: CallKey, socket: SocketKey) -> Verdict {
        let Some(api_request) = self.api_requests.get(&call) else { return Ok(()) };
        self.auditor.socket_opened(socket, api_request.token.as_ref())?;
        let connection = self.open_connection(call, Some(socket));
        self.host.connect(socket, connection);
        Ok(())
    }

    fn deliver_refusal(&mut self, call: CallKey, error: &wire::ApiError) {
        if self.api_requests.get(&call).is_some_and(|api_request| api_request.is_upgrade) {
            return self.worker_answers(call, error);
        }
        let answer = Answer { status: error.status(), body: error.to_json() };
        self.network.answer(call, answer, &mut self.sim, &self.faults);
    }

    fn deliver_request(&mut self, incarnation: u64, id: RequestId, request: &RestRequest) -> Verdict {
        self.auditor.fetched(request, self.sim.now, self.faults.is_faultless)?;
        for (tampering, name) in [(Tampering::Wiped, "wiped"), (Tampering::Appended, "tampered")] {
            let is_hit = self.faults.occurs(&mut self.sim, Part::Redis, name, |rates| match tampering {
                Tampering::Wiped => rates.redis_wiped,
                Tampering::Appended => rates.redis_tampered,
            });
            if is_hit {
                self.sim.note("redis", || format!("{tampering:?}"));
                self.redis.tamper(tampering);
                self.auditor.tampered(tampering);
            }
        }
        self.redis.receive(incarnation, id, request, &mut self.sim, &self.faults);
        Ok(())
    }
}
