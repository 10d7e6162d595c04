//! The client's end of a room's WebSocket.

use std::{
    io::{ErrorKind, Write},
    net::{Shutdown, TcpStream},
};

use serde_json::{Value, json};
use tungstenite::{
    Error, HandshakeError, Message, WebSocket,
    client::IntoClientRequest,
    http::{HeaderName, HeaderValue, Response},
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use crate::{browser::Browser, wait::LIMIT};

/// An event on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A text frame. Text that is not JSON appears as a JSON string.
    Frame(Value),
    /// The end, with the server's close code: 1005 if it sent none, 1006 if the connection broke.
    Closed(u16),
}

/// An open socket. Every wait is limited and panics when the limit is over.
pub struct Socket(WebSocket<TcpStream>);

impl Socket {
    /// Opens a socket as `browser`. Fails with the status of a refused handshake.
    pub fn open(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let host = browser.base_url().trim_start_matches("http://");
        let mut request = format!("ws://{host}{path}").into_client_request().expect("an address");
        let identity = browser.identity_header();
        let identity = identity.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in identity.chain(headers.iter().copied()) {
            let name: HeaderName = name.parse().expect("a header's name");
            request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header's value"));
        }
        let stream = TcpStream::connect(host).expect("the Worker listens");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(LIMIT)).expect("a socket");
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(Response::status(&response).as_u16()),
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    /// Sends a frame.
    pub fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string());
    }

    /// Sends any text.
    pub fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("the socket is open");
    }

    /// Sends text on a socket that may be closed. Returns whether it was sent.
    pub fn try_send_text(&mut self, text: &str) -> bool {
        self.0.send(Message::text(text)).is_ok()
    }

    /// Sends a binary frame.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).expect("the socket is open");
    }

    /// Sends a binary frame on a socket that may be closed. Returns whether it was sent.
    pub fn try_send_binary(&mut self, bytes: &[u8]) -> bool {
        self.0.send(Message::binary(bytes.to_vec())).is_ok()
    }

    /// Sends bytes as a text frame, even if they are not UTF-8, on a socket that may be closed.
    pub fn try_send_text_bytes(&mut self, bytes: &[u8]) -> bool {
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(Data::Text), true);
        self.0.send(Message::Frame(frame)).is_ok()
    }

    /// Writes bytes without any framing on a connection that may be closed.
    pub fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// Sends a message with a new id and returns the id.
    pub fn send_message(&mut self, text: &str) -> String {
        let id = message_id();
        self.send_message_as(&id, text);
        id
    }

    /// Sends a message with this id.
    pub fn send_message_as(&mut self, id: &str, text: &str) {
        self.send_text(&message_frame(id, text));
    }

    /// Sends a message with a new id on a socket that may be closed. Returns whether it was sent.
    pub fn try_send_message(&mut self, text: &str) -> bool {
        self.try_send_text(&message_frame(&message_id(), text))
    }

    /// Closes the sending half of the connection and keeps the receiving half open.
    pub fn stop_writing(&mut self) {
        let _ = self.0.get_mut().shutdown(Shutdown::Write);
    }

    /// The next event.
    pub fn event(&mut self) -> Event {
        self.next_event().unwrap_or_else(|| panic!("nothing came within {LIMIT:?}"))
    }

    /// The next event. `None`: nothing arrived within [`LIMIT`].
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => {
                    let text = text.as_str();
                    return Some(Event::Frame(serde_json::from_str(text).unwrap_or_else(|_| json!(text))));
                }
                Ok(Message::Close(frame)) => {
                    let _ = self.0.flush();
                    return Some(Event::Closed(frame.map_or(1005, |frame| frame.code.into())));
                }
                Ok(Message::Binary(_)) => panic!("a binary frame came"),
                Ok(_) => {}
                Err(Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return None;
                }
                Err(_) => return Some(Event::Closed(1006)),
            }
        }
    }

    /// The next frame. Panics if the socket closes instead.
    pub fn frame(&mut self) -> Value {
        match self.event() {
            Event::Frame(frame) => frame,
            Event::Closed(code) => panic!("closed with {code} instead of a frame"),
        }
    }

    /// The next frame, which must have this type.
    pub fn expect(&mut self, kind: &str) -> Value {
        let frame = self.frame();
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// The message in the next frame, which must be a `message` frame.
    pub fn expect_message(&mut self) -> Value {
        self.expect("message")["message"].take()
    }

    /// The next frame of this type. Skips others.
    pub fn skip_to(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Waits until the server closes and returns the close code. Skips frames.
    pub fn closed(&mut self) -> u16 {
        loop {
            if let Event::Closed(code) = self.event() {
                return code;
            }
        }
    }

    /// Closes in good order, waits for the server's close frame and returns its code.
    pub fn leave(mut self) -> u16 {
        let _ = self.0.close(None);
        self.closed()
    }
}

fn message_frame(id: &str, text: &str) -> String {
    json!({ "type": "message", "id": id, "text": text }).to_string()
}

/// A new message id.
pub fn message_id() -> String {
    nanoid::nanoid!(21, &nanoid::alphabet::SAFE)
}
