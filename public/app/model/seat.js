// Taking a seat, and the session that this needs. The lobby and the room's page share it.

/** @import { Arrival, Outcome, SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { Joined } from "../net/wire.js" */

import { arrive, createSession, sweep, wipe } from "../crypto/session.js"
import { codeOf, joinRoom } from "../net/api.js"

/** Error codes of refused joins. The next attempt starts with new keys. */
const REFUSALS = new Set(["bad-request", "bad-proof", "room-full"])

/**
 * @param {string} roomId
 * @param {Arrival} arrival
 * @param {{onChange?: (state: SessionState) => void, onOutcome?: (seq: number, outcome: Outcome) => void}} [handlers]
 */
export function openSession(roomId, arrival, { onChange = () => {}, onOutcome = () => {} } = {}) {
  return createSession({
    roomId,
    arrival,
    onChange,
    onOutcome,
    storage: storageOf("localStorage"),
    tabStorage: storageOf("sessionStorage"),
    locks: navigator.locks,
    events: window,
  })
}

/**
 * Takes a seat, or finds that this browser already has one.
 * @param {string} roomId
 * @param {Session} session
 * @returns {Promise<Joined>}
 */
export async function takeSeat(roomId, session) {
  try {
    return await joinRoom(roomId, await session.joinFields())
  } catch (error) {
    if (REFUSALS.has(codeOf(error))) session.joinRefused()
    throw error
  }
}

/**
 * The kind of this link, as far as the link alone shows.
 * @param {string} roomId
 * @param {string} fragment without the `#`
 */
export function linkKind(roomId, fragment) {
  return arrive({ roomId, fragment, isSealed: true, hasSeat: false, storage: null }).kind
}

/** The error code that says why this browser cannot encrypt. */
export function whyNotEncrypted() {
  return globalThis.crypto?.subtle === undefined ? "insecure" : "browser-too-old"
}

/** Deletes what this browser stored of rooms that have expired by the clock. */
export function sweepBrowser() {
  for (const storage of bothStorages()) sweep(storage, Date.now())
}

/**
 * Deletes everything that this browser stored of a room that has ended.
 * @param {string} roomId
 */
export function forgetRoom(roomId) {
  for (const storage of bothStorages()) wipe(storage, roomId)
}

function bothStorages() {
  return [storageOf("localStorage"), storageOf("sessionStorage")].filter((storage) => storage !== null)
}

/**
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Storage | null} null if the browser refuses storage
 */
export function storageOf(name) {
  try {
    return globalThis[name]
  } catch {
    return null
  }
}
