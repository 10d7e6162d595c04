//! Messages: sent by POST or by frame, stored once, broadcast once, in one order.

use duet_test_support::{Participant, Socket, message_id, now_ms};
use serde_json::{Value, json};

use crate::world::{Conversation, World, assert_bad_field, assert_keys, assert_refused, seqs, texts};

cases![
    a_posted_message_reaches_both_participants,
    a_message_frame_reaches_both_participants_and_confirms_itself,
    a_posted_message_without_id_or_sender_gets_them,
    the_same_id_posted_again_is_the_same_message,
    the_same_id_sent_again_by_frame_is_confirmed_to_its_sender_only,
    a_message_id_is_recognised_across_post_and_frame,
    an_id_that_the_other_participant_used_is_refused,
    simultaneous_messages_arrive_in_one_order_without_gaps,
    the_history_equals_the_broadcasts,
    history_is_read_in_pages,
    a_page_of_history_has_200_messages_by_default,
    a_page_of_history_has_at_most_about_1_mib,
    after_and_limit_must_be_numbers_in_range,
    only_participants_can_read_and_send,
    a_text_has_1_to_16384_bytes,
    a_text_has_no_control_characters_but_newline_and_tab,
    a_text_is_stored_unchanged,
    a_sender_has_at_most_100_characters,
    an_id_must_be_a_nanoid,
    unknown_keys_are_ignored,
];

const MESSAGE_KEYS: [&str; 6] = ["id", "seq", "participantId", "sender", "text", "timestamp"];

/// Sends a message and checks that it is the next one that arrives, so that nothing was sent before it.
fn assert_nothing_else_comes(from: &mut Socket, at: &mut [&mut Socket]) {
    let fence = from.send_message("fence");
    for socket in at {
        assert_eq!(socket.expect_message()["id"], fence);
    }
}

fn a_posted_message_reaches_both_participants(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = message_id();

    let before = now_ms();
    let sent = ann.post(&json!({ "id": id, "sender": "Ann", "text": "hello" }));

    assert_eq!(sent.status, 201);
    let message = sent.json();
    assert_keys(&message, &MESSAGE_KEYS);
    assert_eq!((&message["id"], &message["seq"], &message["text"]), (&json!(id), &json!(1), &json!("hello")));
    assert_eq!((&message["sender"], &message["participantId"]), (&json!("Ann"), &json!(ann.id)));
    assert!((before..=now_ms()).contains(&sent.number("timestamp")));
    for socket in [&mut ann_socket, &mut bob_socket] {
        let frame = socket.expect("message");
        assert_keys(&frame, &["type", "message", "expiresAt"]);
        assert_eq!(frame["message"], message);
        assert_eq!(frame["expiresAt"].as_u64(), Some(sent.number("timestamp") + 600_000));
    }
}

fn a_message_frame_reaches_both_participants_and_confirms_itself(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = message_id();

    ann_socket.send(&json!({ "type": "message", "id": id, "sender": "Ann", "text": "hello" }));

    let confirmed = ann_socket.expect_message();
    assert_keys(&confirmed, &MESSAGE_KEYS);
    assert_eq!((&confirmed["id"], &confirmed["participantId"]), (&json!(id), &json!(ann.id)));
    assert_eq!(bob_socket.expect_message(), confirmed);
    assert_eq!(ann.history(), [confirmed]);
}

fn a_posted_message_without_id_or_sender_gets_them(world: &World) {
    let (ann, _) = world.pair();

    let sent = ann.post(&json!({ "text": "hello" }));

    assert_eq!((sent.status, sent.text("id").len(), sent.text("sender")), (201, 21, String::new()));
}

fn the_same_id_posted_again_is_the_same_message(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = message_id();

    let first = ann.post(&json!({ "id": id, "text": "once" }));
    let again = ann.post(&json!({ "id": id, "text": "once" }));

    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json(), again.json());
    for socket in [&mut ann_socket, &mut bob_socket] {
        assert_eq!(socket.expect_message()["id"], id);
    }
    assert_nothing_else_comes(&mut ann_socket, &mut [&mut bob_socket]);
    assert_eq!(texts(&ann.history()), ["once", "fence"]);
}

fn the_same_id_sent_again_by_frame_is_confirmed_to_its_sender_only(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = ann_socket.send_message("once");
    let first = ann_socket.expect_message();
    assert_eq!(bob_socket.expect_message(), first);

    ann_socket.send_message_as(&id, "once");

    assert_eq!(ann_socket.expect_message(), first);
    assert_nothing_else_comes(&mut ann_socket, &mut [&mut bob_socket]);
    assert_eq!(texts(&bob.history()), ["once", "fence"]);
}

fn a_message_id_is_recognised_across_post_and_frame(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = ann_socket.send_message("once");
    let first = ann_socket.expect_message();
    bob_socket.expect_message();

    let posted = ann.post(&json!({ "id": id, "text": "once" }));

    assert_eq!((posted.status, posted.json()), (200, first));
    assert_nothing_else_comes(&mut ann_socket, &mut [&mut bob_socket]);
}

