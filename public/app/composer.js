// The form at the foot of the room.

/** With so little left the writer is told. */
const COUNTED_BYTES = 1_000

export class Composer {
  #form
  #field
  #counter
  #button
  #senderOf
  #maxBytes

  /**
   * @param {HTMLFormElement} form
   * @param {object} given
   * @param {(text: string) => void} given.onSend
   * @param {(text: string) => void} given.onInput
   * @param {() => string} given.senderOf the name that will travel along
   * @param {number} given.maxBytes of text and name together, as JSON
   */
  constructor(form, { onSend, onInput, senderOf, maxBytes }) {
    this.#form = form
    this.#field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"))
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"))
    this.#counter = /** @type {HTMLElement} */ (form.querySelector("[data-counter]"))
    this.#senderOf = senderOf
    this.#maxBytes = maxBytes
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

  get text() {
    return this.#field.value
  }

  /** @param {string} text */
  set text(text) {
    this.#field.value = text
    this.#measure()
  }

  focus() {
    this.#field.focus()
  }

  /** @param {(text: string) => void} onSend */
  #submit(onSend) {
    const text = this.#field.value.trim()
    if (!text || this.#bytesLeft() < 0) return
    this.text = ""
    onSend(text)
    this.#field.focus()
  }

  #bytesLeft() {
    const asJson = JSON.stringify({ sender: this.#senderOf(), text: this.#field.value.trim() })
    return this.#maxBytes - new TextEncoder().encode(asJson).length
  }

  #measure() {
    const left = this.#bytesLeft()
    this.#counter.hidden = left > COUNTED_BYTES
    this.#counter.textContent = left < 0 ? `${-left} too many` : `${left} left`
    this.#form.toggleAttribute("data-too-long", left < 0)
    this.#button.disabled = left < 0
    this.#field.setAttribute("aria-invalid", String(left < 0))
  }
}
