import assert from "node:assert/strict"
import { test } from "node:test"

import { Outbox, newMessageId } from "../../public/app/model/outbox.js"
import { FakeClock, settled } from "./fake-clock.js"

/** An outbox that records what it sends, in order. */
function outboxWith(kept = [], canSend = () => true) {
  const clock = new FakeClock()
  const seen = { sent: [], kept: [], changes: [] }
  const outbox = new Outbox(kept, {
    send: async ({ id }) => {
      if (!canSend()) return false
      seen.sent.push(id)
      return true
    },
    keep: ({ id }) => void seen.kept.push(id),
    drop: (id) => {
      seen.kept = seen.kept.filter((each) => each !== id)
    },
    onChange: ({ id, problem }) => seen.changes.push([id, problem]),
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    random: clock.random,
  })
  return { outbox, clock, seen }
}

function draft(id) {
  return { id, sender: "Ann", text: `text of ${id}`, at: 5 }
}

function ids(outbox) {
  return [...outbox.pending].map(({ id }) => id)
}

/** A connected outbox with these waiting messages. */
async function openOutbox(...waiting) {
  const all = outboxWith()
  all.outbox.open()
  for (const id of waiting) all.outbox.write(draft(id))
  await settled()
  return all
}

test("a message is sent at once and waits for its confirmation", async () => {
  const { outbox, seen } = await openOutbox("a")

  assert.deepEqual([seen.sent, ids(outbox)], [["a"], ["a"]])
})

test("the next message is sent when the previous one is confirmed", async () => {
  const { outbox, seen } = await openOutbox("a", "b", "c")
  const before = [...seen.sent]

  outbox.confirm("a")
  await settled()

  assert.deepEqual([before, seen.sent], [["a"], ["a", "b"]])
})

test("messages wait without a connection and are then sent in the order in which they were written", async () => {
  const { outbox, seen } = outboxWith()
  for (const id of ["c", "a", "b"]) outbox.write(draft(id))
  await settled()
  const before = [...seen.sent]

  outbox.open()
  for (const id of ["c", "a", "b"]) {
    await settled()
    outbox.confirm(id)
  }

  assert.deepEqual([before, seen.sent, outbox.isEmpty], [[], ["c", "a", "b"], true])
})

for (const code of ["too-many-requests", "store-unavailable", "internal"]) {
  test(`a temporary refusal (${code}) holds back later messages and keeps the order`, async () => {
    const { outbox, clock, seen } = await openOutbox("a", "b")

    outbox.refuse("a", code)
    outbox.write(draft("c"))
    await settled()
    const whileWaiting = [...seen.sent]
    await clock.pass(1_000)
    for (const id of ["a", "b", "c"]) {
      outbox.confirm(id)
      await settled()
    }

    assert.deepEqual([whileWaiting, seen.sent], [["a"], ["a", "a", "b", "c"]])
  })
}

test("each repeated refusal doubles the wait, up to 30 seconds", async () => {
  const { outbox, clock, seen } = await openOutbox("a")
  const delays = []

  for (let attempt = 0; attempt < 8; attempt += 1) {
    outbox.refuse("a", "too-many-requests")
    const [start, sent] = [clock.nowMs, seen.sent.length]
    while (seen.sent.length === sent) await clock.pass(500)
    delays.push(clock.nowMs - start)
  }

  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
})

test("a confirmation resets the wait", async () => {
  const { outbox, clock, seen } = await openOutbox("a", "b")
  for (const ms of [1_000, 2_000, 4_000]) {
    outbox.refuse("a", "store-unavailable")
    await clock.pass(ms)
  }

  outbox.confirm("a")
  await settled()
  outbox.refuse("b", "store-unavailable")
  await clock.pass(1_000)

  assert.deepEqual(seen.sent.slice(-2), ["b", "b"])
})

