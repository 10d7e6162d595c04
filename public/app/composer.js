// The form at the foot of the room.

/** Bytes of text and name together, as JSON: what fits into one message. */
const MAX_BYTES = 12_000
/** From here on the writer is told how much is left. */
const COUNT_FROM_BYTES = MAX_BYTES - 1_000

export class Composer {
  #form
  #field
  #counter
  #button
  #senderOf

  /**
   * @param {HTMLFormElement} form
   * @param {object} given
   * @param {(text: string) => void} given.onSend
   * @param {(text: string) => void} given.onInput
   * @param {() => string} given.senderOf the name that will travel along
   */
  constructor(form, { onSend, onInput, senderOf }) {
    this.#form = form
    this.#field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"))
    this.#button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"))
    this.#counter = /** @type {HTMLElement} */ (form.querySelector("[data-counter]"))
    this.#senderOf = senderOf
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
    return MAX_BYTES - new TextEncoder().encode(asJson).length
  }

  #measure() {
    const left = this.#bytesLeft()
    this.#counter.hidden = left > MAX_BYTES - COUNT_FROM_BYTES
    this.#counter.textContent = left < 0 ? `${-left} too many` : `${left} left`
    this.#form.toggleAttribute("data-too-long", left < 0)
    this.#button.disabled = left < 0
    this.#field.toggleAttribute("aria-invalid", left < 0)
  }
}
