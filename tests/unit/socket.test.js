// Longer than 400 lines, because all tests of a socket's life share one fake platform and its clock.

import assert from "node:assert/strict"
import { test } from "node:test"

import { RoomSocket } from "../../public/app/net/room-socket.js"
import { FakePlatform } from "./fake-platform.js"

const URL = "ws://room.test/api/realtime?roomId=x"
const READY = { type: "ready", lastSeq: 0 }

/** A RoomSocket whose reports are recorded. */
function roomSocket() {
  const platform = new FakePlatform()
  const reported = { frames: [], changes: [], ends: [], failures: [], replacements: 0 }
  const socket = new RoomSocket(
    URL,
    {
      onFrame: (frame) => reported.frames.push(frame),
      onChange: (isOpen) => reported.changes.push(isOpen),
      onFailure: (inARow) => reported.failures.push(inARow),
      onReplaced: () => (reported.replacements += 1),
      onEnd: (reason) => reported.ends.push(reason),
    },
    platform,
  )
  return { socket, platform, reported }
}

/** A RoomSocket that has received `ready`. */
function readySocket() {
  const all = roomSocket()
  all.socket.connect()
  sendReady(all.platform)
  return all
}

function sendReady(platform) {
  platform.socket.simulateOpen()
  platform.socket.simulateFrame(READY)
}

// --- Opening ---

test("the socket is open once ready has arrived and not before", () => {
  const { socket, platform, reported } = roomSocket()

  socket.connect()
  platform.socket.simulateOpen()
  const before = socket.isReady
  platform.socket.simulateFrame(READY)

  assert.deepEqual([before, socket.isReady], [false, true])
  assert.deepEqual(reported.changes, [true])
  assert.deepEqual(reported.frames, [READY])
  assert.deepEqual(platform.urls, [URL])
})

test("attempts that end before ready are counted until one succeeds", () => {
  const { socket, platform, reported } = roomSocket()
  socket.connect()

  platform.socket.simulateClose()
  platform.msToNextSocket()
  platform.socket.simulateClose()
  platform.msToNextSocket()
  sendReady(platform)
  platform.socket.simulateClose()

  assert.deepEqual(reported.failures, [1, 2], "the last one was ready")
})

test("frames arrive in order", () => {
  const { platform, reported } = readySocket()

  platform.socket.simulateFrame({ type: "typing", participantId: "bob" })
  platform.socket.simulateFrame({ type: "destroy" })

  assert.deepEqual(
    reported.frames.map(({ type }) => type),
    ["ready", "typing", "destroy"],
  )
})

test("a frame of an unknown type is passed on", () => {
  const { socket, platform, reported } = readySocket()

  platform.socket.simulateFrame({ type: "wave", from: "the future" })

  assert.deepEqual(reported.frames.at(-1), { type: "wave", from: "the future" })
  assert.equal(socket.isReady, true)
})

test("data that is not a frame is ignored", () => {
  const { socket, platform, reported } = readySocket()

  for (const garbage of ["", "{", "null", "7", "[]", '"ready"', "{}", '{"type":7}', "pong", new ArrayBuffer(2)]) {
    platform.socket.onmessage({ data: garbage })
  }

  assert.deepEqual(reported.frames, [READY])
  assert.equal(socket.isReady, true)
})

// --- Sending ---

test("frames are sent as JSON", () => {
  const { socket, platform } = readySocket()

  const isSent = socket.send({ type: "message", text: "hello" })

  assert.equal(isSent, true)
  assert.deepEqual(platform.socket.sent, ['{"type":"message","text":"hello"}'])
})

test("nothing is sent before ready", () => {
  const { socket, platform } = roomSocket()

  const answers = [socket.send({ type: "typing" })]
  socket.connect()
  answers.push(socket.send({ type: "typing" }))
  platform.socket.simulateOpen()
  answers.push(socket.send({ type: "typing" }))

  assert.deepEqual(answers, [false, false, false])
  assert.deepEqual(platform.socket.sent, [])
})

test("nothing is sent into a socket that is closing", () => {
  const { socket, platform } = readySocket()
  platform.socket.readyState = 2

  assert.equal(socket.send({ type: "typing" }), false)
  assert.deepEqual(platform.socket.sent, [])
})

