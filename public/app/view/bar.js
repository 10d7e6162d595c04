// The quiet bar above the composer: something to know, and one thing to do about it.

/** @typedef {{text: string, button: string, onPress: () => void}} Offer */

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
    this.#button.addEventListener("click", () => this.#offer?.onPress())
  }

  /** @param {Offer | null} offer */
  show(offer) {
    this.#offer = offer
    this.#root.hidden = offer === null
    if (this.#text.textContent !== (offer?.text ?? "")) this.#text.textContent = offer?.text ?? ""
    if (this.#button.textContent !== (offer?.button ?? "")) this.#button.textContent = offer?.button ?? ""
  }
}
