// The bar above the composer: a message and one button.

import { put, silence } from "./texts.js"

/** @typedef {{text: () => string, button?: () => string, onPress?: () => void}} Offer */

export class Bar {
  #root
  #text
  #button
  /** @type {Offer | null} */
  #offer = null

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#text = /** @type {HTMLElement} */ (root.querySelector("[data-bar-text]"))
    this.#button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-bar-button]"))
    this.#button.addEventListener("click", () => this.#offer?.onPress?.())
  }

  /** @param {Offer | null} offer */
  show(offer) {
    this.#offer = offer
    this.#root.hidden = offer === null
    put(this.#text, offer?.text ?? silence)
    this.#button.hidden = !offer?.button
    put(this.#button, offer?.button ?? silence)
  }
}
