// The message that the safety code needs: sent once, and repeated if it may be lost. No DOM.

import { isTransient } from "./outbox.js"

const RETRY_MS = 2_000

export class KeysMessage {
  #session
  #parts
  /** @type {string | null} the message's id until the room confirms it */
  #id = null

  /**
   * @param {import("../crypto/session.js").Session} session
   * @param {object} parts
   * @param {(outgoing: object) => void} parts.send
   * @param {(act: () => void, ms: number) => unknown} parts.setTimeout
   * @param {() => void} parts.retry
   */
  constructor(session, parts) {
    this.#session = session
    this.#parts = parts
  }

  /** Sends the message, unless the room has it or it is under way. */
  async send() {
    if (this.#id !== null) return
    const outgoing = await this.#session.keysMessage()
    this.#id = outgoing?.id ?? null
    if (outgoing) this.#parts.send(outgoing)
  }

  /** A message that was under way may be lost. */
  reset() {
    this.#id = null
  }

  /** @param {string} id of a message that the room confirmed */
  confirm(id) {
    if (id === this.#id) this.#id = null
  }

  /**
   * @param {string} id of a message that was refused
   * @param {string} code the error code
   * @returns {boolean} whether it was this message
   */
  refuse(id, code) {
    if (id !== this.#id) return false
    if (!isTransient(code)) {
      this.#session.keysRefused()
    } else {
      this.#id = null
      this.#parts.setTimeout(this.#parts.retry, RETRY_MS)
    }
    return true
  }
}