test("a permanently refused message keeps its error code, and the next message is sent", async () => {
  const { outbox, seen } = await openOutbox("a", "b")

  outbox.refuse("a", "too-large")
  await settled()

  assert.deepEqual(seen.sent, ["a", "b"])
  assert.deepEqual(
    [...outbox.pending].map(({ problem }) => problem),
    ["too-large", null],
  )
  assert.deepEqual(seen.changes.at(-1), ["a", "too-large"])
})

test("a permanently refused message is sent again only on request, in its old position", async () => {
  const { outbox, seen } = await openOutbox("a", "b", "c")
  outbox.refuse("a", "too-large")
  await settled()

  outbox.retry("a")
  await settled()
  const whileUnderWay = [...seen.sent]
  outbox.confirm("b")
  await settled()

  assert.deepEqual(
    [whileUnderWay, seen.sent],
    [
      ["a", "b"],
      ["a", "b", "a"],
    ],
  )
})

test("a retry does not repeat a message that is under way or confirmed", async () => {
  const { outbox, seen } = await openOutbox("a")

  outbox.retry("a")
  outbox.confirm("a")
  outbox.retry("a")
  await settled()

  assert.deepEqual(seen.sent, ["a"])
})

test("after a reconnect the message that was under way is sent again first", async () => {
  const { outbox, clock, seen } = await openOutbox("a", "b")

  outbox.close()
  await clock.pass(60_000)
  const whileLost = [...seen.sent]
  outbox.open()
  await settled()

  assert.deepEqual([whileLost, seen.sent], [["a"], ["a", "a"]])
})

test("a message that the history confirms after a reconnect is not sent again, and the next one follows", async () => {
  const { outbox, seen } = await openOutbox("a", "b")

  outbox.close()
  outbox.confirm("a")
  outbox.open()
  await settled()

  assert.deepEqual(seen.sent, ["a", "b"])
})

test("a message without an answer is sent again after 15 seconds", async () => {
  const { clock, seen } = await openOutbox("a", "b")

  await clock.pass(14_999)
  const before = [...seen.sent]
  await clock.pass(1)

  assert.deepEqual([before, seen.sent], [["a"], ["a", "a"]])
})

test("a message that cannot be sent yet waits until the outbox opens again", async () => {
  let isReady = false
  const { outbox, seen } = outboxWith([], () => isReady)
  outbox.open()
  outbox.write(draft("a"))
  await settled()

  isReady = true
  outbox.open()
  await settled()

  assert.deepEqual(seen.sent, ["a"])
})

test("a confirmation or refusal of an unknown message changes nothing", async () => {
  const { outbox, seen } = await openOutbox("a", "b")

  outbox.confirm("z")
  outbox.refuse("z", "too-large")
  outbox.refuse("b", "too-many-requests")
  await settled()

  assert.deepEqual([seen.sent, ids(outbox)], [["a"], ["a", "b"]])
})

test("waiting messages survive a reload in order and are sent again", async () => {
  const before = await openOutbox("b", "a")
  before.outbox.refuse("b", "too-large")

  const after = outboxWith(before.seen.kept.map(draft))
  after.outbox.open()
  await settled()

  assert.deepEqual(before.seen.kept, ["b", "a"])
  assert.deepEqual([ids(after.outbox), after.seen.sent], [["b", "a"], ["b"]])
})

test("a confirmed message does not come back with a reload", async () => {
  const { outbox, seen } = await openOutbox("a")

  outbox.confirm("a")

  assert.deepEqual(seen.kept, [])
})

test("a cleared outbox is empty, sends nothing, and does not touch stored messages", async () => {
  const { outbox, clock, seen } = await openOutbox("a", "b")

  outbox.clear()
  await clock.pass(60_000)

  assert.deepEqual([ids(outbox), seen.sent, seen.kept], [[], ["a"], ["a", "b"]])
  assert.equal(clock.hasTimers, false)
})

test("message ids are nanoids and differ", () => {
  const made = Array.from({ length: 1000 }, newMessageId)

  for (const id of made) assert.match(id, /^[A-Za-z0-9_-]{21}$/)
  assert.equal(new Set(made).size, made.length)
})
