// Taking a seat, and what the browser offers a session for it. The lobby and the room's page share this.

/** @import { Arrival, Outcome, SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { Joined } from "../net/wire.js" */

import { arrive, createSession, sweep, wipe } from "../crypto/session.js"
import { joinRoom, wordOf } from "../net/api.js"

/** Words with which the room refuses a joiner: the next press begins anew. */
const REFUSALS = new Set(["bad-request", "bad-proof", "room-full"])

/**
 * @param {string} roomId
 * @param {Arrival} arrival
 * @param {{onChange?: (state: SessionState) => void, onOutcome?: (seq: number, outcome: Outcome) => void}} [told]
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
 * Takes the seat, or finds that we have it.
 * @param {string} roomId
 * @param {Session} session
 * @returns {Promise<Joined>}
 */
export async function takeSeat(roomId, session) {
  try {
    return await joinRoom(roomId, await session.joinFields())
  } catch (error) {
    if (REFUSALS.has(wordOf(error))) session.joinRefused()
    throw error
  }
}

/**
 * What a link for this room would open, as far as the link tells.
 * @param {string} roomId
 * @param {string} fragment without the #
 */
export function linkKind(roomId, fragment) {
  return arrive({ roomId, fragment, isSealed: true, hasSeat: false, storage: null }).kind
}

/** Why a browser that cannot encrypt cannot, as an error word. */
export function whyNotEncrypted() {
  return globalThis.crypto?.subtle === undefined ? "insecure" : "browser-too-old"
}

/** Removes what rooms that are over by the clock have left in this browser. */
export function sweepBrowser() {
  for (const storage of bothStorages()) sweep(storage, Date.now())
}

/**
 * Removes all that this browser keeps of a room that has ended.
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
 * @returns {Storage | null} null where the browser refuses
 */
export function storageOf(name) {
  try {
    return globalThis[name]
  } catch {
    return null
  }
}
