// All ways to share the link: the panel while the other seat is free, and the button in the header.

import { say } from "../words.js"
import { put } from "./texts.js"

export class Share {
  #panel
  #field
  #code
  #announce
  #link = ""

  /**
   * @param {HTMLElement} room contains the panel and every copy button
   * @param {(words: string) => void} announce passes a text to screen readers
   */
  constructor(room, announce) {
    this.#panel = /** @type {HTMLElement} */ (room.querySelector("[data-share]"))
    this.#field = /** @type {HTMLInputElement} */ (room.querySelector("[data-share-link]"))
    this.#code = /** @type {HTMLElement} */ (room.querySelector("[data-share-code]"))
    this.#announce = announce
    for (const button of room.querySelectorAll("[data-copy]")) {
      button.addEventListener("click", () => this.#copyBy(/** @type {HTMLElement} */ (button)))
    }
    const share = /** @type {HTMLElement} */ (room.querySelector("[data-system-share]"))
    share.hidden = !("share" in navigator)
    // Closing the share sheet is not a failure.
    share.addEventListener("click", () => navigator.share({ url: this.#link }).catch(() => {}))
  }

  /** @param {string} link the complete link; empty to forget it */
  set link(link) {
    this.#link = this.#field.value = link
    if (!link) this.#code.replaceChildren()
  }

  /** @param {boolean} isShown */
  set isShown(isShown) {
    if (this.#panel.hidden !== isShown) return
    this.#panel.hidden = !isShown
    if (isShown) void this.#drawCode()
  }

  /** @param {HTMLElement} button */
  async #copyBy(button) {
    const label = /** @type {HTMLElement} */ (button.querySelector("[data-copy-label]"))
    const isCopied = await this.#copy()
    put(label, () => say(isCopied ? "share.copied" : "share.by-hand"))
    this.#announce(say(isCopied ? "share.copied.aloud" : "share.by-hand.aloud"))
    setTimeout(() => put(label, () => say("share.copy")), 2_000)
  }

  /** @returns {Promise<boolean>} */
  async #copy() {
    try {
      await navigator.clipboard.writeText(this.#link)
      return true
    } catch {
      // There is no clipboard without https or permission. The selected field can be copied by hand.
      this.#field.select()
      return document.execCommand("copy")
    }
  }

  /** Draws a QR code of the link. The library is loaded only if the panel is shown. */
  async #drawCode() {
    const { encode } = await import("../../vendor/uqr.js")
    if (!this.#link) return
    /** @type {{data: boolean[][], size: number}} */
    const { data, size } = encode(this.#link, { ecc: "M", border: 2 })
    const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    const path = svgElement("path", { d: squares.join("") })
    const svg = svgElement("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" })
    svg.append(path)
    this.#code.replaceChildren(svg)
  }
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function svgElement(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  return element
}
