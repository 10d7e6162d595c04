// Talks to the room. The only file that knows addresses and close codes, and the one that turns error words into
// sentences. No DOM: runs under `node --test`. Sections: words, addresses, calls, and the socket that comes back.

/** @import { Message, ServerFrame } from "./protocol.js" */

/** Messages in one answer at the most. */
export const PAGE_MESSAGES = 500

/** The room has answered by then, or says that its store does not. */
const PATIENCE_MS = 20_000
const LONGEST_ANSWER_MS = 60_000

const ROOM_ID = /^[A-Za-z0-9_-]{21}$/

// --- Words ---

/** Why a call failed. `word` is the API's, or `offline` when no answer came. */
export class ApiError extends Error {
  /**
   * @param {string} word
   * @param {number} retryAfterSeconds
   */
  constructor(word, retryAfterSeconds = 0) {
    super(sentence(word))
    this.word = word
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** @type {Record<string, string>} */
const SENTENCES = {
  "bad-link": "That is not the link of a room. A whole link looks like this page’s address, then /room/ and 21 letters and digits.",
  "bad-origin": "This page is not the one the room belongs to. Open the link again.",
  "bad-proof": "This link is not whole. Ask for it again and open all of it.",
  "changed": "It did not come back as it was sent.",
  "insecure": "This page came without https, and so the browser refuses to seal or open anything. Open it with https:// in front.",
  "key-cut": "The end of this link is damaged: the part behind # is not whole. It may have been cut off or changed on its way.",
  "key-missing": "The part of the link behind # is missing. It holds the key to this room, and only the whole link has it.",
  "key-wrong": "The part of the link behind # is not the key to this room. It may have been changed on its way.",
  "misconfigured": "This server is not set up right. Whoever runs it finds the reason in its log.",
  "not-a-participant": "You have no seat in this room any more. If it still lives, its link lets you in again.",
  "offline": "The server does not answer. Check your connection and try again.",
  "room-destroyed": "That room was destroyed. Everything in it is deleted.",
  "room-expired": "That room’s time was over. Everything in it is deleted.",
  "room-full": "This room is full. It has two people in it, and a room never takes a third. Ask for a new link.",
  "room-history-full": "This room holds as many messages as a room may. Create a new one to go on.",
  "room-not-found": "There is no room at this link. It has ended, or a piece of the link is missing. Ask for a new one.",
  "store-unavailable": "The room cannot be reached right now. Try again in a moment.",
  "too-large": "That is more than fits in one message.",
  "too-many-requests": "That was too fast. Wait a moment and try again.",
}

/**
 * What to say about an error word.
 * @param {string} word
 */
export function sentence(word) {
  return Object.hasOwn(SENTENCES, word) ? SENTENCES[word] : "Something went wrong. Try again in a moment."
}

// --- Addresses ---

/**
 * Finds a room in what somebody pasted: a link, a link with words around it, or a bare id.
 * @param {string} pasted
 * @returns {{roomId: string, fragment: string} | null} the fragment with its `#`, or empty
 */
export function findRoom(pasted) {
  const text = pasted.trim().replaceAll("%23", "#")
  if (ROOM_ID.test(text)) return { roomId: text, fragment: "" }
  const found = /\/room\/([A-Za-z0-9_-]{21})(?![A-Za-z0-9_-])[^\s#]*(#[A-Za-z0-9_-]*)?/.exec(text)
  return found ? { roomId: found[1], fragment: found[2] ?? "" } : null
}

/** @param {string} roomId */
export function roomPath(roomId) {
  return `/room/${roomId}`
}

/**
 * The room that this page's address names.
 * @param {string} pathname
 */
export function roomIdOf(pathname) {
  const roomId = pathname.split("/")[2] ?? ""
  return ROOM_ID.test(roomId) ? roomId : null
}

/**
 * The room's socket.
 * @param {string} roomId
 * @param {{protocol: string, host: string}} location
 */
export function socketUrl(roomId, location) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:"
  return `${scheme}//${location.host}/api/realtime?roomId=${roomId}`
}

// --- Calls ---

/**
 * @param {{ttlSeconds?: number, access?: string}} choice
 * @returns {Promise<{roomId: string}>}
 */
export function createRoom(choice) {
  return call("POST", "/api/room/create", choice)
}

/**
 * @param {string} roomId
 * @returns {Promise<{status: "open" | "full" | "joined", sealed: boolean}>} sealed: it asks for a proof
 */
export function roomStatus(roomId) {
  return call("GET", `/api/room?roomId=${roomId}`)
}

/**
 * Takes a seat, or finds that we have it already.
 * @param {string} roomId
 * @param {string} [proof] for a room that asks for one; a wrong one is refused in any case
 * @returns {Promise<{participantId: string}>}
 */
export function joinRoom(roomId, proof) {
  return call("POST", `/api/room/join?roomId=${roomId}`, { proof })
}

/**
 * Ends the room for both.
 * @param {string} roomId
 */
export function destroyRoom(roomId) {
  return call("DELETE", `/api/room?roomId=${roomId}`)
}

/**
 * @param {string} roomId
 * @param {number} after
 * @param {number} patienceMs
 * @returns {Promise<{messages: Message[], lastSeq: number}>}
 */
export function listMessages(roomId, after, patienceMs) {
  return call("GET", `/api/messages?roomId=${roomId}&after=${after}&limit=${PAGE_MESSAGES}`, undefined, patienceMs)
}

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>}
 * @param {number} [patienceMs] until the answer begins
 */
async function call(method, url, body, patienceMs = PATIENCE_MS) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } }
  const response = await answerTo(url, init, patienceMs)
  if (response.status === 204) return undefined
  const answer = await response.json().catch(() => null)
  if (!response.ok) throw new ApiError(answer?.error ?? "internal", Number(response.headers.get("retry-after")))
  if (answer === null) throw new ApiError("offline")
  return answer
}

