import assert from "node:assert/strict"
import { test } from "node:test"

import { Presence } from "../../public/app/model/presence.js"

function company(participants, online) {
  const presence = new Presence("ann", ["ann"])
  presence.update({ participants, online })
  return presence.company
}

test("nobody else has a seat: alone", () => {
  assert.equal(company(["ann"], ["ann"]), "alone")
  assert.equal(company([], []), "alone")
})

test("the other one is connected: together", () => {
  assert.equal(company(["ann", "bob"], ["bob", "ann"]), "together")
})

test("the other one has a seat and no connection: away", () => {
  assert.equal(company(["ann", "bob"], ["ann"]), "away")
})

test("two tabs of one person are not company", () => {
  assert.equal(company(["ann"], ["ann", "ann"]), "alone")
})

test("somebody online without a seat is not company", () => {
  assert.equal(company(["ann"], ["ann", "eve"]), "alone")
})

test("what stands at the beginning is no news", () => {
  const presence = new Presence("ann", ["ann", "bob"])

  assert.equal(presence.isKnown, false)
  assert.equal(presence.update({ participants: ["ann", "bob"], online: ["ann", "bob"] }), null)
  assert.equal(presence.isKnown, true)
})

test("coming and going is news, once each time", () => {
  const presence = new Presence("ann", ["ann"])
  const both = ["ann", "bob"]
  const told = [
    { participants: ["ann"], online: ["ann"] },
    { participants: both, online: ["ann"] },
    { participants: both, online: both },
    { participants: both, online: both },
    { participants: both, online: ["ann"] },
    { participants: both, online: both },
  ]

  assert.deepEqual(
    told.map((each) => presence.update(each)),
    [null, null, "together", null, "left", "together"],
  )
})
