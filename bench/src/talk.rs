//! Two people in a room, in the terms of Duet and of the floor.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use duet_test_support::message_id;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, Utf8Bytes, client::IntoClientRequest, http::header::AUTHORIZATION},
};

use crate::{
    failure::{Failure, Outcome},
    http::{Answer, Client},
};

/// As long as the pages make a short message that is sealed: `duet2.` and 214 characters.
const TEXT_BYTES: usize = 220;

/// What kind of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The floor: a frame goes to all sockets.
    Relay,
    /// The floor, which writes one row before.
    StoringRelay,
    /// The floor, which sends one command to the store before.
    AskingRelay,
    /// Duet.
    Duet,
}

/// Where to talk.
#[derive(Clone, Debug)]
pub struct Place {
    /// `host:port`.
    pub host: String,
    /// What kind of rooms it has.
    pub kind: Kind,
    /// The store that an [`Kind::AskingRelay`] asks: its address.
    pub store: String,
}

/// Two people in a new room, each with an open socket.
pub struct Pair {
    /// Who came first.
    pub ann: Person,
    /// Who came second.
    pub bob: Person,
}

/// Somebody in a room.
pub struct Person {
    /// The room's id.
    pub room: String,
    /// What shows who it is.
    pub token: String,
    place: Place,
    socket: WebSocketStream<TcpStream>,
}

impl Place {
    /// Makes a room and brings two people into it.
    pub async fn pair(&self) -> Outcome<Pair> {
        let mut client = Client::connect(&self.host).await?;
        let room = self.create(&mut client).await?;
        let (ann, bob) = (self.join(&mut client, &room).await?, self.join(&mut client, &room).await?);
        Ok(Pair { ann: self.enter(&room, &ann).await?, bob: self.enter(&room, &bob).await? })
    }

    /// Makes so many rooms, with two people in each.
    pub async fn pairs(&self, rooms: usize) -> Outcome<Vec<Pair>> {
        let mut pairs = vec![];
        for _ in 0..rooms {
            pairs.push(self.pair().await?);
        }
        Ok(pairs)
    }

    /// Makes a room.
    pub async fn create(&self, client: &mut Client) -> Outcome<String> {
        match self.kind {
            Kind::Duet => client.post("/api/room/create", None, &json!({})).await?.text("roomId"),
            _ => Ok(message_id()),
        }
    }

    /// Takes a seat. Returns the token that shows it.
    pub async fn join(&self, client: &mut Client, room: &str) -> Outcome<String> {
        let token = token();
        if self.kind == Kind::Duet {
            let path = format!("/api/room/join?roomId={room}");
            client.post(&path, Some(&token), &json!({})).await?.json()?;
        }
        Ok(token)
    }

    /// Opens a socket and waits until it is ready.
    pub async fn enter(&self, room: &str, token: &str) -> Outcome<Person> {
        let address = format!("ws://{}{}", self.host, self.socket_path(room));
        let mut request = address.into_client_request()?;
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
        let stream = TcpStream::connect(&self.host).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async(request, stream).await?;
        let (room, token) = (room.to_owned(), token.to_owned());
        let mut person = Person { room, token, place: self.clone(), socket };
        if self.kind == Kind::Duet {
            person.hear("\"ready\"").await?;
        }
        Ok(person)
    }

    fn socket_path(&self, room: &str) -> String {
        match self.kind {
            Kind::Relay => format!("/relay/{room}"),
            Kind::StoringRelay => format!("/storing-relay/{room}"),
            Kind::AskingRelay => format!("/asking-relay/{room}?store={}", self.store),
            Kind::Duet => format!("/api/realtime?roomId={room}"),
        }
    }
}

impl Person {
    /// Sends a message by its socket, under a new id, which it returns.
    pub async fn say(&mut self) -> Outcome<String> {
        let id = message_id();
        self.socket.send(Message::text(message(&id).to_string())).await?;
        Ok(id)
    }

    /// Sends a message by request.
    pub async fn post(&self, client: &mut Client, id: &str) -> Outcome<Answer> {
        let path = match self.place.kind {
            Kind::Duet => format!("/api/messages?roomId={}", self.room),
            _ => self.place.socket_path(&self.room),
        };
        client.post(&path, Some(&self.token), &message(id)).await
    }

    /// Waits for the frame that holds `part`, past all others. Fails when something is refused: that is no confirmation.
    pub async fn hear(&mut self, part: &str) -> Outcome<Utf8Bytes> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(frame))) if frame.starts_with("{\"type\":\"error\"") => {
                    return Err(format!("refused: {frame}").into());
                }
                Some(Ok(Message::Text(frame))) if frame.contains(part) => return Ok(frame),
                Some(Ok(Message::Close(reason))) => return Err(format!("closed: {reason:?}").into()),
                Some(other) => drop(other?),
                None => return Err("the connection was lost".into()),
            }
        }
    }

    /// Sends text as it is.
    pub async fn send(&mut self, text: &str) -> Outcome<()> {
        self.socket.send(Message::text(text)).await.map_err(Failure::from)
    }

    /// Closes the socket. Does not wait for an answer: workerd gives none unless the object does.
    pub async fn leave(mut self) -> Outcome<()> {
        self.socket.close(None).await.map_err(Failure::from)
    }

    /// Waits until the server has closed the socket.
    pub async fn is_sent_off(&mut self) {
        while let Some(Ok(frame)) = self.socket.next().await {
            if frame.is_close() {
                return;
            }
        }
    }
}

fn message(id: &str) -> Value {
    json!({ "type": "message", "id": id, "text": "x".repeat(TEXT_BYTES) })
}

fn token() -> String {
    let letters = message_id() + &message_id();
    URL_SAFE_NO_PAD.encode(letters.bytes().take(32).collect::<Vec<u8>>())
}
