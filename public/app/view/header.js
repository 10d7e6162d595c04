// The header of the room: who is online, the time left and the state of the connection.

/** @import { Company } from "../model/presence.js" */
/** @import { Lifetime } from "../model/lifetime.js" */

import { timeLeft } from "../model/lifetime.js"
import { say } from "../words.js"
import { put } from "./texts.js"

export class Header {
  #root
  #status
  #time
  #fuse

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#status = /** @type {HTMLElement} */ (root.querySelector("[data-status]"))
    this.#time = /** @type {HTMLElement} */ (root.querySelector("[data-time]"))
    this.#fuse = /** @type {HTMLElement} */ (root.querySelector("[data-fuse]"))
  }

  /**
   * @param {Company} company
   * @param {string} trouble the key of a text about the connection; empty if it works
   */
  showStatus(company, trouble) {
    this.#root.dataset.company = company
    this.#root.toggleAttribute("data-disconnected", trouble !== "")
    put(this.#status, () => say(trouble || `header.${company}`))
  }

  /**
   * @param {Lifetime} lifetime
   * @param {number} now
   */
  showTime(lifetime, now) {
    if (!lifetime.isKnown) return
    put(this.#time, () => timeLeft(lifetime.msLeft(now)))
    this.#root.toggleAttribute("data-ending", lifetime.isUrgent(now))
    this.#fuse.style.setProperty("--left", String(lifetime.share(now)))
  }
}
