// W3C WebDriver, as WebKitWebDriver speaks it over HTTP and Firefox over its own socket (Marionette).

import { once } from "node:events"
import { connect, createServer } from "node:net"
import { setTimeout as pause } from "node:timers/promises"

const START_LIMIT_MS = 30_000
const BETWEEN_TRIES_MS = 50
const ENTER = "\uE007"

/** The commands in use, as HTTP has them. Marionette takes the same names and parameters. */
const HTTP_COMMANDS = {
  NewSession: () => ["POST", "/session"],
  DeleteSession: () => ["DELETE", ""],
  Navigate: () => ["POST", "/url"],
  Refresh: () => ["POST", "/refresh"],
  ExecuteScript: () => ["POST", "/execute/sync"],
  FindElement: () => ["POST", "/element"],
  ElementClick: ({ id }) => ["POST", `/element/${id}/click`],
  ElementSendKeys: ({ id }) => ["POST", `/element/${id}/value`],
  NewWindow: () => ["POST", "/window/new"],
  GetWindowHandle: () => ["GET", "/window"],
  SwitchToWindow: () => ["POST", "/window"],
}

/** @returns {Promise<number>} an unused port */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

/** Repeats an attempt until it does not throw, because a program that was just started does not listen yet. */
async function insist(attempt) {
  const until = performance.now() + START_LIMIT_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > until) throw error
      await pause(BETWEEN_TRIES_MS)
    }
  }
}

/** @param {number} port where WebKitWebDriver listens */
export async function overHttp(port, capabilities) {
  const root = `http://127.0.0.1:${port}`
  await insist(() => fetch(`${root}/status`))
  let session = root
  const send = async (name, parameters = {}) => {
    const [method, path] = HTTP_COMMANDS[name](parameters)
    const answer = await fetch(session + path, { method, body: method === "POST" ? JSON.stringify(parameters) : null })
    const { value } = await answer.json()
    if (!answer.ok) throw new Error(`${name}: ${value.message || value.error}`)
    return value
  }
  const { sessionId } = await send("NewSession", { capabilities })
  session = `${root}/session/${sessionId}`
  return new Session(send)
}

/** @param {number} port where Firefox listens with `--marionette` */
export async function overMarionette(port) {
  const connection = await insist(() => Marionette.at(port))
  const send = (name, parameters) => connection.send(`WebDriver:${name}`, parameters)
  await send("NewSession", { capabilities: {} })
  return new Session(send)
}

/** The framing: `<length>:<JSON>`. A command is `[0, id, name, parameters]`, an answer `[1, id, error, result]`. */
class Marionette {
  #socket
  #received = Buffer.alloc(0)
  #waiting = new Map()
  #lastId = 0

  static async at(port) {
    const socket = connect(port, "127.0.0.1")
    await once(socket, "connect")
    return new Marionette(socket)
  }

  constructor(socket) {
    this.#socket = socket
    socket.on("data", (bytes) => this.#take(bytes))
    socket.on("error", (error) => this.#fail(error))
    socket.on("close", () => this.#fail(new Error("Firefox closed its connection")))
  }

  send(name, parameters = {}) {
    this.#lastId += 1
    const text = JSON.stringify([0, this.#lastId, name, parameters])
    const { promise, resolve, reject } = Promise.withResolvers()
    this.#waiting.set(this.#lastId, { name, resolve, reject })
    this.#socket.write(`${Buffer.byteLength(text)}:${text}`)
    return promise
  }

  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes])
    for (let colon = this.#received.indexOf(":"); colon > 0; colon = this.#received.indexOf(":")) {
      const end = colon + 1 + Number(this.#received.toString("latin1", 0, colon))
      if (this.#received.length < end) return
      const message = JSON.parse(this.#received.toString("utf8", colon + 1, end))
      this.#received = this.#received.subarray(end)
      if (Array.isArray(message)) this.#settle(message)
    }
  }

  #settle([, id, error, result]) {
    const { name, resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error) reject(new Error(`${name}: ${error.message}`))
    else resolve(result !== null && "value" in result ? result.value : result)
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** A browser with one profile. */
class Session {
  #send
  #current
  /** A command goes to the current window, so switching to a tab's window and its command are one step. */
  #last = Promise.resolve()

  constructor(send) {
    this.#send = send
  }

  async firstTab() {
    this.#current = await this.#send("GetWindowHandle")
    return new Tab(this, this.#current)
  }

  async newTab() {
    const { handle } = await this.#send("NewWindow", { type: "tab" })
    return new Tab(this, handle)
  }

  /** @param {string} handle the tab's @param {(send: Function) => Promise<any>} step */
  within(handle, step) {
    const done = this.#last.then(async () => {
      if (this.#current !== handle) await this.#send("SwitchToWindow", { handle })
      this.#current = handle
      return step(this.#send)
    })
    this.#last = done.catch(() => {})
    return done
  }
}

class Tab {
  #session
  #handle

  constructor(session, handle) {
    this.#session = session
    this.#handle = handle
  }

  goto(url) {
    return this.#do((send) => send("Navigate", { url }))
  }

  reload() {
    return this.#do((send) => send("Refresh"))
  }

  /** Runs a function in the page, as `evaluate` of Playwright does. */
  evaluate(work, argument = null) {
    const script = `return (${work})(...arguments)`
    return this.#do((send) => send("ExecuteScript", { script, args: [argument] }))
  }

  click(selector) {
    return this.#do(async (send) => send("ElementClick", { id: await idOf(send, selector) }))
  }

  /** Writes a line by keyboard, and Enter. */
  enter(selector, text) {
    return this.#do(async (send) => {
      const id = await idOf(send, selector)
      await send("ElementSendKeys", { id, text: text + ENTER })
    })
  }

  #do(step) {
    return this.#session.within(this.#handle, step)
  }
}

async function idOf(send, value) {
  const [id] = Object.values(await send("FindElement", { using: "css selector", value }))
  return id
}
