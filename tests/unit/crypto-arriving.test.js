import assert from "node:assert/strict"
import { test } from "node:test"
import { arrive, canEncrypt } from "../../public/app/crypto/arrival.js"
import { fragmentOf, newLinkSecret } from "../../public/app/crypto/link.js"
import { createSession } from "../../public/app/crypto/session.js"
import { ANN, Browser, Page, ROOM_ID, Room, arriveWith, newId, twoPeople } from "./fake-room.js"

// --- Arriving, and rooms that are not encrypted ---

test("the action on a room's page depends on link, browser and server", async () => {
  const { storage } = new Browser(ANN).openTab()
  const fragment = fragmentOf(newLinkSecret())
  const known = new Browser(ANN)
  await new Page(known, new Room()).session.joinFields()
  const knownStorage = known.openTab().storage

  assert.equal(arriveWith(storage, { fragment }), "encrypted")
  assert.equal(arriveWith(storage, {}), "key-missing")
  assert.equal(arriveWith(storage, { fragment: fragment.slice(0, -1) }), "key-cut")
  assert.equal(arriveWith(storage, { fragment: fragment.slice(1) }), "key-cut")
  assert.equal(arriveWith(storage, { hasSeat: true }), "encrypted")
  const withSeat = { roomId: ROOM_ID, fragment, isSealed: true, hasSeat: true, storage }
  assert.deepEqual(arrive(withSeat), { kind: "encrypted", secret: null }, "a seat has its keys, or has lost them")
  assert.equal(arriveWith(storage, { isSealed: false }), "plain")
  assert.equal(arriveWith(null, { isSealed: false }), "plain")
  assert.equal(arriveWith(storage, { isSealed: false, fragment: "anything" }), "downgraded")
  assert.equal(arriveWith(knownStorage, { isSealed: false }), "downgraded")
  for (const kind of ["key-missing", "key-cut", "downgraded"]) {
    assert.throws(() => createSession({ arrival: { kind } }), TypeError)
  }
})

test("this Node can encrypt", async () => {
  assert.equal(await canEncrypt(), true)
})

test("the maximum length of a message is known before sending", async () => {
  const { annPage } = await twoPeople()
  const draft = (length) => ({ id: newId(), sender: "Ann", text: "\u0001".repeat(length), at: 8_640_000_000_000_000 })
  const lengths = Array.from({ length: 2_100 }, (_, index) => index)
  const longest = lengths.findLast((length) => annPage.session.bytesLeft(draft(length)) >= 0)

  assert.ok(longest > 1_900, "each of these characters becomes six")
  assert.ok(await annPage.session.seal(draft(longest)))
  await assert.rejects(annPage.session.seal(draft(2_100)), RangeError)
  const text = (await annPage.session.seal({ ...draft(0), text: "ü".repeat(6_000) })).text
  assert.ok(text.length <= 16_384)
})

test("a plain session has the same interface and changes nothing", async () => {
  const states = []
  const ann = new Browser(ANN)
  const { storage } = ann.openTab()
  const onChange = (state) => states.push(state)
  const session = createSession({ roomId: ROOM_ID, arrival: { kind: "plain" }, tabStorage: storage, onChange })
  const namesOf = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object)).sort()
  const { annPage } = await twoPeople()
  assert.deepEqual(namesOf(session), namesOf(annPage.session))
  assert.deepEqual(Object.keys(session.state), Object.keys(annPage.state))

  await session.afterJoin({ participantId: ANN, expiresAt: 0, ...(await session.joinFields()) })
  const draft = { id: newId(), sender: "Ann", text: "hi", at: 5 }
  assert.deepEqual(await session.seal(draft), { id: draft.id, sender: "Ann", text: "hi" })
  const message = { seq: 1, id: draft.id, participantId: ANN, sender: "Ann", text: "hi", timestamp: 7 }
  const [outcome] = await session.open([message])
  assert.deepEqual(outcome, { kind: "shown", isOwn: true, isEarly: false, sender: "Ann", text: "hi", at: 7 })
  assert.deepEqual([await session.words(), await session.keysMessage()], [null, null])
  assert.deepEqual(
    [16_384, 16_385].map((length) => session.bytesLeft({ text: "x".repeat(length) })),
    [0, -1],
  )

  await session.drafts.addUnsent(draft)
  assert.deepEqual(await session.drafts.loadUnsent(), [draft])
  session.destroy()
  assert.deepEqual([ann.items.size, states.at(-1).phase, await session.seal(draft)], [0, "ended", null])
})

test("in a plain room a mark is a number, and a late one takes nothing back", async () => {
  const session = createSession({ roomId: ROOM_ID, arrival: { kind: "plain" }, tabStorage: null, onChange: () => {} })
  const read = []

  for (const text of ["x", "-1", "1e3", "7", "3", await session.sealMark(9)]) {
    await session.takeMark(text)
    read.push(session.state.otherHasRead)
  }

  assert.deepEqual(read, [0, 0, 0, 7, 7, 9])
})
