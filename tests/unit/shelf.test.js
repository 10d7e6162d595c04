import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { RoomShelf, loadName, loadSound, saveName, saveSound, sweepShelves } from "../../public/app/model/shelf.js"

const ROOM = "V1StGXR8_Z5jdHi6B-myT"

/** What a browser offers, over a Map: its keys are its own properties. */
function fakeStorage() {
  const items = new Map()
  const methods = {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
  return new Proxy(methods, {
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: (_, key) => (items.has(key) ? { value: items.get(key), enumerable: true, configurable: true } : undefined),
  })
}

/** What a browser offers that keeps nothing. */
class RefusingStorage {
  refuse = () => {
    throw new DOMException("The operation is insecure.", "SecurityError")
  }
  getItem = this.refuse
  setItem = this.refuse
  removeItem = this.refuse
}

function give(name, storage) {
  Object.defineProperty(globalThis, name, { value: storage, configurable: true, writable: true })
  return storage
}

let tab, browser
beforeEach(() => {
  tab = give("sessionStorage", fakeStorage())
  browser = give("localStorage", fakeStorage())
})

function pending(id) {
  return { id, sender: "Ann", text: `text of ${id}`, timestamp: 5, problem: null }
}

// --- The browser ---

test("who gave no name gets one, and the same one next time", () => {
  const name = loadName()

  assert.match(name, /^[A-Z][a-z]+ [A-Z][a-z]+$/)
  assert.equal(loadName(), name)
})

test("a name is remembered in the browser, not in the tab", () => {
  saveName("Ann")

  assert.equal(loadName(), "Ann")
  assert.equal(tab.items.size, 0)
})

test("a name that somebody put into the storage by hand is cleaned", () => {
  saveName("Ann\u202E\n")

  assert.equal(loadName(), "Ann")
})

test("the sound is off until it is switched on, and that is remembered", () => {
  const before = loadSound()
  saveSound(true)
  const on = loadSound()
  saveSound(false)

  assert.deepEqual([before, on, loadSound()], [false, true, false])
})

// --- What a tab keeps of a room ---

test("unsent messages and the draft come back in the same tab", () => {
  const before = new RoomShelf(ROOM)
  before.pending = [pending("b"), pending("a")]
  before.draft = "half a sen"

  const after = new RoomShelf(ROOM)

  assert.deepEqual(after.pending, [pending("b"), pending("a")])
  assert.equal(after.draft, "half a sen")
})

test("the room's secret is kept in the tab, and never in the browser's own storage", () => {
  new RoomShelf(ROOM).secret = "s3cret"

  assert.equal(new RoomShelf(ROOM).secret, "s3cret")
  assert.equal(browser.items.size, 0)
})

test("an empty shelf is empty", () => {
  const shelf = new RoomShelf(ROOM)

  assert.deepEqual([shelf.pending, shelf.draft, shelf.secret], [[], "", ""])
})

test("one room's shelf holds nothing of another's", () => {
  const other = new RoomShelf("a".repeat(21))
  other.pending = [pending("a")]
  other.draft = "theirs"

  const shelf = new RoomShelf(ROOM)
  shelf.clear()

  assert.deepEqual(shelf.pending, [])
  assert.equal(shelf.draft, "")
  assert.deepEqual(other.pending, [pending("a")])
})

test("nothing is kept where nothing waits", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.pending = [pending("a")]
  shelf.draft = "half a sen"

  shelf.pending = []
  shelf.draft = ""

  assert.equal(tab.items.size, 0)
})

test("a cleared shelf leaves no key of the room, and never any in the browser's own storage", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.pending = [pending("a")]
  shelf.draft = "half a sen"
  shelf.secret = "s3cret"

  shelf.clear()

  assert.equal(tab.items.size, 0)
  assert.equal(browser.items.size, 0)
})

test("what cannot be read is an empty shelf", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.pending = [pending("a")]
  for (const key of tab.items.keys()) tab.items.set(key, "[{")

  assert.deepEqual(new RoomShelf(ROOM).pending, [])
})

test("a browser that refuses storage remembers nothing, and nothing breaks", () => {
  give("sessionStorage", new RefusingStorage())
  give("localStorage", new RefusingStorage())
  const shelf = new RoomShelf(ROOM)

  shelf.pending = [pending("a")]
  shelf.draft = "half a sen"
  shelf.secret = "s3cret"
  shelf.clear()
  saveName("Ann")
  saveSound(true)

  const after = new RoomShelf(ROOM)
  assert.deepEqual([after.pending, after.draft, after.secret, loadSound()], [[], "", "", false])
  assert.match(loadName(), /^[A-Z][a-z]+ [A-Z][a-z]+$/)
})

// --- The end ---

const NOW = 1_000_000

test("what is over is swept, of every room, and what still lives stays", () => {
  const [over, living] = [new RoomShelf(ROOM), new RoomShelf("a".repeat(21))]
  for (const shelf of [over, living]) shelf.secret = "s3cret"
  over.endsAt = NOW
  living.endsAt = NOW + 1

  sweepShelves(NOW)

  assert.equal(new RoomShelf(ROOM).secret, "")
  assert.equal(new RoomShelf("a".repeat(21)).secret, "s3cret")
})

test("what nobody gave an end is swept after the longest life of a room", () => {
  new RoomShelf(ROOM, NOW).secret = "s3cret"

  sweepShelves(NOW + 86_399_999)
  const before = tab.items.size
  sweepShelves(NOW + 86_400_000)

  assert.deepEqual([before, tab.items.size], [1, 0])
})

test("what cannot be read, or is of an older form, is swept", () => {
  for (const key of [`duet:${ROOM}`, `duet:${ROOM}:secret`, `duet:${ROOM}:draft`]) tab.setItem(key, "s3cret")
  tab.setItem("somebody-else", "stays")

  sweepShelves(NOW)

  assert.deepEqual([...tab.items.keys()], ["somebody-else"])
})

test("a cleared shelf takes nothing any more", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.draft = "half a sen"

  shelf.clear()
  shelf.draft = "half a sentence"
  shelf.pending = [pending("a")]

  assert.equal(tab.items.size, 0)
})

test("a shelf knows whether the browser keeps anything", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.secret = "s3cret"
  const isKept = shelf.isKept
  give("sessionStorage", new RefusingStorage())
  const refused = new RoomShelf(ROOM)
  refused.secret = "s3cret"

  assert.deepEqual([isKept, refused.isKept], [true, false])
  sweepShelves(NOW)
})