fn an_id_that_the_other_participant_used_is_refused(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let id = ann_socket.send_message("hers");
    let hers = ann_socket.expect_message();
    assert_eq!(bob_socket.expect_message(), hers);

    assert_bad_field(&bob.post(&json!({ "id": id, "text": "his" })), "id");
    bob_socket.send_message_as(&id, "his");

    let error = bob_socket.expect("error");
    assert_eq!((&error["id"], &error["error"]), (&json!(id), &json!("bad-request")));
    assert_nothing_else_comes(&mut bob_socket, &mut [&mut ann_socket]);
    assert_eq!(texts(&bob.history()), ["hers", "fence"]);
}

fn simultaneous_messages_arrive_in_one_order_without_gaps(world: &World) {
    const EACH: usize = 100;
    let Conversation { ann, bob, ann_socket, bob_socket } = world.conversation();

    let send_and_read = |mut socket: Socket| {
        move || {
            let own: Vec<String> = (0..EACH).map(|number| socket.send_message(&number.to_string())).collect();
            let received: Vec<Value> = (0..2 * EACH).map(|_| socket.expect_message()).collect();
            (own, received)
        }
    };
    let (ann_thread, bob_thread) =
        (std::thread::spawn(send_and_read(ann_socket)), std::thread::spawn(send_and_read(bob_socket)));
    let (by_ann, ann_received) = ann_thread.join().unwrap();
    let (by_bob, bob_received) = bob_thread.join().unwrap();

    assert_eq!(ann_received, bob_received);
    assert_eq!(seqs(&ann_received), (1..=2 * EACH as u64).collect::<Vec<_>>());
    for (sender, sent) in [(&ann, by_ann), (&bob, by_bob)] {
        let received = ann_received.iter().filter(|message| message["participantId"] == sender.id);
        assert!(
            received.map(|message| message["id"].as_str().unwrap()).eq(sent),
            "in the order in which it was sent"
        );
        assert_eq!(sender.history(), ann_received);
    }
}

fn the_history_equals_the_broadcasts(world: &World) {
    let Conversation { ann, mut ann_socket, mut bob_socket, .. } = world.conversation();

    ann_socket.send_message("one");
    ann.post(&json!({ "text": "two" }));
    bob_socket.send_message("three");

    let received: Vec<Value> = (0..3).map(|_| bob_socket.expect_message()).collect();
    assert_eq!(seqs(&received), [1, 2, 3]);
    assert_eq!(ann.history(), received);
}

fn history_is_read_in_pages(world: &World) {
    let (ann, bob) = world.pair();
    for number in 1..=5 {
        assert_eq!(ann.post(&json!({ "text": number.to_string() })).status, 201);
    }
    let page = |query: &str| {
        let page = bob.browser.get(&bob.path(&format!("messages{query}")));
        assert_eq!(page.status, 200, "{page:?}");
        assert_keys(&page.json(), &["messages", "lastSeq"]);
        assert_eq!(page.number("lastSeq"), 5);
        let messages = page.json()["messages"].as_array().expect("a list").clone();
        messages.iter().for_each(|message| assert_keys(message, &MESSAGE_KEYS));
        seqs(&messages)
    };

    assert_eq!(page(""), [1, 2, 3, 4, 5]);
    assert_eq!(page("?limit=2"), [1, 2]);
    assert_eq!(page("?after=2&limit=2"), [3, 4]);
    assert_eq!(page("?after=4"), [5]);
    assert_eq!(page("?after=5"), [0; 0]);
    assert_eq!(page("?after=500&limit=500"), [0; 0]);
}

fn a_page_of_history_has_200_messages_by_default(world: &World) {
    let Conversation { ann, mut ann_socket, bob_socket: _bob_socket, .. } = world.conversation();
    for _ in 0..203 {
        ann_socket.send_message("again");
    }
    (0..203).for_each(|_| drop(ann_socket.expect_message()));

    let count = |query| ann.browser.get(&ann.path(query)).json()["messages"].as_array().map(Vec::len);
    assert_eq!(count("messages"), Some(200));
    assert_eq!(count("messages?limit=500"), Some(203));
}

