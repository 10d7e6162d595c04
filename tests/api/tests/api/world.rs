//! What the cases share: Workers that start on first use, and short functions for common steps.

use std::{env, sync::OnceLock};

use duet_test_support::{Answer, Browser, Participant, Socket, Stack, StoreKind};
use serde_json::{Value, json};

/// A case: its behaviour, and the function that tests it.
pub type Case = (&'static str, fn(&World));

/// Makes the list of a file's cases.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        /// The cases of this subject.
        pub const CASES: &[$crate::world::Case] = &[$((stringify!($name), $name)),+];
    };
}

/// No limits, so that cases do not disturb each other.
const UNLIMITED: [(&str, &str); 2] = [("MESSAGE_RATE_PER_SECOND", "0"), ("ADDRESS_LIMITS", "off")];
/// The lifetime of a room on [`World::brief`] after its last activity, in milliseconds.
pub const BRIEF_TTL_MS: u64 = 5_000;
/// The maximum lifetime of a room on [`World::brief`], in milliseconds.
pub const BRIEF_MAX_MS: u64 = 12_000;
/// Messages per second on [`World::strict`].
pub const STRICT_RATE: usize = 1;

/// A Worker that starts on first use.
#[derive(Default)]
struct LazyStack(OnceLock<Result<Stack, String>>);

impl LazyStack {
    fn get(&self, store: StoreKind, vars: &[(&str, &str)]) -> &Stack {
        let started = self.0.get_or_init(|| Stack::start(store, vars));
        started.as_ref().unwrap_or_else(|error| panic!("{error}"))
    }
}

/// One store and the Workers that use it.
pub struct World {
    /// The store.
    pub store: StoreKind,
    main: LazyStack,
    brief: LazyStack,
    strict: LazyStack,
}

impl World {
    /// A world in which no Worker runs yet.
    pub fn new(store: StoreKind) -> Self {
        Self { store, main: LazyStack::default(), brief: LazyStack::default(), strict: LazyStack::default() }
    }

    /// The Worker for cases without special needs.
    pub fn main(&self) -> &Stack {
        self.main.get(self.store, &UNLIMITED)
    }

    /// A Worker whose rooms end soon.
    pub fn brief(&self) -> &Stack {
        let short_lifetimes = [("ROOM_TTL_SECONDS", "5"), ("ROOM_MAX_LIFETIME_SECONDS", "12")];
        self.brief.get(self.store, &[&UNLIMITED[..], &short_lifetimes].concat())
    }

    /// A Worker with a limit of [`STRICT_RATE`].
    pub fn strict(&self) -> &Stack {
        self.strict.get(self.store, &[("MESSAGE_RATE_PER_SECOND", "1"), ("ADDRESS_LIMITS", "off")])
    }

    /// A Worker for this case alone.
    pub fn own(&self, vars: &[(&str, &str)]) -> Stack {
        let started = Stack::start(self.store, &[&UNLIMITED[..], vars].concat());
        started.unwrap_or_else(|error| panic!("{error}"))
    }

    /// A browser without a token.
    pub fn browser(&self) -> Browser {
        Browser::new(self.main().base_url())
    }

    /// A browser that has a token but no seat.
    pub fn stranger(&self) -> Browser {
        stranger(self.main())
    }

    /// A new room without a proof.
    pub fn room(&self) -> String {
        self.browser().create_room(&json!({}))
    }

    /// Two people in a new room.
    pub fn pair(&self) -> (Participant, Participant) {
        pair(self.main())
    }

    /// Two people in a new room, each with a socket that has no frames pending.
    pub fn conversation(&self) -> Conversation {
        conversation(self.main())
    }
}

/// A browser that has a token but no seat.
pub fn stranger(stack: &Stack) -> Browser {
    Browser::with_cookie(stack.base_url(), &token())
}

/// Two people in a new room of `stack`.
pub fn pair(stack: &Stack) -> (Participant, Participant) {
    let room = Browser::new(stack.base_url()).create_room(&json!({}));
    (Participant::join(stack.base_url(), &room), Participant::join(stack.base_url(), &room))
}

/// Two people in conversation.
pub struct Conversation {
    /// The one who joined first.
    pub ann: Participant,
    /// The one who joined second.
    pub bob: Participant,
    /// Ann's socket.
    pub ann_socket: Socket,
    /// Bob's socket.
    pub bob_socket: Socket,
}

/// Two people in a new room of `stack`, each with a socket that has no frames pending.
pub fn conversation(stack: &Stack) -> Conversation {
    let (ann, bob) = pair(stack);
    let mut ann_socket = ann.connect();
    let bob_socket = bob.connect();
    ann_socket.expect("presence");
    Conversation { ann, bob, ann_socket, bob_socket }
}

/// Multiplies the work of cases without a natural end: `DUET_ROUNDS`, 1 by default.
pub fn rounds() -> usize {
    env::var("DUET_ROUNDS").map_or(1, |raw| raw.parse().expect("DUET_ROUNDS is a number"))
}

/// A room id that belongs to no room.
pub fn unknown_room() -> String {
    duet_test_support::message_id()
}

/// A new token.
pub fn token() -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes: Vec<u8> = unknown_room().into_bytes().into_iter().cycle().take(32).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Checks that an object has exactly these keys.
#[track_caller]
pub fn assert_keys(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let (mut actual, mut expected): (Vec<&str>, Vec<&str>) =
        (object.keys().map(String::as_str).collect(), keys.to_vec());
    actual.sort_unstable();
    expected.sort_unstable();
    assert_eq!(actual, expected, "{value}");
}

/// Checks that an answer is an error with this status and code, in the common form.
#[track_caller]
pub fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.error().as_str()), (status, code), "{answer:?}");
    assert_keys(&answer.json(), &["error", "message"]);
    assert!(!answer.text("message").is_empty(), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
}

/// Checks that an answer refuses this field and names it.
#[track_caller]
pub fn assert_bad_field(answer: &Answer, field: &str) {
    assert_refused(answer, 400, "bad-request");
    assert!(answer.text("message").contains(&format!("`{field}`")), "{answer:?}");
}

/// The texts of messages, in order.
pub fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["text"].as_str().expect("a text")).collect()
}

/// The sequence numbers of messages, in order.
pub fn seqs(messages: &[Value]) -> Vec<u64> {
    messages.iter().map(|message| message["seq"].as_u64().expect("a number")).collect()
}

/// The answer of a socket to `ping`.
pub fn pong(socket: &mut Socket) -> Value {
    socket.send_text("ping");
    socket.frame()
}
