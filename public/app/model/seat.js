// Taking a seat, and the session that this needs. The lobby and the room's page share it.

/** @import { Arrival, Outcome, SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { Joined } from "../net/wire.js" */

import { createSession } from "../crypto/session.js"
import { codeOf, joinRoom } from "../net/api.js"
import { storageOf } from "./browser.js"

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
