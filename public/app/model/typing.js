// Typing notices: when to send one, and how long to show the other person's. No DOM.

const SEND_EVERY_MS = 2_500
const SHOWN_MS = 4_000

export class Typing {
  #platform
  #onChange
  #sentAt = 0
  /** @type {unknown} */
  #timer = null

  /**
   * @param {Pick<import("./surroundings.js").Platform, "setTimeout" | "clearTimeout">} platform
   * @param {(isTyping: boolean) => void} onChange about the other person
   */
  constructor(platform, onChange) {
    this.#platform = platform
    this.#onChange = onChange
  }

  /**
   * Whether a notice is due. The caller then sends it.
   * @param {string} draft the composer's text
   * @param {number} now
   */
  isDue(draft, now) {
    if (draft === "" || now - this.#sentAt < SEND_EVERY_MS) return false
    this.#sentAt = now
    return true
  }

  /** The draft was sent as a message, so the next draft needs a new notice. */
  reset() {
    this.#sentAt = 0
  }

  show() {
    this.close()
    this.#timer = this.#platform.setTimeout(() => this.hide(), SHOWN_MS)
    this.#onChange(true)
  }

  hide() {
    this.close()
    this.#onChange(false)
  }

  close() {
    this.#platform.clearTimeout(this.#timer)
  }
}
