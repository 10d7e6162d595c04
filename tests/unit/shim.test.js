import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { beforeEach, test } from "node:test"

const TEMPLATE = readFileSync(new URL("../../xtask/src/shim.js", import.meta.url), "utf8")
const FAKES = `const { WorkerEntrypoint, exports, addEventListener, console } = globalThis.shimFakes`

/** @type {{criticalError: boolean, instanceId: number}} */
let state
/** @type {number} */
let resets
/** @type {any} */
let shim

/** Bindings like those of wasm-bindgen, on an instance that panics on request. */
class Room {
  constructor(name) {
    this.name = name
    this.madeIn = state.instanceId
  }

  where() {
    return [this.name, this.madeIn]
  }

  panic() {
    throw new WebAssembly.RuntimeError("unreachable")
  }

  async panicLater() {
    throw new WebAssembly.RuntimeError("unreachable")
  }

  refuse() {
    throw new Error("no")
  }
}

beforeEach(async () => {
  state = { criticalError: false, instanceId: 0 }
  resets = 0
  const exports = {
    Room,
    __worker_init_state: () => state,
    __wbg_reset_state: () => resets++,
    fetch: (request, env, context) => [request, env, context],
  }
  class WorkerEntrypoint {
    constructor(ctx, env) {
      Object.assign(this, { ctx, env })
    }
  }
  globalThis.shimFakes = { WorkerEntrypoint, exports, addEventListener() {}, console: { log() {}, error() {} } }
  shim = await load()
})

async function load() {
  const source = TEMPLATE.replace(/^import .*$/gm, "")
    .replace(
      "$HANDLERS",
      "Entrypoint.prototype.fetch = function (arg) { return exports.fetch.call(this, arg, this.env, this.ctx) }",
    )
    .replace("$CLASSES", "export const Room = new Proxy(exports.Room, classProxyHooks)")
  // A new URL each time, because a module is loaded only once.
  return import(`data:text/javascript,${encodeURIComponent(`${FAKES}\n${source}//${Math.random()}`)}`)
}

test("a request reaches its handler with environment and context", () => {
  const entrypoint = new shim.default("context", "environment")

  assert.deepEqual(entrypoint.fetch("request"), ["request", "environment", "context"])
})

test("a method runs on its object", () => {
  assert.deepEqual(new shim.Room("a").where(), ["a", 0])
})

test("after a panic the next call starts a fresh instance, once", () => {
  const room = new shim.Room("a")

  assert.throws(() => room.panic(), WebAssembly.RuntimeError)
  room.where()
  room.where()

  assert.equal(resets, 1)
})

test("an object that the platform holds is constructed again in the fresh instance", () => {
  const room = new shim.Room("a")

  assert.throws(() => room.panic())
  room.where()

  assert.deepEqual(room.where(), ["a", 1])
})

test("a panic in the middle of an async method counts, too", async () => {
  const room = new shim.Room("a")

  await assert.rejects(room.panicLater(), WebAssembly.RuntimeError)
  room.where()

  assert.equal(resets, 1)
})

test("an error without a panic starts no fresh instance", () => {
  const room = new shim.Room("a")

  assert.throws(() => room.refuse(), /no/)
  room.where()

  assert.equal(resets, 0)
})

test("the flag of Rust's panic hook starts a fresh instance", () => {
  const room = new shim.Room("a")
  state.criticalError = true

  room.where()

  assert.equal(resets, 1)
})
