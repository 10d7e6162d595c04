//! The part of Redis' protocol that is needed to forward any command.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
};

/// The reply to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in Redis' documentation")]
pub enum Reply {
    Simple(String),
    Error(String),
    Integer(i64),
    Bulk(Vec<u8>),
    Array(Vec<Reply>),
    Null,
}

impl Reply {
    /// The number. Panics on any other reply.
    pub fn integer(&self) -> i64 {
        let Self::Integer(number) = self else { panic!("not a number: {self:?}") };
        *number
    }

    /// The list of strings. Panics on any other reply.
    pub fn texts(&self) -> Vec<String> {
        let Self::Array(items) = self else { panic!("not a list: {self:?}") };
        items.iter().map(Self::text).collect()
    }

    /// The string. Panics on any other reply.
    pub fn text(&self) -> String {
        match self {
            Self::Bulk(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Simple(text) => text.clone(),
            other => panic!("not a text: {other:?}"),
        }
    }
}

/// A connection to a server.
pub struct Connection(BufReader<UnixStream>);

impl Connection {
    /// Connects to the server that listens on `socket`.
    pub fn open(socket: &Path) -> io::Result<Self> {
        UnixStream::connect(socket).map(|stream| Self(BufReader::new(stream)))
    }

    /// Runs one command.
    pub fn run(&mut self, words: &[Vec<u8>]) -> io::Result<Reply> {
        let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            bytes.extend(format!("${}\r\n", word.len()).into_bytes());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&bytes)?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_at(1);
        Ok(match kind {
            "+" => Reply::Simple(rest.to_owned()),
            "-" => Reply::Error(rest.to_owned()),
            ":" => Reply::Integer(number(rest)?),
            "$" => self.bulk(number(rest)?)?,
            "*" => self.array(number(rest)?)?,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) if !line.is_empty() => Ok(line.to_owned()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn bulk(&mut self, length: i64) -> io::Result<Reply> {
        let Ok(length) = usize::try_from(length) else { return Ok(Reply::Null) };
        let mut bytes = vec![0; length + 2];
        self.0.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Reply::Bulk(bytes))
    }

    fn array(&mut self, length: i64) -> io::Result<Reply> {
        let Ok(length) = usize::try_from(length) else { return Ok(Reply::Null) };
        (0..length).map(|_| self.reply()).collect::<io::Result<_>>().map(Reply::Array)
    }
}

fn number(raw: &str) -> io::Result<i64> {
    raw.parse().map_err(|_| io::ErrorKind::InvalidData.into())
}
