import "./english.js"

import assert from "node:assert/strict"
import { test } from "node:test"

import { Lifetime, timeLeft } from "../../public/app/model/lifetime.js"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

for (const [ms, words] of [
  [24 * HOUR, "24 hr left"],
  [24 * HOUR - MINUTE, "23 hr 59 min left"],
  [HOUR + 1, "1 hr 1 min left"],
  [HOUR, "1 hr left"],
  [59 * MINUTE + 1, "1 hr left"],
  [59 * MINUTE, "59 min left"],
  [10 * MINUTE, "10 min left"],
  [9 * MINUTE + 1, "10 min left"],
  [2 * MINUTE, "2 min left"],
  [2 * MINUTE - SECOND, "1:59 left"],
  [MINUTE, "1:00 left"],
  [9 * SECOND, "0:09 left"],
  [1, "0:01 left"],
  [0, "ending now"],
  [-5 * MINUTE, "ending now"],
]) {
  test(`${ms} ms are shown as “${words}”`, () => {
    assert.equal(timeLeft(ms), words)
  })
}

// --- The room's clock ---

/** A room of `ttlSeconds`, reached when the local clock showed 1,000 and the room's 5,000. */
function lifetime(ttlSeconds = 600) {
  const lifetime = new Lifetime()
  lifetime.start(
    { now: 5_000, expiresAt: 5_000 + ttlSeconds * SECOND, ttlSeconds, endsBy: 5_000 + 86_400 * SECOND },
    1_000,
  )
  return lifetime
}

test("the time left follows the room's clock, however wrong the local one is", () => {
  assert.equal(lifetime().msLeft(1_000), 600 * SECOND)
  assert.equal(lifetime().msLeft(61_000), 540 * SECOND)
  assert.equal(lifetime().endsAt, 601_000)
})

test("a room that has its longest life cannot be kept open", () => {
  const room = lifetime()
  room.moveTo(5_000 + 86_400 * SECOND - 1)
  const before = room.isLast

  room.moveTo(5_000 + 86_400 * SECOND)

  assert.deepEqual([before, room.isLast], [false, true])
})

test("the time left is at most a whole lifetime", () => {
  assert.equal(lifetime().msLeft(0), 600 * SECOND)
})

test("a new end counts at once, and an invalid one changes nothing", () => {
  const moved = lifetime()

  moved.moveTo(5_000 + 700 * SECOND)
  moved.moveTo(undefined)

  assert.equal(moved.msLeft(1_000 + 200 * SECOND), 500 * SECOND)
})

test("the room is over at its end and not before", () => {
  assert.deepEqual(
    [600_999, 601_000].map((now) => lifetime().isOver(now)),
    [false, true],
  )
})

test("nothing is over or ending before the room's clock is known", () => {
  const unknown = new Lifetime()

  assert.deepEqual(
    [unknown.isKnown, unknown.isOver(9e12), unknown.isEnding(9e12), unknown.share(0)],
    [false, false, false, 1],
  )
})

for (const [ttlSeconds, endingSeconds, urgentSeconds] of [
  [600, 120, 30],
  [86_400, 120, 30],
  [60, 20, 20],
]) {
  test(`a room of ${ttlSeconds} s: ending in the last ${endingSeconds} s, urgent in the last ${urgentSeconds} s`, () => {
    const room = lifetime(ttlSeconds)
    const end = 1_000 + ttlSeconds * SECOND

    assert.deepEqual(
      [end - endingSeconds * SECOND, end - endingSeconds * SECOND + 1].map((now) => room.isEnding(now)),
      [false, true],
    )
    assert.deepEqual(
      [end - urgentSeconds * SECOND, end - urgentSeconds * SECOND + 1].map((now) => room.isUrgent(now)),
      [false, true],
    )
  })
}

test("the remaining share of the lifetime is between 0 and 1", () => {
  assert.deepEqual(
    [0, 301_000, 700_000].map((now) => lifetime().share(now)),
    [1, 0.5, 0],
  )
})
