import assert from "node:assert/strict"
import { test } from "node:test"

import { settled } from "./fake-clock.js"
import { ANN, BOB, FakeSession, TestRoom, shown } from "./room-fixture.js"

// --- Talking ---

test("a message from the other person is shown and reported as an arrival", async () => {
  const test = await TestRoom.connected()

  await test.storeMessage({ text: "hello" })

  assert.deepEqual(test.texts(), ["hello"])
  assert.equal(test.callsOf("onArrival").length, 1)
})

test("an own message is not an arrival", async () => {
  const test = await TestRoom.connected()

  await test.storeMessage({ participantId: ANN })

  assert.equal(test.callsOf("onArrival").length, 0)
})

test("a message is sent as it was written, and stops waiting when the room broadcasts it", async () => {
  const test = await TestRoom.connected()
  test.room.write("hello", "Ann")
  await settled()
  const [frame] = test.socket.sent

  await test.storeMessage({ ...frame, participantId: ANN })

  assert.deepEqual({ ...frame, id: "" }, { type: "message", id: "", sender: "Ann", text: "hello" })
  assert.equal(test.room.outbox.isEmpty, true)
  assert.deepEqual(test.texts(), ["hello"])
})

test("an own message that comes back with another content counts as not sent", async () => {
  const session = new FakeSession({ openOne: async () => ({ kind: "refused" }) })
  const test = await TestRoom.connected({ session })
  test.room.write("hello", "Ann")
  await settled()

  await test.storeMessage({ id: test.socket.sent[0].id, participantId: ANN })

  assert.deepEqual(
    [...test.room.outbox.pending].map(({ problem }) => problem),
    ["changed"],
  )
  assert.deepEqual(test.texts(), ["refused"])
})

test("messages that take long to decrypt are shown in order", async () => {
  const waits = []
  const openOne = ({ text }) => new Promise((resolve) => waits.push(() => resolve(shown(text))))
  const test = await TestRoom.connected({ session: new FakeSession({ openOne }) })
  await test.storeMessage({ text: "one" })
  await test.storeMessage({ text: "two" })

  while (waits.length > 0) {
    waits.pop()()
    await settled()
  }

  assert.deepEqual(test.texts(), ["one", "two"])
})

test("a message that cannot be decrypted yet keeps its position and is shown later", async () => {
  const test = await TestRoom.connected({ session: new FakeSession({ openOne: async () => ({ kind: "waiting" }) }) })
  await test.storeMessage()
  const before = test.texts()

  test.room.onOutcome(1, shown("secret"))

  assert.deepEqual([before, test.texts()], [["waiting"], ["secret"]])
  assert.deepEqual(test.callsOf("onMessages").at(-1), [[1]])
})

test("a message that turns out to be a repetition is refused in its position", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage({ text: "again" })

  test.room.onOutcome(1, { kind: "refused" })

  assert.deepEqual(test.texts(), ["refused"])
})

test("a keys message takes a sequence number and is never shown or reported", async () => {
  const test = await TestRoom.connected({ session: new FakeSession({ openOne: async () => ({ kind: "keys" }) }) })

  await test.storeMessage()

  assert.deepEqual([test.room.timeline.high, test.texts(), test.callsOf("onArrival")], [1, [], []])
})

// --- Encryption ---

const KEYS = { id: "keys-of-ann", text: "sealed keys" }

test("the session is notified of a missing sequence number", async () => {
  const test = new TestRoom()
  for (const text of ["one", "two", "three"]) await test.storeMessage({ text }, false)
  const hasHole = test.session.hasHole
  test.stored.splice(1, 1)

  await test.connects({ lastSeq: 3 })

  assert.deepEqual([hasHole, test.session.hasHole], [false, true])
  assert.deepEqual(test.texts(), ["one", "three"])
})

/** A session that has a keys message to send until the room confirms it. */
function sessionWithKeys(changes = {}) {
  return new FakeSession({ state: { phase: "both" }, keysMessage: async () => KEYS, ...changes })
}

