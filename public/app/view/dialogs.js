// The question before a room is destroyed: it takes a second press, on a button that names what it does.

import { sentence } from "../words.js"
import { put, silence } from "./texts.js"

export class DestroyDialog {
  #dialog
  #problem

  /**
   * @param {HTMLDialogElement} dialog
   * @param {() => Promise<string>} onConfirm destroys; answers with an error word if that failed
   */
  constructor(dialog, onConfirm) {
    this.#dialog = dialog
    this.#problem = /** @type {HTMLElement} */ (dialog.querySelector("[data-destroy-problem]"))
    dialog.querySelector("[data-destroy-keep]")?.addEventListener("click", () => dialog.close())
    dialog.querySelector("[data-destroy-now]")?.addEventListener("click", async () => this.#say(await onConfirm()))
  }

  open() {
    this.#say("")
    this.#dialog.showModal()
  }

  close() {
    this.#dialog.close()
  }

  /** @param {string} word empty for nothing */
  #say(word) {
    put(this.#problem, word ? () => sentence(word) : silence)
    this.#problem.hidden = word === ""
  }
}
