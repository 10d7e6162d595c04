import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { RoomShelf, cleanName, generatedName, loadName, loadSound, saveName, saveSound } from "../../public/app/local.js"

const ROOM = "V1StGXR8_Z5jdHi6B-myT"

/** What a browser offers, over a Map. */
class FakeStorage {
  items = new Map()
  getItem = (key) => this.items.get(key) ?? null
  setItem = (key, value) => void this.items.set(key, value)
  removeItem = (key) => void this.items.delete(key)
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
  tab = give("sessionStorage", new FakeStorage())
  browser = give("localStorage", new FakeStorage())
})

function pending(id) {
  return { draft: { id, sender: "Ann", text: `text of ${id}` }, timestamp: 5, problem: null }
}

// --- Names ---

test("a name keeps its letters, whatever the script", () => {
  for (const name of ["Ann", "Zoë O’Brien-Łuk", "李雷", "محمد", "Ann 🎈", "👩‍🚀 Ann"]) {
    assert.equal(cleanName(name), name)
  }
})

test("a name is one line without spaces around it", () => {
  assert.equal(cleanName("  Ann \n\t of   Green\u2028Gables "), "Ann of Green Gables")
})

test("a name cannot turn the writing around it", () => {
  assert.equal(cleanName("Ann\u202Etxt.exe\u202C"), "Ann txt.exe")
  assert.equal(cleanName("\u2066\u200F\u061CAnn"), "Ann")
})

test("a name holds no control characters", () => {
  assert.equal(cleanName("A\u0000n\u001Bn\u009F"), "A n n")
})

test("a name has at most 40 characters, and none of them is cut in half", () => {
  assert.equal(cleanName("a".repeat(41)), "a".repeat(40))
  assert.equal(cleanName("🎈".repeat(41)), "🎈".repeat(40))
})

test("a name of nothing visible is none", () => {
  for (const raw of ["", "   ", "\n\t", "\u202E\u200F"]) assert.equal(cleanName(raw), "")
})

test("a generated name is two words and fit to travel", () => {
  const names = Array.from({ length: 200 }, generatedName)

  for (const name of names) {
    assert.match(name, /^[A-Z][a-z]+ [A-Z][a-z]+$/)
    assert.equal(cleanName(name), name)
  }
  assert.ok(new Set(names).size > 20)
})

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
  before.save([pending("b"), pending("a")])
  before.draft = "half a sen"

  const after = new RoomShelf(ROOM)

  assert.deepEqual(after.load(), [pending("b"), pending("a")])
  assert.equal(after.draft, "half a sen")
})

test("the room's secret is kept in the tab, and never in the browser's own storage", () => {
  new RoomShelf(ROOM).secret = "s3cret"

  assert.equal(new RoomShelf(ROOM).secret, "s3cret")
  assert.equal(browser.items.size, 0)
})

test("an empty shelf is empty", () => {
  const shelf = new RoomShelf(ROOM)

  assert.deepEqual([shelf.load(), shelf.draft, shelf.secret], [[], "", ""])
})

test("one room's shelf holds nothing of another's", () => {
  const other = new RoomShelf("a".repeat(21))
  other.save([pending("a")])
  other.draft = "theirs"

  const shelf = new RoomShelf(ROOM)
  shelf.clear()

  assert.deepEqual(shelf.load(), [])
  assert.equal(shelf.draft, "")
  assert.deepEqual(other.load(), [pending("a")])
})

test("nothing is kept where nothing waits", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.save([pending("a")])
  shelf.draft = "half a sen"

  shelf.save([])
  shelf.draft = ""

  assert.equal(tab.items.size, 0)
})

test("a cleared shelf leaves no key of the room, and never any in the browser's own storage", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.save([pending("a")])
  shelf.draft = "half a sen"
  shelf.secret = "s3cret"

  shelf.clear()

  assert.equal(tab.items.size, 0)
  assert.equal(browser.items.size, 0)
})

test("what cannot be read is an empty shelf", () => {
  const shelf = new RoomShelf(ROOM)
  shelf.save([pending("a")])
  for (const key of tab.items.keys()) tab.items.set(key, "[{")

  assert.deepEqual(shelf.load(), [])
})

test("a browser that refuses storage remembers nothing, and nothing breaks", () => {
  give("sessionStorage", new RefusingStorage())
  give("localStorage", new RefusingStorage())
  const shelf = new RoomShelf(ROOM)

  shelf.save([pending("a")])
  shelf.draft = "half a sen"
  shelf.secret = "s3cret"
  shelf.clear()
  saveName("Ann")
  saveSound(true)

  assert.deepEqual([shelf.load(), shelf.draft, shelf.secret, loadSound()], [[], "", "", false])
  assert.match(loadName(), /^[A-Z][a-z]+ [A-Z][a-z]+$/)
})
