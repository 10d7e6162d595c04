// The user's own “Seen” marks: up to which message they have read. The room forwards a mark and does not store it. No
// DOM.

/** @import { Session } from "../crypto/session.js" */
/** @import { Platform } from "./surroundings.js" */

/** One mark covers all messages that are read within this time, which keeps the marks below the room's limit. */
const DELAY_MS = 600

export class SeenMarks {
  #session
  #platform
  #send
  /** Up to which sequence number the user has read. */
  #seq = 0
  /** @type {unknown} */
  #timer = null
  #isClosed = false

  /**
   * @param {Pick<Session, "sealMark">} session
   * @param {Pick<Platform, "setTimeout" | "clearTimeout" | "wantsSeenMarks">} platform
   * @param {(text: string) => void} send
   */
  constructor(session, platform, send) {
    this.#session = session
    this.#platform = platform
    this.#send = send
  }

  /** @param {number} seq the newest message that the user has read */
  note(seq) {
    if (seq <= this.#seq) return
    this.#seq = seq
    this.repeat()
  }

  /** Sends the mark again: the other person has a new socket, or the user switched marks on. */
  repeat() {
    if (this.#seq === 0 || this.#timer !== null) return
    this.#timer = this.#platform.setTimeout(() => void this.#sendMark(), DELAY_MS)
  }

  async #sendMark() {
    this.#timer = null
    if (!this.#platform.wantsSeenMarks()) return
    const text = await this.#session.sealMark(this.#seq)
    if (text && !this.#isClosed) this.#send(text)
  }

  close() {
    this.#isClosed = true
    this.#platform.clearTimeout(this.#timer)
  }
}
