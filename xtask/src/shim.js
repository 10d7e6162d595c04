// The Worker's entry point. A panic breaks the WebAssembly instance and everything else in its isolate. Every call from
// the platform therefore passes through here: after a panic, the next call starts a fresh instance, and objects that
// the platform still holds are constructed again in it.
import { WorkerEntrypoint } from "cloudflare:workers"
import * as exports from "./index.js"

Error.stackTraceLimit = 100

// Rust's panic hook also sets `criticalError`.
const state = exports.__worker_init_state()

function restartIfBroken() {
  if (!state.criticalError) return
  console.log("Reinitializing Wasm application")
  exports.__wbg_reset_state()
  state.criticalError = false
  state.instanceId++
}

function noteIfCritical(error) {
  if (!(error instanceof WebAssembly.RuntimeError)) return
  console.error("Critical", error)
  state.criticalError = true
}

addEventListener("error", (event) => noteIfCritical(event.error))

const methodHooks = {
  apply(method, self, args) {
    restartIfBroken()
    try {
      return Reflect.apply(method, self, args)
    } catch (error) {
      noteIfCritical(error)
      throw error
    }
  },
}

const asyncMethodHooks = {
  async apply(method, self, args) {
    restartIfBroken()
    try {
      return await Reflect.apply(method, self, args)
    } catch (error) {
      noteIfCritical(error)
      throw error
    }
  },
}

function guarded(member) {
  if (typeof member !== "function") return member
  return new Proxy(member, member.constructor === Function ? methodHooks : asyncMethodHooks)
}

const FORWARDED = [
  "set",
  "has",
  "deleteProperty",
  "getPrototypeOf",
  "setPrototypeOf",
  "isExtensible",
  "preventExtensions",
  "getOwnPropertyDescriptor",
  "defineProperty",
  "ownKeys",
]

const instanceHooks = {
  ...Object.fromEntries(FORWARDED.map((trap) => [trap, (held, ...args) => Reflect[trap](held.instance, ...args)])),
  get(held, property, receiver) {
    if (held.instanceId !== state.instanceId) {
      held.instance = held.construct()
      held.instanceId = state.instanceId
    }
    return guarded(Reflect.get(held.instance, property, receiver))
  },
}

const classProxyHooks = {
  construct(ctor, args, newTarget) {
    try {
      restartIfBroken()
      const construct = () => Reflect.construct(ctor, args, newTarget)
      return new Proxy({ instance: construct(), instanceId: state.instanceId, construct }, instanceHooks)
    } catch (error) {
      state.criticalError = true
      throw error
    }
  },
}

class Entrypoint extends WorkerEntrypoint {}

$HANDLERS

export default new Proxy(Entrypoint, classProxyHooks)
$CLASSES
