// Keyboard shortcuts of the room: two keys that work outside text fields, and the dialog that lists all. WCAG 2.1.4
// requires a way to switch single keys off.

import { isOn, turn } from "../model/preferences.js"

/** Elements in which a letter is text. */
const TEXT_FIELDS = "input, textarea, select"
/** The same keys on keyboards of other scripts count, too. */
const LIST_KEYS = "?؟？"
const WRITE_KEYS = "/／"

export class Shortcuts {
  #dialog

  /**
   * @param {HTMLElement} root
   * @param {() => void} onWrite the user wants to write a message
   */
  constructor(root, onWrite) {
    this.#dialog = /** @type {HTMLDialogElement} */ (root.querySelector("[data-shortcuts]"))
    const actOf = (/** @type {string} */ key) => {
      if (LIST_KEYS.includes(key)) return () => this.#dialog.showModal()
      return WRITE_KEYS.includes(key) ? onWrite : undefined
    }
    document.body.addEventListener("keydown", (event) => {
      if (root.checkVisibility()) this.#onKey(event, actOf(event.key))
    })
    const box = /** @type {HTMLInputElement} */ (root.querySelector("[data-shortcuts-switch]"))
    box.checked = isOn("shortcuts")
    box.addEventListener("change", () => turn("shortcuts", box.checked))
    root.querySelector("[data-shortcuts-close]")?.addEventListener("click", () => this.#dialog.close())
    const menu = /** @type {HTMLElement} */ (root.querySelector("#menu"))
    menu.querySelector("[data-shortcuts-open]")?.addEventListener("click", () => {
      menu.hidePopover()
      this.#dialog.showModal()
    })
  }

  close() {
    this.#dialog.close()
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(() => void) | undefined} act
   */
  #onKey(event, act) {
    const element = /** @type {Element} */ (event.target)
    const isText = element.matches(TEXT_FIELDS) || element.closest("dialog, [popover]") !== null
    if (!act || isText || !isOn("shortcuts") || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }
}
