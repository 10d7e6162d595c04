import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"

import { isOn, loadName, saveName, turn } from "../../public/app/model/preferences.js"

function useStorage(storage) {
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true, writable: true })
}

beforeEach(() => {
  const items = new Map()
  useStorage({ getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) })
})

test("a user without a name gets one, and the same one next time", () => {
  const name = loadName()

  assert.match(name, /^[A-Z][a-z]+ [A-Z][a-z]+$/)
  assert.equal(loadName(), name)
})

test("a name is remembered", () => {
  saveName("Ann")

  assert.equal(loadName(), "Ann")
})

test("a manipulated stored name is cleaned", () => {
  saveName("Ann\u202E\n")

  assert.equal(loadName(), "Ann")
})

test("the sound is off until it is switched on, and the choice is remembered", () => {
  const before = isOn("sound")
  turn("sound", true)
  const on = isOn("sound")
  turn("sound", false)

  assert.deepEqual([before, on, isOn("sound")], [false, true, false])
})

test("a browser that refuses storage remembers nothing, and nothing breaks", () => {
  const refuse = () => {
    throw new DOMException("The operation is insecure.", "SecurityError")
  }
  useStorage({ getItem: refuse, setItem: refuse })

  saveName("Ann")
  turn("sound", true)

  assert.equal(isOn("sound"), false)
  assert.match(loadName(), /^[A-Z][a-z]+ [A-Z][a-z]+$/)
})
