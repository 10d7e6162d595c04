// The buttons around the conversation: share, menu, destroy.

import { destroyRoom, sentence, wordOf } from "./api.js"
import { loadSound, saveSound } from "./storage.js"

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

/**
 * Every way to hand the link on.
 * @param {string} link the whole one
 */
export function wireShare(link) {
  /** @type {HTMLInputElement} */ ($("[data-share-link]")).value = link
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copyLink(/** @type {HTMLElement} */ (button), link))
  }
  const share = $("[data-system-share]")
  share.hidden = !("share" in navigator)
  // Whoever closes the sheet has not failed.
  share.addEventListener("click", () => navigator.share({ url: link }).catch(() => {}))
  void drawCode(link)
}

/** Forgets the link that the page shows. */
export function clearShare() {
  /** @type {HTMLInputElement} */ ($("[data-share-link]")).value = ""
  $("[data-share-code]").replaceChildren()
}

/**
 * @param {HTMLElement} button
 * @param {string} link
 */
async function copyLink(button, link) {
  const label = /** @type {HTMLElement} */ (button.querySelector("[data-copy-label]"))
  const hasCopied = await copy(link)
  label.textContent = hasCopied ? "Copied" : "Press Ctrl+C"
  $("[data-announce]").textContent = hasCopied ? "The link is copied." : "Copying is not allowed here."
  setTimeout(() => (label.textContent = "Copy link"), 2_000)
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No clipboard without https, or without leave: the field that shows the link can be copied from by hand.
    const field = /** @type {HTMLInputElement} */ ($("[data-share-link]"))
    field.select()
    return document.execCommand("copy")
  }
}

/**
 * A QR code of the link, drawn here. The library comes only to whoever waits alone.
 * @param {string} link
 */
async function drawCode(link) {
  const { encode } = await import("../vendor/uqr.js")
  /** @type {{data: boolean[][], size: number}} */
  const { data, size } = encode(link, { ecc: "M", border: 2 })
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`)
  svg.setAttribute("role", "img")
  svg.setAttribute("aria-label", "The link as a QR code")
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
  path.setAttribute("d", squares.join(""))
  svg.append(path)
  $("[data-share-code]").replaceChildren(svg)
}

/** @param {{name: string}} self whose name the menu shows and changes */
export function wireMenu(self) {
  const menu = $("#menu")
  const field = /** @type {HTMLInputElement} */ ($("#name"))
  menu.addEventListener("beforetoggle", () => (field.value = self.name))
  field.addEventListener("change", () => (self.name = field.value))
  $("[data-name-form]").addEventListener("submit", (event) => {
    event.preventDefault()
    self.name = field.value
    menu.hidePopover()
  })
  const sound = /** @type {HTMLInputElement} */ ($("[data-sound]"))
  sound.checked = loadSound()
  sound.addEventListener("change", () => saveSound(sound.checked))
}

/**
 * Destroying takes a second press, which names what it does.
 * @param {string} roomId
 * @param {(word: string) => void} onEnded the room is gone, by us or before
 */
export function wireDestroy(roomId, onEnded) {
  const dialog = /** @type {HTMLDialogElement} */ ($("[data-destroy-dialog]"))
  const problem = $("[data-destroy-problem]")
  $("[data-destroy]").addEventListener("click", () => {
    $("#menu").hidePopover()
    problem.hidden = true
    dialog.showModal()
  })
  $("[data-destroy-keep]").addEventListener("click", () => dialog.close())
  $("[data-destroy-now]").addEventListener("click", async () => {
    try {
      await destroyRoom(roomId)
      onEnded("room-destroyed")
    } catch (error) {
      const word = wordOf(error)
      if (word === "room-not-found") return onEnded(word)
      problem.textContent = sentence(word)
      problem.hidden = false
    }
  })
}

/** Two soft notes, drawn and not loaded. */
export function chime() {
  const context = new AudioContext()
  const gain = context.createGain()
  gain.connect(context.destination)
  gain.gain.setValueAtTime(0.08, context.currentTime)
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.4)
  for (const [frequency, delay] of [[660, 0], [880, 0.12]]) {
    const tone = context.createOscillator()
    tone.frequency.value = frequency
    tone.connect(gain)
    tone.start(context.currentTime + delay)
    tone.stop(context.currentTime + 0.4)
  }
  setTimeout(() => context.close(), 1_000)
}