test("the keys are sent right after the hellos, once, and before waiting messages", async () => {
  const test = new TestRoom({ session: sessionWithKeys(), unsent: [{ id: "a", sender: "Ann", text: "waited", at: 5 }] })

  await test.connects()
  test.room.onSession({ phase: "both" })
  await settled()

  assert.deepEqual(
    test.socket.sent.map(({ id }) => id),
    [KEYS.id, "a"],
  )
})

test("after a reconnect the keys are sent again", async () => {
  const test = await TestRoom.connected({ session: sessionWithKeys() })
  await test.disconnects()

  await test.connects()

  assert.deepEqual(
    test.socket.sent.map(({ id }) => id),
    [KEYS.id, KEYS.id],
  )
})

test("the session is notified when the room permanently refuses its keys", async () => {
  const test = await TestRoom.connected({ session: sessionWithKeys() })

  await test.receives({ type: "error", id: KEYS.id, error: "room-history-full", message: "Full." })

  assert.equal(test.session.areKeysRefused, true)
})

test("temporarily refused keys are sent again", async () => {
  const test = await TestRoom.connected({ session: sessionWithKeys() })

  await test.receives({ type: "error", id: KEYS.id, error: "too-many-requests", message: "Later." })
  await test.clock.pass(2_000)

  assert.deepEqual([test.session.areKeysRefused, test.socket.sent.length], [false, 2])
})

for (const phase of ["stopped", "lost"]) {
  test(`once the session is ${phase}, nothing is sent or shown, and the end still counts`, async () => {
    const test = await TestRoom.connected()
    await test.storeMessage({ text: "before" })

    test.session.state = { phase }
    test.room.onSession(test.session.state)
    const sentBefore = test.socket.sent.length
    test.room.write("hello", "Ann")
    test.room.noteDraft("hello")
    await test.storeMessage({ text: "after" })
    await test.clock.pass(60_000)
    const [texts, sent] = [test.texts(), test.socket.sent.length - sentBefore]
    await test.receives({ type: "destroy" })

    assert.deepEqual([texts, sent], [["before"], 0])
    assert.deepEqual([test.callsOf("onSession"), test.callsOf("onEnd")], [[[{ phase }]], [["room-destroyed"]]])
    assert.equal(test.session.isDestroyed, true)
  })
}

test("a session that stops because of the seats sends nothing", async () => {
  const session = sessionWithKeys()
  const test = new TestRoom({ session, unsent: [{ id: "a", sender: "Ann", text: "waited", at: 5 }] })
  session.onHellos = async () => {
    session.state = { phase: "stopped" }
    test.room.onSession(session.state)
  }

  await test.connects()
  await test.clock.pass(60_000)

  assert.deepEqual([test.socket.sent, test.asked], [[], []])
})

// --- Gaps ---

test("a missing sequence number is requested", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage({}, false)

  await test.storeMessage()

  assert.deepEqual(test.texts(), ["text 1", "text 2"])
})

test("a presence with a newer sequence number starts a request", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage({}, false)

  await test.receives({
    type: "presence",
    participants: [ANN, BOB],
    online: [ANN, BOB],
    expiresAt: test.endFromNow(),
    lastSeq: 1,
  })

  assert.deepEqual(test.texts(), ["text 1"])
})

test("after a reconnect missed messages are requested and waiting ones sent in order", async () => {
  const test = await TestRoom.connected()
  await test.disconnects()
  for (const text of ["first", "second"]) test.room.write(text, "Ann")
  await test.storeMessage({}, false)

  await test.connects()
  await test.storeMessage({ ...test.socket.sent[0], participantId: ANN })

  assert.deepEqual(test.texts(), ["text 1", "first"])
  assert.deepEqual(
    test.socket.sent.map(({ text }) => text),
    ["first", "second"],
  )
})

// --- Who one is ---

