// The entry to the encryption of a room in which one has a seat. interface.js describes it.

/** @import { SessionOptions } from "./interface.js" */

import { EncryptedSession } from "./encrypted-session.js"
import { PlainSession } from "./plain-session.js"

/** @typedef {EncryptedSession | PlainSession} Session */

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
