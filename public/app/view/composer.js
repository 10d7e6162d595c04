// The form in which a message is written.

import { sayCount } from "../words.js"
import { put } from "./texts.js"

/** Below this number of bytes left, the counter is shown. */
const COUNTED_BYTES = 1_000

export class Composer {
  #form
  #field
  #counter
  #button
  #bytesLeft

  /**
   * @param {HTMLFormElement} form
   * @param {object} given
   * @param {(text: string) => void} given.onSend
   * @param {(text: string) => void} given.onInput
   * @param {(text: string) => number} given.bytesLeft how many more bytes fit into one message
   */
  constructor(form, { onSend, onInput, bytesLeft }) {
    this.#form = form
    this.#field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"))
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"))
    this.#counter = /** @type {HTMLElement} */ (form.querySelector("[data-counter]"))
    this.#bytesLeft = bytesLeft
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#submit(onSend)
    })
    this.#field.addEventListener("keydown", (event) => {
      // While an input method composes, its Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return
      event.preventDefault()
      this.#submit(onSend)
    })
    this.#field.addEventListener("input", () => {
      this.#measure()
      onInput(this.#field.value)
    })
    this.#measure()
  }

  /** @param {string} text */
  set text(text) {
    this.#field.value = text
    this.#measure()
  }

  /** @param {boolean} isShown */
  set isShown(isShown) {
    this.#form.hidden = !isShown
  }

  focus() {
    this.#field.focus()
  }

  /** @param {(text: string) => void} onSend */
  #submit(onSend) {
    const text = this.#field.value.trim()
    if (!text || this.#bytesLeft(text) < 0) return
    this.text = ""
    onSend(text)
    this.#field.focus()
  }

  #measure() {
    const left = this.#bytesLeft(this.#field.value.trim())
    this.#counter.hidden = left > COUNTED_BYTES
    put(this.#counter, () => (left < 0 ? sayCount("composer.over", -left) : sayCount("composer.left", left)))
    this.#form.toggleAttribute("data-too-long", left < 0)
    this.#button.disabled = left < 0
    this.#field.setAttribute("aria-invalid", String(left < 0))
  }
}
