//! The strangers' calls. Each call comes from an address of its own, so that limits per address do not apply.

use std::{
    env,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use duet_test_support::{Browser, LIMIT, Participant, Socket, Stack, message_id};
use serde_json::json;
use socket2::{Domain, Type};

/// `DUET_CALLS` overrides this.
const CALLS: usize = 20_000;
const THREADS: usize = 8;
/// Sockets of each person of a room, which is the most that one may have.
const UNREAD_SOCKETS_EACH: usize = 8;
const SLOW_READERS: usize = 64;
/// Slow readers have small buffers, so that the rest of their page waits at the server.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024;
const SLOW_READ_INTERVAL: Duration = Duration::from_millis(50);
/// The highest rate that one participant may send at.
const SEND_INTERVAL: Duration = Duration::from_millis(100);
/// Enough to fill a page of 1 MiB.
const LARGE_MESSAGES: usize = 70;
const LARGE_BYTES: usize = 16_000;

/// A header with another address for the caller. `wrangler dev` accepts it; Cloudflare does not.
pub fn random_address_header() -> (&'static str, String) {
    ("cf-connecting-ip", Ipv4Addr::from_bits(fastrand::u32(..)).to_string())
}

/// The participants of an attack.
pub struct Attack {
    base_url: String,
    host: SocketAddr,
    is_duet: bool,
    calls: usize,
    /// The people of two rooms: the first two send to sockets that never read, the others read a long history.
    people: [Participant; 4],
    _unread_sockets: Vec<Socket>,
}

impl Attack {
    /// Takes the seats, fills a history and opens the sockets that never read.
    pub fn prepare(stack: &Stack, is_duet: bool) -> Self {
        let base_url = stack.base_url().to_owned();
        let room = || Browser::new(&base_url).create_room(&json!({}));
        let (unread, long) = (room(), room());
        let people = [&unread, &unread, &long, &long].map(|room| Participant::join(&base_url, room));
        let sockets = people[..2].iter().flat_map(|who| (0..UNREAD_SOCKETS_EACH).map(|_| who.connect()));
        let address = base_url.trim_start_matches("http://");
        let host = TcpStream::connect(address).and_then(|stream| stream.peer_addr()).expect("it listens");
        let calls = env::var("DUET_CALLS").map_or(CALLS, |raw| raw.parse().expect("a number"));
        let attack = Self { _unread_sockets: sockets.collect(), host, base_url, is_duet, calls, people };
        thread::scope(|scope| {
            for who in &attack.people[2..] {
                scope.spawn(|| (0..LARGE_MESSAGES / 2).for_each(|_| send_large_message(who)));
            }
        });
        attack
    }

    /// Returns when all calls are answered and every slow reader has its page.
    pub fn run(&self) {
        let (called, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            for who in &self.people[..2] {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        send_large_message(who);
                    }
                });
            }
            thread::scope(|scope| {
                for reader in 0..SLOW_READERS {
                    let (who, called) = (&self.people[2 + reader % 2], &called);
                    scope.spawn(move || self.read_slowly(who, called));
                    // A higher rate would be refused.
                    thread::sleep(SEND_INTERVAL / 2);
                }
                for _ in 0..THREADS {
                    scope.spawn(|| self.send_calls(&called));
                }
            });
            is_over.store(true, Ordering::Relaxed);
        });
    }

    fn send_calls(&self, called: &AtomicUsize) {
        let without_token = Browser::new(&self.base_url);
        let with_token = Browser::with_bearer(&self.base_url, &random_token());
        loop {
            let number = called.fetch_add(1, Ordering::Relaxed);
            if number >= self.calls {
                return;
            }
            let room = message_id();
            match number % 6 {
                0 => self.call(&without_token, "GET", &format!("/api/room?roomId={room}"), 404),
                1 => self.call(&without_token, "GET", &format!("/api/messages?roomId={room}"), 401),
                2 => self.call(&without_token, "POST", &format!("/api/room/join?roomId={room}"), 404),
                3 => self.call(&with_token, "GET", &format!("/api/messages?roomId={room}"), 404),
                4 => self.call(&with_token, "POST", &format!("/api/room/keep?roomId={room}"), 404),
                _ => self.send_garbage(&room),
            }
        }
    }

    fn call(&self, browser: &Browser, method: &str, path: &str, expected: u16) {
        let (name, address) = random_address_header();
        let answer = browser.request(method, path).header(name, &address).send();
        assert!(!self.is_duet || answer.status == expected, "{answer:?}");
    }

    fn request_head(&self, path: &str, token: &str) -> String {
        let (name, address) = random_address_header();
        let host = self.host;
        format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\n{name}: {address}\r\nauthorization: Bearer {token}\r\n"
        )
    }

    /// Sends data that is no handshake, or a handshake followed by data that is no frame. Expects an answer or a close.
    fn send_garbage(&self, room: &str) {
        let head = self.request_head(&format!("/api/realtime?roomId={room}"), &random_token());
        let end = match fastrand::u8(..3) {
            0 => "sec-websocket-version: 99\r\nsec-websocket-key: none\r\n\r\n",
            1 => "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            _ => "\r\n",
        };
        let garbage: Vec<u8> = (0..64).map(|_| fastrand::u8(..)).collect();
        let mut stream = TcpStream::connect(self.host).expect("it listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a socket");
        // The server may close the connection early.
        let _ = write!(stream, "{head}connection: upgrade\r\nupgrade: websocket\r\n{end}");
        let _ = stream.write_all(&garbage);
        if let Err(error) = stream.read(&mut [0; 256]) {
            let timed_out = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!timed_out, "garbage got no answer and no end");
        }
    }

    /// Requests a page and reads it in small pieces while others call; then reads the rest.
    fn read_slowly(&self, who: &Participant, called: &AtomicUsize) {
        let socket = socket2::Socket::new(Domain::for_address(self.host), Type::STREAM, None);
        let socket = socket.expect("a socket");
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES).expect("a socket");
        socket.connect(&self.host.into()).expect("it listens");
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(LIMIT)).expect("a socket");
        let token = who.browser.token().unwrap_or_default();
        let head = self.request_head(&who.path("messages?limit=500"), &token);
        write!(stream, "{head}connection: close\r\n\r\n").expect("it listens");
        let (mut page, mut piece) = (vec![], [0; 256]);
        while called.load(Ordering::Relaxed) < self.calls {
            let bytes = stream.read(&mut piece).expect("it goes on");
            page.extend(&piece[..bytes]);
            thread::sleep(SLOW_READ_INTERVAL);
        }
        stream.read_to_end(&mut page).expect("it comes to its end");
        let page = String::from_utf8_lossy(&page);
        assert!(page.starts_with("HTTP/1.1 200"), "{}", &page[..page.len().min(300)]);
        let large = page.matches(&"x".repeat(LARGE_BYTES)).count();
        assert!(large >= LARGE_MESSAGES * 9 / 10, "a page of {} bytes is not whole", page.len());
    }
}

/// Sends messages of maximum length at the maximum rate.
fn send_large_message(who: &Participant) {
    let (name, address) = random_address_header();
    let message = json!({ "id": message_id(), "text": "x".repeat(LARGE_BYTES) });
    let answer = who.browser.request("POST", &who.path("messages")).header(name, &address).json(&message);
    assert!(matches!(answer.status, 201 | 429), "{answer:?}");
    thread::sleep(SEND_INTERVAL);
}

fn random_token() -> String {
    // The last of 43 characters encodes only four bits, so it cannot be any character.
    message_id() + &message_id() + "A"
}
