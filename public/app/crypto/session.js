// The entry to the encryption: all that a page imports. interface.js describes it.

/** @import { Arrival, SessionOptions } from "./interface.js" */
/** @import { KeyValueStore } from "./shelf.js" */

import { EncryptedSession } from "./encrypted-session.js"
import { x25519 } from "./hello.js"
import { secretOf } from "./link.js"
import { PlainSession } from "./plain-session.js"
import { hasShelf } from "./shelf.js"

export { accessOf, fragmentOf, newLinkSecret } from "./link.js"
export { sweep, wipe } from "./shelf.js"

/** @typedef {EncryptedSession | PlainSession} Session */

/**
 * What there is to do at a room's page, before anything is sent.
 * @param {object} seen
 * @param {string} seen.roomId
 * @param {string} seen.fragment what stands behind the #, without it
 * @param {boolean} seen.isSealed as the server says
 * @param {boolean} seen.hasSeat as the server says
 * @param {KeyValueStore | null} seen.storage
 * @returns {Arrival}
 */
export function arrive({ roomId, fragment, isSealed, hasSeat, storage }) {
  const isKnown = storage !== null && hasShelf(storage, roomId)
  if (!isSealed) return { kind: fragment || isKnown ? "downgraded" : "plain" }
  const secret = secretOf(fragment)
  // With a seat, the keys are in this browser, or lost; the link does not bring them back.
  if (secret || hasSeat) return { kind: "encrypted", secret: hasSeat ? null : secret }
  return { kind: fragment ? "key-cut" : "key-missing" }
}

/**
 * Whether this browser can encrypt, and over this connection: one trial exchange.
 * @returns {Promise<boolean>}
 */
export async function canEncrypt() {
  try {
    const one = Uint8Array.from({ length: 32 }, (_, index) => index)
    return "locks" in navigator && (await x25519(one, one)) !== null
  } catch {
    return false
  }
}

/**
 * @param {SessionOptions} options
 * @returns {Session}
 */
export function createSession(options) {
  const { arrival } = options
  if (arrival.kind === "encrypted") return new EncryptedSession(options, arrival.secret)
  if (arrival.kind === "plain") return new PlainSession(options)
  throw new TypeError(`no session for a room that is ${arrival.kind}`)
}