// --- Coming back ---

test("a lost connection is reported at once and reconnects by itself", () => {
  const { socket, platform, reported } = readySocket()

  platform.socket.simulateClose()
  const wasReady = socket.isReady
  platform.msToNextSocket()
  sendReady(platform)

  assert.equal(wasReady, false)
  assert.deepEqual(reported.changes, [true, false, true])
  assert.deepEqual(reported.ends, [])
})

test("every failure doubles the wait, up to 30 seconds", () => {
  const { socket, platform } = roomSocket()
  socket.connect()

  const delays = Array.from({ length: 9 }, () => {
    platform.socket.simulateClose()
    return platform.msToNextSocket()
  })

  assert.deepEqual(delays, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test("randomness shortens a wait by up to half, so that clients do not reconnect all at once", () => {
  const { socket, platform } = roomSocket()
  socket.connect()

  const delays = [0, 0.5, 1].map((luck) => {
    platform.luck = luck
    sendReady(platform)
    platform.socket.simulateClose()
    return platform.msToNextSocket()
  })

  assert.deepEqual(delays, [250, 375, 500])
})

test("ready resets the wait", () => {
  const { socket, platform } = roomSocket()
  socket.connect()
  for (let failures = 0; failures < 6; failures++) {
    platform.socket.simulateClose()
    platform.msToNextSocket()
  }

  sendReady(platform)
  platform.socket.simulateClose()

  assert.equal(platform.msToNextSocket(), 500)
})

test("a socket that neither opens nor fails is dropped after 5 seconds", () => {
  const { socket, platform } = roomSocket()
  socket.connect()

  platform.passAtOnce(4999)
  const early = platform.socket.readyState
  platform.passAtOnce(1)

  assert.deepEqual([early, platform.socket.readyState], [0, 3])
  assert.equal(platform.msToNextSocket(), 500)
})

test("a socket that opens but sends nothing is dropped, too", () => {
  const { socket, platform } = roomSocket()
  socket.connect()
  platform.socket.simulateOpen()

  const ms = platform.msToNextSocket()

  assert.ok(ms < 30_000, `the next attempt after ${ms} ms`)
})

test("a socket that is ready is not dropped", () => {
  const { socket, platform } = readySocket()

  platform.passAtOnce(6_000)

  assert.equal(socket.isReady, true)
  assert.equal(platform.sockets.length, 1)
})

test("after a close for too many frames the wait is at least 5 seconds", () => {
  const { platform } = readySocket()

  platform.socket.simulateClose(4429)

  assert.equal(platform.msToNextSocket(), 5000)
})

test("after repeated closes for too many frames the wait doubles as usual", () => {
  const { socket, platform } = roomSocket()
  socket.connect()

  const delays = Array.from({ length: 7 }, () => {
    platform.socket.simulateClose(4429)
    return platform.msToNextSocket()
  })

  assert.deepEqual(delays, [5000, 5000, 5000, 5000, 8000, 16_000, 30_000])
})

// --- The heartbeat ---

test("a ping is sent after 20 seconds without a frame", () => {
  const { platform } = readySocket()

  platform.passAtOnce(19_999)
  const early = [...platform.socket.sent]
  platform.passAtOnce(1)

  assert.deepEqual(early, [])
  assert.deepEqual(platform.socket.sent, ["ping"])
})

test("a pong keeps the connection, and the next ping follows 20 seconds later", () => {
  const { socket, platform } = readySocket()

  for (let pings = 0; pings < 5; pings++) {
    platform.passAtOnce(20_000)
    platform.passAtOnce(100)
    platform.socket.simulateFrame("pong")
  }

  assert.deepEqual(platform.socket.sent, Array(5).fill("ping"))
  assert.equal(socket.isReady, true)
  assert.equal(platform.sockets.length, 1)
})

test("any frame counts as a pong", () => {
  const { platform } = readySocket()

  platform.passAtOnce(19_000)
  platform.socket.simulateFrame({ type: "typing" })
  platform.passAtOnce(19_999)

  assert.deepEqual(platform.socket.sent, [])
})

test("a connection whose pong does not come within 5 seconds is dead", () => {
  const { socket, platform, reported } = readySocket()
  const dead = platform.socket

  platform.passAtOnce(24_999)
  const wasReady = socket.isReady
  platform.passAtOnce(1)

  assert.deepEqual([wasReady, socket.isReady], [true, false])
  assert.deepEqual(reported.changes, [true, false])
  assert.equal(dead.readyState, 3)
  assert.equal(platform.msToNextSocket(), 500)
})

// --- The end ---

for (const [code, reason] of [
  [4401, "not-a-participant"],
  [4404, "room-not-found"],
  [4410, "room-destroyed"],
  [4411, "room-expired"],
]) {
  test(`close code ${code} ends the room with ${reason}, and later data is ignored`, () => {
    const { socket, platform, reported } = readySocket()

    platform.socket.simulateClose(code)
    socket.connect()
    socket.check()
    platform.passAtOnce(3_600_000)

    assert.deepEqual(reported.ends, [reason])
    assert.equal(socket.isReady, false)
    assert.equal(platform.sockets.length, 1)
  })
}

for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 4400]) {
  test(`after close code ${code} the socket reconnects`, () => {
    const { platform, reported } = readySocket()

    platform.socket.simulateClose(code)

    assert.equal(platform.msToNextSocket(), 500)
    assert.deepEqual(reported.ends, [])
  })
}

test("after end() nothing is reported and the socket does not reconnect", () => {
  const { socket, platform, reported } = readySocket()

  socket.end()
  platform.socket.simulateFrame({ type: "typing" })
  platform.socket.simulateClose()
  socket.check()
  platform.passAtOnce(3_600_000)

  assert.deepEqual(reported.frames, [READY])
  assert.equal(platform.sockets.length, 1)
  assert.equal(platform.socket.readyState, 3)
  assert.equal(platform.hasTimers, false)
})

test("a replaced socket reconnects only on request", () => {
  const { socket, platform, reported } = readySocket()

  platform.socket.simulateClose(4408)
  socket.check()
  platform.passAtOnce(3_600_000)
  const whileAway = platform.sockets.length
  socket.connect()
  sendReady(platform)
  socket.check()

  assert.deepEqual([whileAway, platform.sockets.length], [1, 2])
  assert.deepEqual([reported.replacements, reported.ends.length], [1, 0])
  assert.deepEqual(reported.changes, [true, false, true])
})

// --- The page comes back to life ---

test("a check pings an open connection and notices within 5 seconds that it is dead", () => {
  const { socket, platform } = readySocket()

  socket.check()
  const sent = [...platform.socket.sent]
  platform.passAtOnce(5_000)

  assert.deepEqual(sent, ["ping"])
  assert.equal(socket.isReady, false)
})

test("a check of a working connection changes nothing", () => {
  const { socket, platform, reported } = readySocket()

  socket.check()
  platform.socket.simulateFrame("pong")
  platform.passAtOnce(10_000)

  assert.deepEqual(reported.changes, [true])
  assert.equal(platform.sockets.length, 1)
})

test("a check while waiting connects at once, and only once", () => {
  const { socket, platform } = readySocket()
  platform.socket.simulateClose()

  socket.check()
  const atOnce = platform.sockets.length
  sendReady(platform)
  platform.passAtOnce(15_000)

  assert.equal(atOnce, 2)
  assert.equal(platform.sockets.length, 2)
})

test("a check while connecting changes nothing", () => {
  const { socket, platform } = roomSocket()
  socket.connect()

  socket.check()

  assert.equal(platform.sockets.length, 1)
  assert.equal(platform.socket.readyState, 0)
})

test("an earlier socket is closed and ignored", () => {
  const { socket, platform, reported } = readySocket()
  const [replaced] = platform.sockets
  const { onmessage, onclose } = replaced

  socket.connect()
  onmessage({ data: JSON.stringify({ type: "destroy" }) })
  onclose({ code: 4410 })
  sendReady(platform)

  assert.equal(replaced.readyState, 3)
  assert.deepEqual(reported.frames, [READY, READY])
  assert.deepEqual(reported.ends, [])
  assert.equal(platform.sockets.length, 2)
})