test("another participant id ends the room in the page, so that no message changes sides", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage()
  await test.disconnects()

  await test.connects({ participantId: BOB })

  assert.deepEqual(test.callsOf("onEnd"), [["identity-changed"]])
  assert.deepEqual([test.texts(), test.socket.hasEnded], [[], true])
})

// --- Writing, and other tabs ---

test("typing is reported, but not with every letter", async () => {
  const test = await TestRoom.connected()

  for (const text of ["h", "he", "hel"]) test.room.noteDraft(text)
  await test.clock.pass(2_500)
  test.room.noteDraft("hell")

  assert.deepEqual(test.socket.sent, [{ type: "typing" }, { type: "typing" }])
  assert.equal(test.session.text, "hell")
})

test("whoever empties the composer is not typing", async () => {
  const test = await TestRoom.connected()

  test.room.noteDraft("")

  assert.deepEqual(test.socket.sent, [])
})

test("a room that was left reports nothing that was read", async () => {
  const test = await TestRoom.connected()
  test.room.seen.note(1)
  test.room.leave()
  test.room.seen.note(2)
  await test.clock.pass(1_000)

  assert.deepEqual(test.socket.sent, [])
})

test("a typing notice ends after four seconds, or at once with the next message", async () => {
  const test = await TestRoom.connected()

  await test.receives({ type: "typing", participantId: BOB })
  await test.clock.pass(4_000)
  await test.receives({ type: "typing", participantId: BOB })
  await test.storeMessage()

  assert.deepEqual(test.callsOf("onTyping"), [[true], [false], [true], [false]])
})

test("what was read is reported once for several messages, and again to a new socket of the other person", async () => {
  const test = await TestRoom.connected()
  for (const seq of [1, 2, 2, 1]) test.room.seen.note(seq)
  await test.clock.pass(1_000)
  await test.receives({ ...test.ready(), type: "presence" })
  await test.clock.pass(1_000)

  assert.deepEqual(test.socket.sent, [
    { type: "seen", text: "2" },
    { type: "seen", text: "2" },
  ])
})

test("without the user's wish nothing that was read is reported", async () => {
  const test = await TestRoom.connected()
  test.wantsSeenMarks = false
  test.room.seen.note(1)
  await test.clock.pass(1_000)
  const before = [...test.socket.sent]

  test.wantsSeenMarks = true
  test.room.seen.repeat()
  await test.clock.pass(1_000)

  assert.deepEqual([before, test.socket.sent], [[], [{ type: "seen", text: "1" }]])
})

test("a replaced tab says so and reconnects on request", async () => {
  const test = await TestRoom.connected()

  test.socket.handlers.onReplaced()
  const replaced = test.room.connection
  await test.connects()

  assert.deepEqual([replaced, test.room.connection], ["replaced", "open"])
})

// --- What a socket cannot say ---

test("the first failure of a socket causes no call; from the second on, a call finds out why", async () => {
  const test = await TestRoom.connected()
  await test.disconnects()

  await test.failsToConnect(1)
  const first = test.questions
  await test.failsToConnect(2)
  await test.failsToConnect(3)

  assert.deepEqual([first, test.questions], [0, 2])
})

test("an exhausted quota is reported until the room is back", async () => {
  const test = await TestRoom.connected()
  await test.disconnects()
  test.refusal = "over-quota"

  await test.failsToConnect(2)
  const first = test.room.connection
  test.refusal = "offline"
  await test.failsToConnect(3)
  const later = test.room.connection
  await test.connects()

  assert.deepEqual([first, later, test.room.connection], ["over-quota", "lost", "open"])
})

test("an answer that arrives when the room is back or over changes nothing", async () => {
  const test = await TestRoom.connected()
  test.refusal = "over-quota"

  await test.failsToConnect(2)
  const whileReady = test.room.connection
  test.socket.isReady = false
  test.socket.handlers.onFailure(2)
  test.room.end("room-expired")
  await settled()

  assert.deepEqual([whileReady, test.room.connection], ["open", "open"])
})
