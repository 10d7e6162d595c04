// Keyboard shortcuts of the room: two keys that work outside text fields, and the dialog that lists all.

/** Where a letter is text. */
const TEXT_FIELDS = "input, textarea, select"

export class Shortcuts {
  #dialog

  /**
   * @param {HTMLElement} root
   * @param {() => void} onWrite the user wants to write a message
   */
  constructor(root, onWrite) {
    this.#dialog = /** @type {HTMLDialogElement} */ (root.querySelector("[data-shortcuts]"))
    const keys = new Map([
      ["?", () => this.#dialog.showModal()],
      ["/", onWrite],
    ])
    root.addEventListener("keydown", (event) => this.#onKey(event, keys.get(event.key)))
    document.body.addEventListener("keydown", (event) => {
      if (event.target === document.body && root.checkVisibility()) this.#onKey(event, keys.get(event.key))
    })
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
    if (!act || isText || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }
}
