// What a link and this browser allow at a room's door. Needs no keys.

/** @import { Arrival } from "./interface.js" */
/** @import { KeyValueStore } from "./stored.js" */

import { x25519 } from "./hello.js"
import { secretOf } from "./link.js"
import { hasEntries } from "./stored.js"

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
  const isKnown = storage !== null && hasEntries(storage, roomId)
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
 * The kind of this link, as far as the link alone shows.
 * @param {string} roomId
 * @param {string} fragment without the `#`
 */
export function linkKind(roomId, fragment) {
  return arrive({ roomId, fragment, isSealed: true, hasSeat: false, storage: null }).kind
}
