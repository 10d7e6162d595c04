// The form in which a message is written.

import { sayCount } from "../words.js"
import { put, silence } from "./texts.js"

/** Below this number of bytes left, the counter is shown. */
const COUNTED_BYTES = 1_000

export class Composer {
  #form
  #field
  #counter
  #button
  /** @type {string[]} messages that wait for the room */
  #early = []
  /** @type {(text: string) => void} */
  #onSend = (text) => {
    this.#early.push(text)
  }
  /** @type {(text: string) => void} */
  #onInput = () => {}
  /** @type {(text: string) => number} */
  #bytesLeft = () => Number.POSITIVE_INFINITY

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form
    this.#field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"))
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"))
    this.#counter = /** @type {HTMLElement} */ (form.querySelector("[data-counter]"))
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#submit()
    })
    this.#field.addEventListener("keydown", (event) => {
      // While an input method composes, its Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return
      event.preventDefault()
      this.#submit()
    })
    this.#field.addEventListener("input", () => {
      this.#measure()
      this.#onInput(this.#field.value)
    })
    this.#measure()
  }

  /**
   * The room can take messages, also those that were written earlier.
   * @param {object} room
   * @param {(text: string) => void} room.onSend
   * @param {(text: string) => void} room.onInput
   * @param {(text: string) => number} room.bytesLeft how many more bytes fit into one message
   */
  begin({ onSend, onInput, bytesLeft }) {
    this.#onSend = onSend
    this.#onInput = onInput
    this.#bytesLeft = bytesLeft
    const early = this.#early.splice(0)
    const tooLong = early.filter((text) => bytesLeft(text) < 0)
    for (const text of early) if (!tooLong.includes(text)) onSend(text)
    this.text = [...tooLong, this.#field.value].filter(Boolean).join("\n")
    if (this.#field.value) onInput(this.#field.value)
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

  /** Takes the focus, except on a phone: the keyboard would cover the room before it has been seen. */
  focusOnArrival() {
    if (matchMedia("(hover: hover)").matches) this.focus()
  }

  #submit() {
    const text = this.#field.value.trim()
    if (!text || this.#bytesLeft(text) < 0) return
    this.text = ""
    this.#onSend(text)
    this.#field.focus()
  }

  #measure() {
    const left = this.#bytesLeft(this.#field.value.trim())
    const isCounted = left <= COUNTED_BYTES
    this.#counter.hidden = !isCounted
    // A hidden counter has no text: the first number that a page formats takes a slow phone a tenth of a second.
    put(this.#counter, isCounted ? () => sayLeft(left) : silence)
    this.#form.toggleAttribute("data-too-long", left < 0)
    this.#button.disabled = left < 0
    this.#field.setAttribute("aria-invalid", String(left < 0))
  }
}

/** @param {number} bytes how many are left; negative if there are too many */
function sayLeft(bytes) {
  return bytes < 0 ? sayCount("composer.over", -bytes) : sayCount("composer.left", bytes)
}
