// The scenes before a room: the door, an incomplete link, and a room that cannot be reached.

import { sentence } from "../words.js"
import { showScene } from "./scenes.js"
import { put, silence } from "./texts.js"

export class Door {
  #form
  #name

  /**
   * @param {HTMLElement} form
   * @param {(name: string) => Promise<void>} onJoin
   */
  constructor(form, onJoin) {
    this.#form = /** @type {HTMLFormElement} */ (form)
    this.#name = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("name"))
    this.#form.addEventListener("submit", (event) => this.#submit(event, onJoin))
  }

  /**
   * @param {string} name the suggested name
   * @param {boolean} isEncrypted
   */
  show(name, isEncrypted) {
    const scene = showScene("door")
    this.#name.value = name
    const plain = /** @type {HTMLElement} */ (scene.querySelector("[data-door-plain]"))
    plain.hidden = isEncrypted
  }

  /**
   * @param {SubmitEvent} event
   * @param {(name: string) => Promise<void>} onJoin
   */
  async #submit(event, onJoin) {
    event.preventDefault()
    const button = /** @type {HTMLButtonElement} */ (this.#form.querySelector("button"))
    button.disabled = true
    await onJoin(this.#name.value)
    button.disabled = false
  }
}

export class Rescue {
  #field
  #problem

  /**
   * @param {HTMLElement} form
   * @param {(pasted: string) => string} onPaste returns the error code of what is wrong with it
   */
  constructor(form, onPaste) {
    this.#field = /** @type {HTMLInputElement} */ (form.querySelector("input"))
    this.#problem = /** @type {HTMLElement} */ (form.querySelector("[data-rescue-problem]"))
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.#say(onPaste(this.#field.value))
    })
  }

  /** @param {string} code the reason */
  show(code) {
    const scene = showScene("rescue")
    const place = /** @type {HTMLElement} */ (scene.querySelector("[data-rescue-reason]"))
    put(place, () => sentence(code))
    this.#field.focus()
  }

  /** @param {string} code the error code; empty for none */
  #say(code) {
    put(this.#problem, code ? () => sentence(code) : silence)
    this.#problem.hidden = code === ""
    // The link is a key, so the field must not keep it.
    if (!code) this.#field.value = ""
  }
}

export class Problem {
  #reason

  /**
   * @param {HTMLElement} scene
   * @param {() => void} onAgain
   */
  constructor(scene, onAgain) {
    this.#reason = /** @type {HTMLElement} */ (scene.querySelector("[data-problem]"))
    scene.querySelector("[data-again]")?.addEventListener("click", onAgain)
  }

  /** @param {string} code the reason */
  show(code) {
    showScene("problem")
    put(this.#reason, () => sentence(code))
  }
}
