import assert from "node:assert/strict"
import { test } from "node:test"

import { History } from "../../public/app/model/history.js"
import { Timeline } from "../../public/app/model/timeline.js"
import { ApiError } from "../../public/app/net/api.js"
import { FakeClock, settled } from "./fake-clock.js"

/**
 * A page's history of a room with `count` messages.
 * @param {number} count
 * @param {{perPage?: number, without?: number[]}} given maximum messages per answer, and missing sequence numbers
 */
function historyOf(count, { perPage = 500, without = [] } = {}) {
  const clock = new FakeClock()
  const timeline = new Timeline()
  const seen = { asked: [], pages: 0, gaps: 0, gone: [], idle: [], failWith: null }
  const room = { count }
  const history = new History(timeline, {
    list: async ({ after, limit }) => {
      seen.asked.push([after, limit])
      if (seen.failWith) throw seen.failWith
      const seqs = Array.from({ length: limit }, (_, index) => after + 1 + index).filter((seq) => seq <= room.count)
      const messages = seqs
        .filter((seq) => !without.includes(seq))
        .slice(0, perPage)
        .map((seq) => ({ seq }))
      return { messages, lastSeq: room.count }
    },
    take: async (messages) => {
      for (const { seq } of messages) timeline.put({ seq, id: `id-${seq}`, kind: "shown" })
    },
    onPage: () => (seen.pages += 1),
    onGap: () => (seen.gaps += 1),
    onGone: (code) => seen.gone.push(code),
    whenIdle: (act) => seen.idle.push(act),
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
  })
  return { history, timeline, clock, seen, room }
}

function rangeOf({ low, high }) {
  return [low, high]
}

test("only the newest page is requested at first", async () => {
  const { history, timeline, seen } = historyOf(4_900)

  history.open(4_900)
  await settled()

  assert.deepEqual(seen.asked, [[4_850, 50]])
  assert.deepEqual([rangeOf(timeline), seen.pages, history.hasFirstPage], [[4_851, 4_900], 1, true])
})

test("an empty room is complete at once, without a request", async () => {
  const { history, timeline, seen } = historyOf(0)

  history.open(0)
  await settled()

  assert.deepEqual([seen.asked, seen.pages, rangeOf(timeline), history.hasFirstPage], [[], 1, [1, 0], true])
})

test("older messages load page by page while the page is idle, until all are here", async () => {
  const { history, timeline, seen } = historyOf(600)
  history.open(600)
  await settled()

  while (seen.idle.length > 0) {
    seen.idle.shift()()
    await settled()
  }

  assert.deepEqual(seen.asked, [
    [550, 50],
    [300, 250],
    [50, 250],
    [0, 50],
  ])
  assert.deepEqual(rangeOf(timeline), [1, 600])
})

test("reaching the oldest message loads the page before it", async () => {
  const { history, timeline, seen } = historyOf(600)
  history.open(600)
  await settled()

  history.wantOlder()
  history.wantOlder()
  await settled()

  assert.deepEqual(seen.asked.slice(1), [[300, 250]])
  assert.deepEqual(rangeOf(timeline), [301, 600])
})

test("an answer with fewer messages than requested is continued", async () => {
  const { history, timeline, seen } = historyOf(50, { perPage: 20 })

  history.open(50)
  await settled()

  assert.deepEqual(seen.asked, [
    [0, 50],
    [20, 30],
    [40, 10],
  ])
  assert.deepEqual([rangeOf(timeline), seen.gaps], [[1, 50], 0])
})

test("missing sequence numbers are skipped and reported", async () => {
  const { history, timeline, seen } = historyOf(50, { without: [1, 7, 49, 50] })

  history.open(50)
  await settled()

  assert.deepEqual(rangeOf(timeline), [1, 50])
  assert.ok(seen.asked.length < 4)
  assert.ok(seen.gaps > 0)
})

test("missed newer messages are requested from the first gap", async () => {
  const { history, timeline, seen, room } = historyOf(10)
  history.open(10)
  await settled()
  room.count = 400

  history.see(400)
  await settled()

  assert.deepEqual(seen.asked.slice(1), [
    [10, 250],
    [260, 140],
  ])
  assert.deepEqual(rangeOf(timeline), [1, 400])
})

test("after a reconnect, reading continues from the messages that are here", async () => {
  const { history, timeline, seen, room } = historyOf(10)
  history.open(10)
  await settled()
  history.close()
  room.count = 12

  history.see(12)
  await settled()
  const whileLost = seen.asked.length
  history.open(12)
  await settled()

  assert.deepEqual([whileLost, seen.asked.slice(1)], [1, [[10, 2]]])
  assert.deepEqual(rangeOf(timeline), [1, 12])
})

test("messages that are here are not requested", async () => {
  const { history, seen } = historyOf(10)
  history.open(10)
  await settled()

  history.see(10)
  history.see(3)
  await settled()

  assert.equal(seen.asked.length, 1)
})

test("a request over the rate limit is repeated after the given time", async () => {
  const { history, timeline, clock, seen } = historyOf(10)
  seen.failWith = new ApiError("too-many-requests", 7)
  history.open(10)
  await settled()
  history.wantOlder()
  await clock.pass(6_999)
  const before = seen.asked.length
  seen.failWith = null

  await clock.pass(1)

  assert.deepEqual([before, seen.asked.length, rangeOf(timeline)], [1, 2, [1, 10]])
})

test("a request without an answer is repeated soon", async () => {
  const { history, timeline, clock, seen } = historyOf(10)
  seen.failWith = new ApiError("offline")
  history.open(10)
  await clock.pass(1_400)
  seen.failWith = null

  await clock.pass(500)

  assert.deepEqual(rangeOf(timeline), [1, 10])
})

for (const code of ["room-not-found", "not-a-participant"]) {
  test(`${code} ends the history`, async () => {
    const { history, clock, seen } = historyOf(10)
    seen.failWith = new ApiError(code)

    history.open(10)
    await clock.pass(60_000)

    assert.deepEqual([seen.gone, seen.asked.length], [[code], 1])
  })
}

test("messages that arrive while the newest page loads are kept and not requested again", async () => {
  const { history, timeline, seen, room } = historyOf(100)
  history.open(100)
  room.count = 101
  timeline.put({ seq: 101, id: "id-101", kind: "shown" })
  history.see(101)
  await settled()

  assert.deepEqual(rangeOf(timeline), [51, 101])
  assert.deepEqual(seen.asked, [[50, 50]])
})

test("an answer after a reset changes nothing", async () => {
  const { history, timeline } = historyOf(10)
  history.open(10)
  timeline.clear()
  await settled()

  assert.equal(timeline.isStarted, false)
  assert.equal(timeline.low, 1)
})
