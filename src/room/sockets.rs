//! The room's open sockets. Who sits behind one stands in its attachment, which outlives every sleep of the room.

use js_sys::JsString;
use wasm_bindgen::{
    JsCast,
    prelude::{JsValue, wasm_bindgen},
};
use worker::{State, WebSocket, worker_sys::ext::WebSocketExt};

use crate::{
    domain::ParticipantId,
    error::ApiError,
    protocol::{MAX_SOCKETS_PER_PARTICIPANT, ServerFrame},
};

/// `readyState` of a socket that can be written to.
const OPEN: u16 = 1;

/// Takes a socket into the room, as one that may sleep. Fails with `TooManyRequests` for one socket too many.
pub fn accept(state: &State, socket: &WebSocket, participant: &ParticipantId) -> Result<(), ApiError> {
    if open_of(state, participant).count() >= MAX_SOCKETS_PER_PARTICIPANT {
        return Err(ApiError::TooManyRequests { retry_after_seconds: 1 });
    }
    state.accept_websocket_with_tags(socket, &[participant.as_str()]);
    let attachment = JsValue::from_str(participant.as_str());
    WebSocketExt::serialize_attachment(socket.as_ref(), attachment).map_err(|_| ApiError::Internal)
}

/// Whose socket it is; `None` for one that this room never took in.
pub fn participant_of(socket: &WebSocket) -> Option<ParticipantId> {
    let attachment = WebSocketExt::deserialize_attachment(socket.as_ref()).ok()?;
    ParticipantId::parse(&attachment.as_string()?)
}

/// Which of `participants` have an open socket, not counting one that is just leaving.
pub fn online(
    state: &State,
    participants: &[ParticipantId],
    leaving: Option<&WebSocket>,
) -> Vec<ParticipantId> {
    let is_online = |participant: &&ParticipantId| {
        open_of(state, participant).any(|socket| leaving.is_none_or(|leaving| *leaving != socket))
    };
    participants.iter().filter(is_online).cloned().collect()
}

fn open_of(state: &State, participant: &ParticipantId) -> impl Iterator<Item = WebSocket> {
    let sockets = state.get_websockets_with_tag(participant.as_str());
    sockets.into_iter().filter(|socket| socket.as_ref().ready_state() == OPEN)
}

/// Whether anybody is connected.
pub fn is_anybody_here(state: &State) -> bool {
    !state.get_websockets().is_empty()
}

#[wasm_bindgen]
extern "C" {
    /// A socket, to which a text is sent that JavaScript has already: of what goes to several it is made once.
    type Listener;

    #[wasm_bindgen(method, catch)]
    fn send(this: &Listener, text: &JsString) -> Result<(), JsValue>;
}

/// That a socket is gone is no failure, and stops nobody else: the platform reports its end separately.
fn send(socket: &WebSocket, text: &JsString) {
    let _ = socket.as_ref().unchecked_ref::<Listener>().send(text);
}

/// Tells everybody.
pub fn broadcast(state: &State, frame: &ServerFrame) {
    let text = frame.to_text().into();
    for socket in state.get_websockets() {
        send(&socket, &text);
    }
}

/// Tells everybody but `participant`, on whichever of their sockets.
pub fn broadcast_past(state: &State, participant: &ParticipantId, frame: &ServerFrame) {
    let text = frame.to_text().into();
    for socket in state.get_websockets() {
        if participant_of(&socket).as_ref() != Some(participant) {
            send(&socket, &text);
        }
    }
}

/// Tells one socket.
pub fn tell(socket: &WebSocket, frame: &ServerFrame) {
    send(socket, &frame.to_text().into());
}

/// Closes a socket for a reason of ours. Never with a code or words that came from a peer.
pub fn close(socket: &WebSocket, code: u16, reason: &str) {
    let _ = socket.close(Some(code), Some(reason));
}

/// Closes a socket because of `error`.
pub fn close_for(socket: &WebSocket, error: &ApiError) {
    close(socket, error.close_code(), error.word());
}

/// Says the last word to everybody and closes their sockets.
pub fn end(state: &State, frame: &ServerFrame, code: u16, reason: &str) {
    broadcast(state, frame);
    for socket in state.get_websockets() {
        close(&socket, code, reason);
    }
}
