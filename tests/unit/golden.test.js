// The formats of calls and frames, shared with the Worker's tests: see tests/golden/README.md.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { afterEach, test } from "node:test"

import { ApiError, createRoom, destroyRoom, joinRoom, listMessages, roomStatus } from "../../public/app/net/api.js"
import { settled } from "./fake-clock.js"
import { BOB, TestRoom } from "./room-fixture.js"

const ROOM = "V1StGXR8_Z5jdHi6B-myT"

function golden(name) {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"))
}

function frame(file, name) {
  return golden(file).find((each) => each.name === name).frame
}

// --- Frames ---

/** Checks of the effect that each frame has on the page's room. */
const EFFECTS = {
  ready: ({ room, calls }) =>
    assert.deepEqual([room.presence.company, room.lifetime.isKnown, calls.length > 0], ["away", true, true]),
  message: (test) => assert.deepEqual(test.texts(), ["hello"]),
  presence: ({ room, asked }) => assert.deepEqual([room.presence.company, asked], ["together", [[0, 1]]]),
  expiry: (test) => assert.deepEqual(test.callsOf("onLifetime").at(-1), [true]),
  typing: (test) => assert.deepEqual(test.callsOf("onTyping"), [[true]]),
  seen: ({ session }) => assert.deepEqual(session.marks, ["17"]),
  error: ({ room }) =>
    assert.deepEqual(
      [...room.outbox.pending].map(({ problem }) => problem),
      ["bad-request"],
    ),
  destroy: (test) => assert.deepEqual(test.callsOf("onEnd"), [["room-destroyed"]]),
  expire: (test) => assert.deepEqual(test.callsOf("onEnd"), [["room-expired"]]),
}

for (const { name, frame: example } of golden("server-frames")) {
  test(`the page handles the room's ${name} frame`, async () => {
    const room = new TestRoom({ unsent: [{ ...frame("client-frames", "message"), at: 5 }] })
    room.clock.nowMs = 1795461754000
    await room.connects(frame("server-frames", "ready"))

    await room.receives(example)

    EFFECTS[name](room)
  })
}

test("every frame that the page handles has an example", () => {
  assert.deepEqual(
    golden("server-frames")
      .map(({ name }) => name)
      .sort(),
    Object.keys(EFFECTS).sort(),
  )
})

test("the page sends frames as the examples have them", async () => {
  const test = new TestRoom({ unsent: [{ ...frame("client-frames", "message"), at: 5 }] })
  await test.connects()

  test.room.noteDraft("h")
  test.room.seen.note(17)
  await test.clock.pass(1_000)
  test.room.keepOpen()

  assert.deepEqual(
    test.socket.sent,
    golden("client-frames").map(({ frame }) => frame),
  )
})

test("messages in a page of history have the same shape as in a frame", async () => {
  const test = await TestRoom.connected()
  const { messages } = golden("calls").find(({ name }) => name === "messages").response

  assert.deepEqual(Object.keys(messages[0]).sort(), Object.keys(frame("server-frames", "message").message).sort())
  assert.equal(messages[0].participantId, BOB)
  await settled()
  assert.equal(test.room.hasEnded, false)
})

// --- Calls ---

const realFetch = globalThis.fetch
afterEach(() => (globalThis.fetch = realFetch))

/** How the page makes each call. */
const CALLS = {
  create: ({ request }) => createRoom(request),
  status: () => roomStatus(ROOM),
  join: ({ request }) => joinRoom(ROOM, request),
  messages: () => listMessages(ROOM, { after: 0, limit: 50, patienceMs: 1_000 }),
  destroy: () => destroyRoom(ROOM),
  "destroy, not confirmed by the database yet": () => destroyRoom(ROOM),
  "a refused join": ({ request }) => joinRoom(ROOM, request),
}

for (const call of golden("calls")) {
  test(`the page makes the call “${call.name}” and reads its answer`, async () => {
    const made = []
    globalThis.fetch = async (path, { method, body }) => {
      made.push({ path, method, request: body === undefined ? null : JSON.parse(body) })
      return new Response(call.response && JSON.stringify(call.response), { status: call.status })
    }

    const answer = await CALLS[call.name](call).catch((error) => error)

    assert.deepEqual(made, [{ path: call.path, method: call.method, request: call.request }])
    if (call.status < 400) assert.deepEqual(answer ?? null, call.response)
    else assert.deepEqual([answer instanceof ApiError, answer.code], [true, call.response.error])
  })
}
