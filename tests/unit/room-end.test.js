import assert from "node:assert/strict"
import { test } from "node:test"

import { settled } from "./fake-clock.js"
import { FakeSession, LIFE_MS, TestRoom, shown } from "./room-fixture.js"

for (const [frame, code] of [
  ["destroy", "room-destroyed"],
  ["expire", "room-expired"],
]) {
  test(`after ${frame} nothing is left and later frames are ignored`, async () => {
    const test = await TestRoom.connected()
    await test.storeMessage()
    test.room.write("not sent", "Ann")

    await test.receives({ type: frame })
    await test.storeMessage()
    await test.clock.pass(60_000)

    assert.deepEqual(test.callsOf("onEnd"), [[code]])
    assert.deepEqual(
      [test.texts(), test.room.outbox.isEmpty, test.session.isDestroyed, test.socket.hasEnded],
      [[], true, true, true],
    )
  })
}

test("a message that is being decrypted when the room ends is not shown", async () => {
  const opening = Promise.withResolvers()
  const test = await TestRoom.connected({ session: new FakeSession({ openOne: () => opening.promise }) })
  await test.storeMessage()

  await test.receives({ type: "destroy" })
  opening.resolve(shown("too late"))
  await settled()

  assert.deepEqual(test.texts(), [])
})

test("leaving the page drops everything from memory, and a reload finds what it needs", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage()
  test.room.write("not sent", "Ann")

  test.room.leave()

  assert.deepEqual([test.texts(), test.room.outbox.isEmpty, test.socket.hasEnded], [[], true, true])
  assert.deepEqual([test.session.isForgotten, test.session.isDestroyed], [true, false])
  assert.deepEqual([test.session.unsent.length, test.callsOf("onEnd")], [1, []])
})

// --- The clock ---

test("without a connection everything disappears at the end by the clock, and after a while for good", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage()
  await test.disconnects()

  await test.clock.pass(LIFE_MS - 1)
  test.room.checkExpiry()
  const before = test.texts()
  await test.clock.pass(1)
  test.room.checkExpiry()
  const after = [test.texts(), test.callsOf("onOverdue").length, test.callsOf("onEnd").length]
  await test.clock.pass(12_000)
  test.room.checkExpiry()

  assert.deepEqual([before, after], [["text 1"], [[], 1, 0]])
  assert.deepEqual([test.callsOf("onEnd"), test.session.isDestroyed], [[["unconfirmed"]], true])
})

test("an encrypted room that may still be open keeps its keys in the browser's storage but not in memory", async () => {
  const test = await TestRoom.connected({ session: new FakeSession({ state: { phase: "both" } }) })
  await test.disconnects()
  for (const ms of [LIFE_MS, 12_000]) {
    await test.clock.pass(ms)
    test.room.checkExpiry()
  }

  assert.deepEqual(test.callsOf("onEnd"), [["unconfirmed"]])
  assert.deepEqual([test.session.isForgotten, test.session.isDestroyed], [true, false])
})

test("with a connection the room has two seconds to announce its end", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage()

  await test.clock.pass(LIFE_MS + 1_999)
  test.room.checkExpiry()
  const before = test.texts()
  await test.clock.pass(1)
  test.room.checkExpiry()

  assert.deepEqual([before, test.texts(), test.socket.connects], [["text 1"], [], 2])
})

test("a room that was kept open meanwhile continues", async () => {
  const test = await TestRoom.connected()
  await test.storeMessage()
  await test.disconnects()
  await test.clock.pass(LIFE_MS)
  test.room.checkExpiry()

  await test.connects()
  await test.clock.pass(12_000)
  test.room.checkExpiry()

  assert.deepEqual([test.callsOf("onResume").length, test.callsOf("onEnd")], [1, []])
})

test("nothing that arrives after the end by the clock is shown", async () => {
  const test = await TestRoom.connected()
  await test.clock.pass(LIFE_MS + 2_000)
  test.room.checkExpiry()

  await test.receives({ type: "message", message: { ...(await test.storeMessage({}, false)), seq: 1 }, expiresAt: 1 })

  assert.deepEqual(test.texts(), [])
})

test("every message and every “keep open” moves the end", async () => {
  const test = await TestRoom.connected()
  await test.clock.pass(60_000)

  await test.receives({ type: "expiry", expiresAt: test.endFromNow() })

  assert.equal(test.room.lifetime.msLeft(test.clock.nowMs), LIFE_MS)
  assert.deepEqual(test.callsOf("onLifetime").at(-1), [true])
})
