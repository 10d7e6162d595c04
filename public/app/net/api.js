// The HTTP calls. No DOM: runs under `node --test`.

/** @import { Joined, Message, RoomStatus } from "./wire.js" */

/** The room has answered by then, or says that its store does not. */
const PATIENCE_MS = 20_000
const LONGEST_ANSWER_MS = 60_000

/** Why a call failed. `word` is the API's, or `offline` when no answer came. */
export class ApiError extends Error {
  /**
   * @param {string} word
   * @param {number} retryAfterSeconds
   */
  constructor(word, retryAfterSeconds = 0) {
    super(word)
    this.word = word
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * The word of whatever went wrong.
 * @param {unknown} error
 */
export function wordOf(error) {
  return error instanceof ApiError ? error.word : "internal"
}

/**
 * @param {{ttlSeconds?: number, access?: string}} choice
 * @returns {Promise<{roomId: string, ttl: number, expiresAt: number}>}
 */
export function createRoom(choice) {
  return call("POST", "/api/room/create", choice)
}

/**
 * @param {string} roomId
 * @returns {Promise<RoomStatus>}
 */
export function roomStatus(roomId) {
  return call("GET", `/api/room?roomId=${roomId}`)
}

/**
 * Looks at a room by way of a browser that may refuse cookies. The first answer sets the cookie; a second question that
 * still comes without one is the sign that it was refused. Nothing is changed in the room.
 * @param {string} roomId
 * @returns {Promise<RoomStatus>}
 */
export async function identifiedStatus(roomId) {
  const status = await roomStatus(roomId)
  if (status.identified !== false) return status
  const second = await roomStatus(roomId)
  if (second.identified === false) throw new ApiError("no-cookies")
  return second
}

/**
 * Takes a seat, or finds that we have it already.
 * @param {string} roomId
 * @param {object} fields what an encrypted room asks for
 * @returns {Promise<Joined>}
 */
export function joinRoom(roomId, fields) {
  return call("POST", `/api/room/join?roomId=${roomId}`, fields)
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
 * @param {{after: number, limit: number, patienceMs: number}} page
 * @returns {Promise<{messages: Message[], lastSeq: number}>}
 */
export function listMessages(roomId, { after, limit, patienceMs }) {
  return call("GET", `/api/messages?roomId=${roomId}&after=${after}&limit=${limit}`, undefined, patienceMs)
}

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @param {number} [patienceMs] until the answer begins
 * @returns {Promise<any>}
 */
async function call(method, url, body, patienceMs = PATIENCE_MS) {
  const json = { body: JSON.stringify(body), headers: { "content-type": "application/json" } }
  const response = await answerTo(url, { method, ...(body === undefined ? {} : json) }, patienceMs)
  if (response.status === 204) return undefined
  const text = await response.text().catch(() => "")
  const answer = parse(text)
  if (!response.ok) throw new ApiError(answer?.error ?? platformsWord(response, text), retryAfterSeconds(response))
  if (answer === null) throw new ApiError("offline")
  return answer
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * The platform refuses in its own name, in HTML: with error 1015 whoever is too fast, and everybody once the day's
 * allowance is used up, with error 1027 or a page without a number.
 * @param {Response} response
 * @param {string} html
 */
function platformsWord({ status }, html) {
  if (/\b1015\b/.test(html)) return "too-many-requests"
  return status === 429 || /\b1027\b/.test(html) ? "over-quota" : "internal"
}

/** @param {Response} response */
function retryAfterSeconds(response) {
  const seconds = Number(response.headers.get("retry-after"))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
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
