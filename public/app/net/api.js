// The HTTP API. No DOM: runs under `node --test`.

/** @import { HistoryPage, Joined, PageRange, RoomStatus } from "./wire.js" */

/** Within this time the room answers, or reports that its store does not. */
const PATIENCE_MS = 20_000
const LONGEST_ANSWER_MS = 60_000

/** Why a call failed. `code` is the API's error code, or `offline` if no answer came. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {number} retryAfterSeconds
   */
  constructor(code, retryAfterSeconds = 0) {
    super(code)
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/**
 * The error code of any error.
 * @param {unknown} error
 */
export function codeOf(error) {
  return error instanceof ApiError ? error.code : "internal"
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
 * Gets a room's status and finds out whether the browser refuses cookies. The first answer sets the cookie; if the
 * second request still comes without it, the browser refused it. Changes nothing in the room.
 * @param {string} roomId
 * @returns {Promise<RoomStatus>}
 */
export async function identifiedStatus(roomId) {
  const status = await roomStatus(roomId)
  if (status.identified === false) await checkCookie(roomId)
  return status
}

/**
 * Fails with `no-cookies` if the browser refused the cookie that an earlier answer set.
 * @param {string} roomId
 */
export async function checkCookie(roomId) {
  const { identified } = await roomStatus(roomId)
  if (identified === false) throw new ApiError("no-cookies")
}

/**
 * Takes a seat, or finds that this browser already has one.
 * @param {string} roomId
 * @param {object} fields what an encrypted room requires
 * @returns {Promise<Joined>}
 */
export function joinRoom(roomId, fields) {
  return call("POST", `/api/room/join?roomId=${roomId}`, fields)
}

/**
 * Destroys the room for both people.
 * @param {string} roomId
 */
export function destroyRoom(roomId) {
  return call("DELETE", `/api/room?roomId=${roomId}`)
}

/**
 * @param {string} roomId
 * @param {PageRange} range
 * @returns {Promise<HistoryPage>}
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
  if (!response.ok) throw new ApiError(answer?.error ?? platformsCode(response, text), retryAfterSeconds(response))
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
 * The platform answers some requests itself, in HTML: a client over its rate limit gets error 1015; when the daily
 * quota is used up, all clients get error 1027 or a page without a number.
 * @param {Response} response
 * @param {string} html
 */
function platformsCode({ status }, html) {
  if (/\b1015\b/.test(html)) return "too-many-requests"
  return status === 429 || /\b1027\b/.test(html) ? "over-quota" : "internal"
}

/** @param {Response} response */
function retryAfterSeconds(response) {
  const seconds = Number(response.headers.get("retry-after"))
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0
}

/**
 * A silently dead connection is given up soon, but a long answer on a slow one may take its time.
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
