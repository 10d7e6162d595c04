import assert from "node:assert/strict"
import { test } from "node:test"

import { company, timeLeft } from "../../public/app/controls.js"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

for (const [ms, words] of [
  [24 * HOUR, "24 h left"],
  [24 * HOUR - MINUTE, "23 h 59 min left"],
  [HOUR + 1, "1 h 1 min left"],
  [HOUR, "1 h left"],
  [59 * MINUTE + 1, "1 h left"],
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
  test(`${ms} ms are told as “${words}”`, () => {
    assert.equal(timeLeft(ms), words)
  })
}

test("nobody else has a seat: alone", () => {
  assert.equal(company({ participants: ["ann"], online: ["ann"] }, "ann"), "alone")
  assert.equal(company({ participants: [], online: [] }, "ann"), "alone")
})

test("the other one is connected: together", () => {
  assert.equal(company({ participants: ["ann", "bob"], online: ["bob", "ann"] }, "ann"), "together")
})

test("the other one has a seat and no connection: away", () => {
  assert.equal(company({ participants: ["ann", "bob"], online: ["ann"] }, "ann"), "away")
})

test("two tabs of one person are not company", () => {
  assert.equal(company({ participants: ["ann"], online: ["ann", "ann"] }, "ann"), "alone")
})

test("somebody online without a seat is not company", () => {
  assert.equal(company({ participants: ["ann"], online: ["ann", "eve"] }, "ann"), "alone")
})
