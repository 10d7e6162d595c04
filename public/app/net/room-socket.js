// A socket that reconnects by itself. No DOM: runs under `node --test`.

/** @import { ServerFrame } from "./wire.js" */

const CONNECT_TIMEOUT_MS = 5_000
const PING_EVERY_MS = 20_000
const PONG_WITHIN_MS = 5_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
const FLOODED_DELAY_MS = 5_000

/** Close codes after which reconnecting is of no use, and their error codes. */
const ENDS = new Map([
  [4401, "not-a-participant"],
  [4404, "room-not-found"],
  [4410, "room-destroyed"],
  [4411, "room-expired"],
])

/** The participant opened too many sockets, and this was the oldest. Reconnecting by itself would close another one. */
const REPLACED = 4408

/**
 * What the socket needs from its environment. Tests replace it.
 * @typedef {object} Platform
 * @property {(url: string) => WebSocket} connect
 * @property {(act: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 */

/**
 * @typedef {object} Handlers
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {(isOpen: boolean) => void} onChange open once `ready` has arrived
 * @property {(inARow: number) => void} onFailure an attempt ended before `ready`; a page cannot read why
 * @property {() => void} onReplaced other tabs replaced this socket; it reconnects when `connect` is called
 * @property {(reason: string) => void} onEnd the room does not accept this participant any more; an error code
 */

/** @type {Platform} */
const BROWSER = {
  connect: (url) => new WebSocket(url),
  setTimeout: (act, ms) => setTimeout(act, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
}

export class RoomSocket {
  #url
  #handlers
  #platform
  /** @type {WebSocket | null} */
  #socket = null
  #failures = 0
  #isReady = false
  #hasEnded = false
  #isReplaced = false
  /** @type {unknown} the timer for the next attempt or for the socket's first frame */
  #timer = null
  /** @type {unknown} the timer for the next ping or for its pong */
  #heartbeat = null

  /**
   * @param {string} url
   * @param {Handlers} handlers
   * @param {Platform} platform
   */
  constructor(url, handlers, platform = BROWSER) {
    this.#url = url
    this.#handlers = handlers
    this.#platform = platform
  }

  get isReady() {
    return this.#isReady
  }

  /** Connects at once. Drops an earlier socket. */
  connect() {
    if (this.#hasEnded) return
    this.#letGo()
    this.#isReplaced = false
    const socket = this.#platform.connect(this.#url)
    this.#socket = socket
    // A socket that stays CONNECTING, or opens without a frame, would never report a failure.
    this.#timer = this.#platform.setTimeout(() => this.#lost(socket, 0), CONNECT_TIMEOUT_MS)
    socket.onmessage = (event) => this.#onData(socket, event.data)
    socket.onclose = (event) => this.#lost(socket, event.code)
  }

  /** Pings the room: the page became visible again, and a socket that still says OPEN may be dead. */
  check() {
    if (this.#hasEnded || this.#isReplaced) return
    if (this.#isReady) this.#ping()
    else if (this.#socket?.readyState !== 0) this.connect()
  }

  /**
   * @param {object} frame
   * @returns {boolean} false if there is no open socket
   */
  send(frame) {
    if (!this.#isReady || this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** Closes the socket for good. */
  end() {
    this.#hasEnded = true
    this.#letGo()
  }

  /**
   * @param {WebSocket} socket
   * @param {unknown} data
   */
  #onData(socket, data) {
    if (socket !== this.#socket) return
    this.#platform.clearTimeout(this.#timer)
    this.#waitForPing()
    if (data === "pong" || typeof data !== "string") return
    const frame = parse(data)
    if (!frame) return
    this.#handlers.onFrame(frame)
    if (frame.type === "ready") {
      this.#failures = 0
      this.#setReady(true)
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #lost(socket, code) {
    if (socket !== this.#socket) return
    const wasReady = this.#isReady
    this.#letGo()
    const reason = ENDS.get(code)
    if (reason) {
      this.#hasEnded = true
      this.#handlers.onEnd(reason)
    } else if (code === REPLACED) {
      this.#isReplaced = true
      this.#handlers.onReplaced()
    } else {
      this.#timer = this.#platform.setTimeout(() => this.connect(), this.#nextDelayMs(code))
      if (!wasReady) this.#handlers.onFailure(this.#failures)
    }
  }

  /** @param {number} code */
  #nextDelayMs(code) {
    const grown = Math.min(FIRST_DELAY_MS * 2 ** this.#failures++, LONGEST_DELAY_MS)
    const spread = grown * (0.5 + this.#platform.random() / 2)
    return code === 4429 ? Math.max(spread, FLOODED_DELAY_MS) : spread
  }

  #waitForPing() {
    this.#platform.clearTimeout(this.#heartbeat)
    this.#heartbeat = this.#platform.setTimeout(() => this.#ping(), PING_EVERY_MS)
  }

  #ping() {
    const socket = this.#socket
    if (!socket) return
    this.#platform.clearTimeout(this.#heartbeat)
    this.#heartbeat = this.#platform.setTimeout(() => this.#lost(socket, 0), PONG_WITHIN_MS)
    if (socket.readyState === 1) socket.send("ping")
  }

  #letGo() {
    this.#platform.clearTimeout(this.#timer)
    this.#platform.clearTimeout(this.#heartbeat)
    const socket = this.#socket
    this.#socket = null
    this.#setReady(false)
    if (!socket) return
    socket.onmessage = socket.onclose = null
    socket.close()
  }

  /** @param {boolean} isReady */
  #setReady(isReady) {
    if (this.#isReady === isReady) return
    this.#isReady = isReady
    this.#handlers.onChange(isReady)
  }
}

/**
 * A frame, or null if the data is not one. Unknown types pass; the receiver ignores them.
 * @param {string} data
 * @returns {ServerFrame | null}
 */
function parse(data) {
  try {
    const frame = JSON.parse(data)
    return typeof frame?.type === "string" ? frame : null
  } catch {
    return null
  }
}
