//! One end of a room's WebSocket.

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

/// What arrives on a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A text frame; one that is not JSON is a JSON string.
    Frame(Value),
    /// The end, with the server's code; 1005 where it gave none, 1006 where the connection broke.
    Closed(u16),
}

/// An open socket. Every wait has a limit, and panics when it is over.
pub struct Socket(WebSocket<TcpStream>);

impl Socket {
    /// Opens one as `browser`. Fails with the status of a handshake that was refused.
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

    /// Sends text, whatever it is.
    pub fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("the socket is open");
    }

    /// Sends text, on a socket that may be closed by now.
    pub fn try_send_text(&mut self, text: &str) -> bool {
        self.0.send(Message::text(text)).is_ok()
    }

    /// Sends a binary frame.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.0.send(Message::binary(bytes.to_vec())).expect("the socket is open");
    }

    /// Sends bytes as a binary frame, on a socket that may be closed by now.
    pub fn try_send_binary(&mut self, bytes: &[u8]) -> bool {
        self.0.send(Message::binary(bytes.to_vec())).is_ok()
    }

    /// Sends bytes as a text frame, UTF-8 or not, on a socket that may be closed by now.
    pub fn try_send_text_bytes(&mut self, bytes: &[u8]) -> bool {
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(Data::Text), true);
        self.0.send(Message::Frame(frame)).is_ok()
    }

    /// Writes bytes past all framing, on a connection that may be gone by now.
    pub fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// Sends a message under a new id, which it returns.
    pub fn say(&mut self, text: &str) -> String {
        let id = message_id();
        self.say_as(&id, text);
        id
    }

    /// Sends a message under `id`.
    pub fn say_as(&mut self, id: &str, text: &str) {
        self.send_text(&message_frame(id, text));
    }

    /// Sends a message under a new id, on a socket that may be closed by now.
    pub fn try_say(&mut self, text: &str) -> bool {
        self.try_send_text(&message_frame(&message_id(), text))
    }

    /// Ends its own half of the connection and leaves the other's open.
    pub fn stop_writing(&mut self) {
        let _ = self.0.get_mut().shutdown(Shutdown::Write);
    }

    /// The next thing that arrives.
    pub fn event(&mut self) -> Event {
        self.next_event().unwrap_or_else(|| panic!("nothing came within {LIMIT:?}"))
    }

    /// The next thing that arrives; `None` where nothing comes for as long as anything may take.
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

    /// The next frame, which has to be of this type.
    pub fn expect(&mut self, kind: &str) -> Value {
        let frame = self.frame();
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// The next frame, which has to be a message: the message in it.
    pub fn expect_message(&mut self) -> Value {
        self.expect("message")["message"].take()
    }

    /// The next frame of this type; others that come before it are dropped.
    pub fn skip_to(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.frame();
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The code with which the server closes; frames that come before it are dropped.
    pub fn closed(&mut self) -> u16 {
        loop {
            if let Event::Closed(code) = self.event() {
                return code;
            }
        }
    }

    /// Closes in good order and waits for the server's part, whose code it returns.
    pub fn leave(mut self) -> u16 {
        let _ = self.0.close(None);
        self.closed()
    }
}

fn message_frame(id: &str, text: &str) -> String {
    json!({ "type": "message", "id": id, "text": text }).to_string()
}

/// A new id for a message.
pub fn message_id() -> String {
    nanoid::nanoid!(21, &nanoid::alphabet::SAFE)
}
