import assert from "node:assert/strict"
import { test } from "node:test"

import { Timeline } from "../../public/app/model/timeline.js"

/** A timeline of a room whose newest message has this number. */
function timeline(lastSeq = 0) {
  const timeline = new Timeline()
  timeline.start(lastSeq)
  return timeline
}

function entry(seq, changes = {}) {
  return { seq, id: `id-${seq}`, isOwn: false, kind: "shown", sender: "Ann", text: `text ${seq}`, at: seq, ...changes }
}

function rangeOf({ low, high }) {
  return [low, high]
}

/** The texts that are shown, from the first to the last number. */
function shown(timeline) {
  const kinds = []
  for (let seq = timeline.low; seq <= timeline.high; seq += 1) kinds.push(timeline.at(seq)?.kind)
  return kinds
}

test("the timeline starts empty after the newest message", () => {
  assert.deepEqual(rangeOf(timeline(7)), [8, 7])
  assert.deepEqual(rangeOf(timeline(0)), [1, 0])
})

test("newer messages extend the timeline", () => {
  const room = timeline(7)

  for (const seq of [8, 9]) room.put(entry(seq))

  assert.deepEqual(rangeOf(room), [8, 9])
})

test("messages beyond a gap wait until the gap is filled", () => {
  const room = timeline(0)

  room.put(entry(1))
  for (const seq of [4, 3]) room.put(entry(seq))
  const before = rangeOf(room)
  room.put(entry(2))

  assert.deepEqual(
    [before, rangeOf(room)],
    [
      [1, 1],
      [1, 4],
    ],
  )
})

test("a page of older messages extends the timeline once it is complete", () => {
  const room = timeline(5)
  for (const seq of [3, 4, 5]) room.put(entry(seq))
  const before = rangeOf(room)

  room.cover(3, 5)

  assert.deepEqual(
    [before, rangeOf(room)],
    [
      [6, 5],
      [3, 5],
    ],
  )
})

test("a page that does not reach the timeline does not extend it", () => {
  const room = timeline(9)

  room.cover(1, 4)

  assert.deepEqual(rangeOf(room), [10, 9])
})

test("a requested number that the room lacks is not a gap", () => {
  const room = timeline(0)
  for (const seq of [1, 3]) room.put(entry(seq))

  room.cover(1, 2)

  assert.deepEqual(rangeOf(room), [1, 3])
  assert.equal(room.at(2), undefined)
})

test("messages that arrived before the last sequence number was known count, too", () => {
  const room = new Timeline()
  room.put(entry(6))

  room.start(5)

  assert.deepEqual(rangeOf(room), [6, 6])
})

test("a repeated message is stored once, and the first one stays", () => {
  const room = timeline(0)

  const changes = [room.put(entry(1, { id: "first" })), room.put(entry(1, { id: "second" }))]

  assert.deepEqual(changes, [true, false])
  assert.equal(room.at(1).id, "first")
})

test("a waiting message is decrypted in its position", () => {
  const room = timeline(0)
  room.put(entry(1, { kind: "waiting", sender: "", text: "" }))

  const changed = room.change(1, { kind: "shown", isOwn: false, isEarly: true, sender: "Ann", text: "opened", at: 7 })

  assert.deepEqual(changed, entry(1, { text: "opened", at: 7 }))
  assert.equal(room.at(1), changed)
})

test("a message that is refused later loses its text", () => {
  const room = timeline(0)
  room.put(entry(1))

  room.change(1, { kind: "refused" })

  assert.deepEqual([shown(room), room.at(1).text, room.at(1).sender], [["refused"], "", ""])
})

test("a change of a missing message, or after a stop, has no effect", () => {
  const room = timeline(0)
  room.put(entry(1))

  assert.deepEqual([room.change(2, { kind: "refused" }), room.change(1, { kind: "stopped" })], [null, null])
  assert.deepEqual(shown(room), ["shown"])
})

test("a cleared timeline is empty and can start again", () => {
  const room = timeline(0)
  room.put(entry(1))

  room.clear()

  assert.deepEqual([room.at(1), rangeOf(room), room.isStarted], [undefined, [1, 0], false])
})

test("the thousandth message costs as much as the first", () => {
  const room = timeline(0)
  const cost = (from, to) => {
    const started = performance.now()
    for (let seq = from; seq <= to; seq += 1) room.put(entry(seq))
    return performance.now() - started
  }
  cost(1, 1_000)
  cost(1_001, 200_000)

  assert.ok(cost(200_001, 201_000) < 50)
})
