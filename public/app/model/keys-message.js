// The message that the safety words need: sent once, and again when it may be lost. No DOM.

import { isPassing } from "./outbox.js"

const RETRY_MS = 2_000

export class KeysMessage {
  #session
  #parts
  /** @type {string | null} its id, while the room has not confirmed it */
  #id = null

  /**
   * @param {import("../crypto/session.js").Session} session
   * @param {{send: (outgoing: object) => void, setTimeout: (act: () => void, ms: number) => unknown, retry: () => void}} parts
   */
  constructor(session, parts) {
    this.#session = session
    this.#parts = parts
  }

  /** Sends what the other person needs, unless the room has it or it is on its way. */
  async send() {
    if (this.#id !== null) return
    const outgoing = await this.#session.keysMessage()
    this.#id = outgoing?.id ?? null
    if (outgoing) this.#parts.send(outgoing)
  }

  /** What was on its way may be lost. */
  reset() {
    this.#id = null
  }

  /** @param {string} id of a message that the room has confirmed */
  confirm(id) {
    if (id === this.#id) this.#id = null
  }

  /**
   * @param {string} id of a message that was refused
   * @param {string} word why
   * @returns {boolean} whether it was this message
   */
  refuse(id, word) {
    if (id !== this.#id) return false
    if (!isPassing(word)) {
      this.#session.keysRefused()
    } else {
      this.#id = null
      this.#parts.setTimeout(this.#parts.retry, RETRY_MS)
    }
    return true
  }
}
