// The dialog before a room is destroyed. It requires a second press, on a button that names the action.

import { sentence } from "../words.js"
import { put, silence } from "./texts.js"

export class DestroyDialog {
  #dialog
  #problem

  /**
   * @param {HTMLDialogElement} dialog
   * @param {() => Promise<string>} onConfirm destroys the room; returns an error code if that failed
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

  /** @param {string} code the error code; empty for none */
  #say(code) {
    put(this.#problem, code ? () => sentence(code) : silence)
    this.#problem.hidden = code === ""
  }
}
