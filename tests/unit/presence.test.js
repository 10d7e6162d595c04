import assert from "node:assert/strict"
import { test } from "node:test"

import { Presence } from "../../public/app/model/presence.js"

function company(participants, online) {
  const presence = new Presence("ann", ["ann"])
  presence.update({ participants, online })
  return presence.company
}

test("without another seat one is alone", () => {
  assert.equal(company(["ann"], ["ann"]), "alone")
  assert.equal(company([], []), "alone")
})

test("with the other person online one is together", () => {
  assert.equal(company(["ann", "bob"], ["bob", "ann"]), "together")
})

test("with the other person offline they are away", () => {
  assert.equal(company(["ann", "bob"], ["ann"]), "away")
})

test("two tabs of one person do not count as two people", () => {
  assert.equal(company(["ann"], ["ann", "ann"]), "alone")
})

test("a connection without a seat does not count", () => {
  assert.equal(company(["ann"], ["ann", "eve"]), "alone")
})

test("the first presence is not news", () => {
  const presence = new Presence("ann", ["ann", "bob"])

  assert.equal(presence.isKnown, false)
  assert.equal(presence.update({ participants: ["ann", "bob"], online: ["ann", "bob"] }), null)
  assert.equal(presence.isKnown, true)
})

test("coming and going is reported once each time", () => {
  const presence = new Presence("ann", ["ann"])
  const both = ["ann", "bob"]
  const updates = [
    { participants: ["ann"], online: ["ann"] },
    { participants: both, online: ["ann"] },
    { participants: both, online: both },
    { participants: both, online: both },
    { participants: both, online: ["ann"] },
    { participants: both, online: both },
  ]

  assert.deepEqual(
    updates.map((each) => presence.update(each)),
    [null, null, "together", null, "left", "together"],
  )
})