/**
 * A connection that died silently is given up soon; a long answer on a slow one may take its time.
 * @param {string} url
 * @param {RequestInit} init
 * @param {number} patienceMs
 */
async function answerTo(url, init, patienceMs) {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), patienceMs)
  const signal = AbortSignal.any([patience.signal, AbortSignal.timeout(LONGEST_ANSWER_MS)])
  try {
    return await fetch(url, { ...init, signal })
  } catch {
    throw new ApiError("offline")
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The word of whatever went wrong.
 * @param {unknown} error
 */
export function wordOf(error) {
  return error instanceof ApiError ? error.word : "internal"
}

// --- The socket ---

const CONNECT_TIMEOUT_MS = 5_000
const PING_EVERY_MS = 20_000
const PONG_WITHIN_MS = 5_000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
const FLOODED_DELAY_MS = 5_000

/** Close codes after which coming back makes no sense, and what they mean. */
const ENDS = new Map([
  [4401, "not-a-participant"],
  [4404, "room-not-found"],
  [4410, "room-destroyed"],
  [4411, "room-expired"],
])

/**
 * What the socket needs of its surroundings, so that tests can give it others.
 * @typedef {object} Platform
 * @property {(url: string) => WebSocket} connect
 * @property {(act: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 */

/**
 * @typedef {object} Handlers
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {(isOpen: boolean) => void} onChange open once the room has said `ready`
 * @property {(word: string) => void} onEnd the room will not have us again; an error word
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
  /** @type {unknown} the next attempt, or the wait for a socket's first word */
  #timer = null
  /** @type {unknown} the next ping, or the wait for its pong */
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

  /** Connects, now. What was there before is let go. */
  connect() {
    if (this.#hasEnded) return
    this.#letGo()
    const socket = this.#platform.connect(this.#url)
    this.#socket = socket
    // One that stays CONNECTING, or opens into silence, would never say so.
    this.#timer = this.#platform.setTimeout(() => this.#lost(socket, 0), CONNECT_TIMEOUT_MS)
    socket.onmessage = (event) => this.#hear(socket, event.data)
    socket.onclose = (event) => this.#lost(socket, event.code)
  }

  /** The page came back to life: a socket that still says OPEN may be long dead. */
  check() {
    if (this.#hasEnded) return
    if (this.#isReady) this.#ping()
    else if (this.#socket?.readyState !== 0) this.connect()
  }

  /**
   * @param {object} frame
   * @returns {boolean} false when there is no open socket
   */
  send(frame) {
    if (!this.#isReady || this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** Lets go for good. */
  end() {
    this.#hasEnded = true
    this.#letGo()
  }

  /**
   * @param {WebSocket} socket
   * @param {unknown} data
   */
  #hear(socket, data) {
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
    this.#letGo()
    const word = ENDS.get(code)
    if (word) {
      this.#hasEnded = true
      this.#handlers.onEnd(word)
    } else {
      this.#timer = this.#platform.setTimeout(() => this.connect(), this.#nextDelayMs(code))
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
 * A frame, or null for what is none. Types that we do not know pass and are ignored by whoever looks.
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