fn a_page_of_history_has_at_most_about_1_mib(world: &World) {
    const MIB: usize = 1024 * 1024;
    const LONGEST: usize = 16_384;
    let (ann, bob) = world.pair();
    let text = "x".repeat(LONGEST);
    let (sent, mut read) = (MIB / LONGEST + 20, vec![]);
    for _ in 0..sent {
        assert_eq!(ann.post(&json!({ "text": text })).status, 201);
    }

    while read.len() < sent {
        let page = bob.browser.get(&bob.path(&format!("messages?limit=500&after={}", read.len())));
        assert_eq!(page.number("lastSeq"), sent as u64);
        let messages = page.json()["messages"].as_array().expect("a list").clone();
        let is_last = read.len() + messages.len() == sent;
        // The message that crosses the limit is the last one, and each has some bytes in addition to its text.
        assert!(page.body.len() < MIB + 2 * LONGEST, "{} bytes", page.body.len());
        assert!(is_last || page.body.len() > MIB, "{} bytes, and more were there", page.body.len());
        read.extend(messages);
    }

    assert_eq!(seqs(&read), (1..=sent as u64).collect::<Vec<_>>());
}

fn after_and_limit_must_be_numbers_in_range(world: &World) {
    let (ann, _) = world.pair();

    for limit in ["0", "501", "-1", "1.5", "", "ten"] {
        assert_bad_field(&ann.browser.get(&ann.path(&format!("messages?limit={limit}"))), "limit");
    }
    for after in ["-1", "1.5", "", "first", "99999999999999999999999"] {
        assert_bad_field(&ann.browser.get(&ann.path(&format!("messages?after={after}"))), "after");
    }
}

fn only_participants_can_read_and_send(world: &World) {
    let (ann, _) = world.pair();
    let with_a_seat_elsewhere = Participant::join_as(world.browser(), &world.room()).browser;

    for stranger in [world.browser(), world.stranger(), with_a_seat_elsewhere] {
        assert_refused(&stranger.get(&ann.path("messages")), 401, "not-a-participant");
        let sent = stranger.post(&ann.path("messages"), &json!({ "text": "let me in" }));
        assert_refused(&sent, 401, "not-a-participant");
    }
    assert!(ann.history().is_empty());
}

fn a_text_has_1_to_16384_bytes(world: &World) {
    let (ann, _) = world.pair();
    let post = |text: Value| ann.post(&json!({ "text": text }));

    assert_eq!(post(json!("a")).status, 201);
    assert_eq!(post(json!("a".repeat(16_384))).status, 201);
    assert_eq!(post(json!("🦊".repeat(4_096))).status, 201);
    for wrong in
        [json!(""), json!("a".repeat(16_385)), json!("🦊".repeat(4_097)), json!(null), json!(7), json!(["a"])]
    {
        assert_bad_field(&post(wrong), "text");
    }
    assert_bad_field(&ann.post(&json!({})), "text");
    assert_eq!(ann.history().len(), 3);
}

fn a_text_has_no_control_characters_but_newline_and_tab(world: &World) {
    let (ann, _) = world.pair();

    assert_eq!(ann.post(&json!({ "text": "two\n\tlines" })).status, 201);
    for wrong in ["\0", "a\r\nb", "\u{1b}[31mred", "\u{7f}", "\u{85}"] {
        assert_bad_field(&ann.post(&json!({ "text": wrong })), "text");
    }
}

fn a_text_is_stored_unchanged(world: &World) {
    let Conversation { bob, mut ann_socket, mut bob_socket, .. } = world.conversation();
    let texts_sent = [
        "  spaces  ",
        "\"quotes\" \\ {json}",
        "é e\u{301} 👩‍👩‍👧 🏴‍☠️",
        "שלום עולם",
        "<b>&amp;</b>",
        "\u{2028}\u{feff}\u{202e}",
        "null",
        "OK",
    ];

    for text in texts_sent {
        ann_socket.send_message(text);
        assert_eq!(bob_socket.expect_message()["text"], text);
    }

    assert_eq!(texts(&bob.history()), texts_sent);
}

fn a_sender_has_at_most_100_characters(world: &World) {
    let (ann, _) = world.pair();
    let post = |sender: Value| ann.post(&json!({ "sender": sender, "text": "hi" }));

    for name in ["", "Ann", &"🦊".repeat(100)] {
        assert_eq!(post(json!(name)).text("sender"), name);
    }
    for wrong in [json!("a".repeat(101)), json!("a\0"), json!(7)] {
        assert_bad_field(&post(wrong), "sender");
    }
}

fn an_id_must_be_a_nanoid(world: &World) {
    let (ann, _) = world.pair();

    for wrong in [json!(""), json!("short"), json!("a".repeat(22)), json!("aaaaaaaaaaaaaaaaaaaa!"), json!(7)]
    {
        assert_bad_field(&ann.post(&json!({ "id": wrong, "text": "hi" })), "id");
    }
}

fn unknown_keys_are_ignored(world: &World) {
    let (ann, _) = world.pair();

    let sent = ann
        .post(&json!({ "text": "hi", "colour": "teal", "seq": 99, "participantId": "me", "timestamp": 1 }));

    assert_eq!((sent.status, sent.number("seq"), sent.text("participantId")), (201, 1, ann.id));
    assert_ne!(sent.number("timestamp"), 1);
    assert_keys(&sent.json(), &MESSAGE_KEYS);
}
