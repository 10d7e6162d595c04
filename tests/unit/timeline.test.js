import assert from "node:assert/strict"
import { test } from "node:test"

import { Timeline, newMessageId } from "../../public/app/messages.js"

/** A shelf that remembers what it was last given, as a reload would find it. */
function shelf(saved = []) {
  let kept = JSON.stringify(saved)
  return {
    save: (pending) => (kept = JSON.stringify(pending)),
    load: () => JSON.parse(kept),
  }
}

function message(seq, id = `id-${seq}`) {
  return { id, seq, participantId: "ann", sender: "Ann", text: `text ${seq}`, timestamp: seq * 1000, isRefused: false }
}

/** What stands at a place where something did not open. */
function refused(seq, id = `id-${seq}`) {
  return { ...message(seq, id), sender: "", text: "", isRefused: true }
}

function draft(id) {
  return { id, sender: "Ann", text: `draft ${id}` }
}

function seqs(timeline) {
  return timeline.messages.map(({ seq }) => seq)
}

function pendingIds(timeline) {
  return timeline.pending.map(({ draft }) => draft.id)
}

test("messages stand in the order of their numbers, not of their arrival", () => {
  const timeline = new Timeline(shelf())

  for (const seq of [3, 1, 10, 2]) timeline.add(message(seq))

  assert.deepEqual(seqs(timeline), [1, 2, 3, 10])
})

test("a message that comes twice is there once", () => {
  const timeline = new Timeline(shelf())

  const answers = [timeline.add(message(1)), timeline.add(message(1))]

  assert.deepEqual(answers, [true, false])
  assert.deepEqual(seqs(timeline), [1])
})

test("a message that comes again under another number is refused there: nobody says it twice", () => {
  const timeline = new Timeline(shelf())
  timeline.add(message(1, "same"))

  const isNew = timeline.add(message(2, "same"))

  assert.equal(isNew, true)
  assert.deepEqual(timeline.messages.map(({ seq, isRefused }) => [seq, isRefused]), [[1, false], [2, true]])
})

test("what was refused keeps its place, so that nothing is missing there", () => {
  const timeline = new Timeline(shelf())

  for (const each of [message(1), refused(2), message(3)]) timeline.add(each)

  assert.equal(timeline.completeTo, 3)
})

test("what was refused does not stand in the way of the true message of that id", () => {
  const timeline = new Timeline(shelf())
  timeline.write(draft("a"), 5)
  timeline.add(refused(1, "a"))
  const waiting = pendingIds(timeline)

  timeline.add(message(2, "a"))

  assert.deepEqual(waiting, ["a"])
  assert.deepEqual(pendingIds(timeline), [])
  assert.deepEqual(timeline.messages.map(({ isRefused }) => isRefused), [true, false])
})

test("two messages of one number are told apart from a replay: the first one stays", () => {
  const timeline = new Timeline(shelf())
  timeline.add(message(1, "first"))

  timeline.add(message(1, "second"))

  assert.deepEqual(timeline.messages.map(({ id }) => id), ["first"])
})

test("what is written waits until the room says it back", () => {
  const timeline = new Timeline(shelf())

  timeline.write(draft("a"), 5)

  assert.deepEqual(timeline.pending, [{ draft: draft("a"), timestamp: 5, problem: null }])
  assert.deepEqual(seqs(timeline), [])
})

test("a confirmed message is no longer pending and stands at its number", () => {
  const timeline = new Timeline(shelf())
  timeline.write(draft("a"), 5)
  timeline.write(draft("b"), 6)

  const isNew = timeline.add(message(7, "b"))

  assert.equal(isNew, true)
  assert.deepEqual(pendingIds(timeline), ["a"])
  assert.deepEqual(seqs(timeline), [7])
})

test("pending messages keep the order in which they were written", () => {
  const timeline = new Timeline(shelf())
  for (const id of ["c", "a", "b"]) timeline.write(draft(id), 5)

  timeline.mark("a", "No.")

  assert.deepEqual(pendingIds(timeline), ["c", "a", "b"])
})

test("a refused message says why, and is on its way again once it is retried", () => {
  const timeline = new Timeline(shelf())
  timeline.write(draft("a"), 5)

  timeline.mark("a", "Too long.")
  const refused = timeline.pending[0].problem
  timeline.mark("a", null)

  assert.equal(refused, "Too long.")
  assert.equal(timeline.pending[0].problem, null)
})

test("a refusal of a message that is not pending changes nothing", () => {
  const timeline = new Timeline(shelf())
  timeline.add(message(1, "a"))

  timeline.mark("a", "Too late.")

  assert.deepEqual(timeline.pending, [])
  assert.deepEqual(seqs(timeline), [1])
})

test("nothing is complete in an empty timeline", () => {
  assert.equal(new Timeline(shelf()).completeTo, 0)
})

test("the timeline is complete up to the first hole", () => {
  const timeline = new Timeline(shelf())

  for (const seq of [1, 2, 4, 5]) timeline.add(message(seq))

  assert.equal(timeline.completeTo, 2)
})

test("a hole that is filled makes everything behind it complete", () => {
  const timeline = new Timeline(shelf())
  for (const seq of [1, 4, 2]) timeline.add(message(seq))

  timeline.add(message(3))

  assert.equal(timeline.completeTo, 4)
})

test("a number that the room was asked for and does not have is no hole", () => {
  const timeline = new Timeline(shelf())
  for (const seq of [1, 3, 4]) timeline.add(message(seq))

  timeline.settle(2)

  assert.equal(timeline.completeTo, 4)
})

test("what is settled never goes back", () => {
  const timeline = new Timeline(shelf())
  timeline.settle(9)

  timeline.settle(4)

  assert.equal(timeline.completeTo, 9)
})

test("pending messages outlive a reload, with their problems and in their order", () => {
  const kept = shelf()
  const before = new Timeline(kept)
  before.write(draft("b"), 5)
  before.write(draft("a"), 6)
  before.mark("a", "Too long.")

  const after = new Timeline(kept)

  assert.deepEqual(after.pending, [
    { draft: draft("b"), timestamp: 5, problem: null },
    { draft: draft("a"), timestamp: 6, problem: "Too long." },
  ])
})

test("a confirmed message does not come back with a reload", () => {
  const kept = shelf()
  const before = new Timeline(kept)
  before.write(draft("a"), 5)
  before.add(message(1, "a"))

  const after = new Timeline(kept)

  assert.deepEqual(after.pending, [])
})

test("a cleared timeline holds nothing, and nothing comes back with a reload", () => {
  const kept = shelf()
  const timeline = new Timeline(kept)
  timeline.add(message(1))
  timeline.write(draft("a"), 5)

  timeline.clear()

  assert.deepEqual([timeline.messages, timeline.pending], [[], []])
  assert.deepEqual(new Timeline(kept).pending, [])
})

test("a message id is a nanoid, and no two are the same", () => {
  const ids = Array.from({ length: 1000 }, newMessageId)

  for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{21}$/)
  assert.equal(new Set(ids).size, ids.length)
})
