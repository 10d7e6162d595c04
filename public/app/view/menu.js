// The menu: the user's name, the switches, and the button that destroys the room.

/** @import { Switch } from "../model/preferences.js" */

import { isOn, turn } from "../model/preferences.js"
import { mayNotify } from "./attention.js"

export class Menu {
  #root

  /**
   * @param {HTMLElement} root
   * @param {object} given
   * @param {() => string} given.name
   * @param {(name: string) => void} given.onName
   * @param {() => void} given.onSeenMarks they were switched on or off
   * @param {() => void} given.onDestroy
   */
  constructor(root, { name, onName, onSeenMarks, onDestroy }) {
    this.#root = root
    const field = /** @type {HTMLInputElement} */ (root.querySelector("[name=name]"))
    root.addEventListener("beforetoggle", () => (field.value = name()))
    field.addEventListener("change", () => onName(field.value))
    field.form?.addEventListener("submit", (event) => {
      event.preventDefault()
      onName(field.value)
      root.hidePopover()
    })
    this.#wire("sound", () => {})
    this.#wire("seen", onSeenMarks)
    this.#wire("notifications", (box) => void this.#askToNotify(box))
    this.#find("[data-switch=notifications]")
      .closest("label")
      ?.toggleAttribute("hidden", !("Notification" in window))
    this.#find("[data-destroy]").addEventListener("click", () => {
      root.hidePopover()
      onDestroy()
    })
  }

  /**
   * @param {Switch} name
   * @param {(box: HTMLInputElement) => void} onChange
   */
  #wire(name, onChange) {
    const box = /** @type {HTMLInputElement} */ (this.#find(`[data-switch=${name}]`))
    box.checked = isOn(name)
    box.addEventListener("change", () => {
      turn(name, box.checked)
      onChange(box)
    })
  }

  /**
   * Only a press on the switch asks for the browser's permission.
   * @param {HTMLInputElement} box
   */
  async #askToNotify(box) {
    const isRefused = box.checked && !(await mayNotify())
    if (isRefused) {
      box.checked = false
      turn("notifications", false)
    }
    this.#find("[data-notifications-refused]").hidden = !isRefused
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(selector))
  }
}
