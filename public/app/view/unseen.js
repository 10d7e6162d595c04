// The button that says how many new messages are below, and leads to them.

import { sayCount } from "../words.js"
import { put } from "./texts.js"

export class Unseen {
  #button
  #count = 0

  /**
   * @param {HTMLElement} button
   * @param {() => void} onPress
   */
  constructor(button, onPress) {
    this.#button = button
    button.addEventListener("click", onPress)
  }

  /** @param {number} more */
  add(more) {
    this.#count += more
    this.#button.hidden = this.#count === 0
    if (this.#count > 0) put(this.#button, () => sayCount("list.new", this.#count))
  }

  clear() {
    this.#count = 0
    this.#button.hidden = true
  }
}
