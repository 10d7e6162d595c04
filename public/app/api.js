// Talks HTTP to the room. The only file that knows addresses, and the one that turns error words into sentences.

/** @import { Message } from "./protocol.js" */

/** Messages in one answer at the most. */
export const PAGE_MESSAGES = 500

const ROOM_ID = /^[A-Za-z0-9_-]{21}$/

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
 * @returns {Promise<{messages: Message[], lastSeq: number}>}
 */
export function listMessages(roomId, after) {
  return call("GET", `/api/messages?roomId=${roomId}&after=${after}&limit=${PAGE_MESSAGES}`)
}

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function call(method, url, body) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } }
  /** @type {Response} */
  let response
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) })
  } catch {
    throw new ApiError("offline")
  }
  if (response.status === 204) return undefined
  const answer = await response.json().catch(() => ({ error: "internal" }))
  if (!response.ok) throw new ApiError(answer.error, Number(response.headers.get("retry-after")))
  return answer
}

/**
 * The word of whatever went wrong.
 * @param {unknown} error
 */
export function wordOf(error) {
  return error instanceof ApiError ? error.word : "internal"
}
