//! The object's WebSockets. Each socket's attachment holds its id and owner, because attachments survive hibernation.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{State, WebSocket, WebSocketRequestResponsePair, worker_sys::ext::WebSocketExt};

use crate::{
    domain::{ParticipantId, SocketId},
    wire::Close,
};

/// The `readyState` of a socket that can be written to.
const OPEN: u16 = 1;

/// The sockets that the room has accepted.
pub struct Sockets(RefCell<Vec<(SocketId, WebSocket)>>);

#[wasm_bindgen]
extern "C" {
    /// A socket that accepts a JavaScript string. A frame for several sockets is then converted only once.
    type Receiver;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Receiver, text: &JsString) -> Result<(), JsValue>;
}

impl Sockets {
    /// Finds the sockets that stayed open when the memory was lost, and their owners. Sets the platform to answer
    /// `ping` without waking the room.
    pub fn restore(state: &State) -> (Self, Vec<(SocketId, ParticipantId)>) {
        if let Ok(pair) = WebSocketRequestResponsePair::new("ping", "pong") {
            state.set_websocket_auto_response(&pair);
        }
        let open = state.get_websockets().into_iter().filter(|socket| socket.as_ref().ready_state() == OPEN);
        let known: Vec<_> = open
            .filter_map(|socket| read_attachment(&socket).map(|(id, owner)| (id, owner, socket)))
            .collect();
        let owners = known.iter().map(|(id, owner, _)| (*id, owner.clone())).collect();
        let sockets = known.into_iter().map(|(id, _, socket)| (id, socket)).collect();
        (Self(RefCell::new(sockets)), owners)
    }

    /// Accepts a socket in a way that lets the object hibernate.
    pub fn accept(&self, state: &State, id: SocketId, owner: &ParticipantId, socket: WebSocket) {
        state.accept_web_socket(&socket);
        let attachment = JsValue::from_str(&format!("{} {}", id.0, owner.as_str()));
        // If this fails, the socket is unknown after a loss of memory, and its first frame after that closes it.
        let _ = WebSocketExt::serialize_attachment(socket.as_ref(), attachment);
        self.0.borrow_mut().push((id, socket));
    }

    /// The id of a socket. `None`: the room does not know the socket. The room may have given the id of a socket that
    /// it closed to a newer one. Relies on the platform passing the same object for a socket as `get_websockets`.
    pub fn id_of(&self, socket: &WebSocket) -> Option<SocketId> {
        let open = self.0.borrow();
        if let Some((id, _)) = open.iter().find(|(_, known)| known == socket) {
            return Some(*id);
        }
        let (id, _) = read_attachment(socket)?;
        (!open.iter().any(|(other, _)| *other == id)).then_some(id)
    }

    /// Sends one frame to several sockets. A dead socket is skipped; the platform reports its close separately.
    pub fn send(&self, to: &[SocketId], frame: &str) {
        let frame = JsString::from(frame);
        for (_, socket) in self.0.borrow().iter().filter(|(id, _)| to.contains(id)) {
            let _ = socket.as_ref().unchecked_ref::<Receiver>().send(&frame);
        }
    }

    /// Closes sockets with a code and a reason of Duet's own.
    pub fn close(&self, ids: &[SocketId], close: Close) {
        let (closing, staying) = self.0.take().into_iter().partition::<Vec<_>, _>(|(id, _)| ids.contains(id));
        self.0.replace(staying);
        closing.iter().for_each(|(_, socket)| close_one(socket, close));
    }

    /// Forgets a socket that the client closed and closes the server's side, because the runtime otherwise keeps the
    /// client waiting. Returns its id.
    pub fn on_closed(&self, socket: &WebSocket) -> Option<SocketId> {
        let id = self.id_of(socket);
        self.0.borrow_mut().retain(|(known, _)| Some(*known) != id);
        close_one(socket, Close::NORMAL);
        id
    }
}

/// Closes one socket. `close` must not come from a client: the platform rejects reserved codes.
pub fn close_one(socket: &WebSocket, close: Close) {
    let _ = socket.close(Some(close.code), Some(close.reason));
}

fn read_attachment(socket: &WebSocket) -> Option<(SocketId, ParticipantId)> {
    let attachment = WebSocketExt::deserialize_attachment(socket.as_ref()).ok()?.as_string()?;
    let (id, owner) = attachment.split_once(' ')?;
    Some((SocketId(id.parse().ok()?), ParticipantId::parse(owner)?))
}
