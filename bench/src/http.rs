//! One HTTP connection that is kept open.

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::failure::Outcome;

/// A connection to a server.
pub struct Client {
    host: String,
    connection: SendRequest<Full<Bytes>>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it came.
    pub body: Bytes,
}

impl Answer {
    /// A text in the JSON body of an answer that is as it should be.
    pub fn text(&self, key: &str) -> Outcome<String> {
        let text = self.json()?.get(key).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| format!("no {key} in {self:?}").into())
    }

    /// The JSON body of an answer that is as it should be.
    pub fn json(&self) -> Outcome<Value> {
        match self.status {
            200..300 => Ok(serde_json::from_slice(&self.body)?),
            _ => Err(format!("refused: {self:?}").into()),
        }
    }
}

impl Client {
    /// Connects to `host:port`.
    pub async fn connect(host: &str) -> Outcome<Self> {
        Ok(Self { host: host.to_owned(), connection: open(host).await? })
    }

    /// `GET`.
    pub async fn get(&mut self, path: &str, token: Option<&str>) -> Outcome<Answer> {
        self.ask(Method::GET, path, token, None).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&mut self, path: &str, token: Option<&str>, body: &Value) -> Outcome<Answer> {
        self.ask(Method::POST, path, token, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&mut self, path: &str, token: Option<&str>) -> Outcome<Answer> {
        self.ask(Method::DELETE, path, token, None).await
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Outcome<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if self.connection.ready().await.is_err() {
            self.connection = open(&self.host).await?;
        }
        let answer = self.connection.send_request(request.body(Full::from(body))?).await?;
        let status = answer.status().as_u16();
        Ok(Answer { status, body: answer.into_body().collect().await?.to_bytes() })
    }
}

async fn open(host: &str) -> Outcome<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let (connection, driver) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driver);
    Ok(connection)
}
