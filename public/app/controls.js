// Everything around the messages. Sections: the head, the composer, sharing, the menu and the end.

import { destroyRoom, sentence, wordOf } from "./api.js"
import { loadSound, saveSound } from "./local.js"

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

// --- The head: who is here, how long the room still lives, whether we are connected ---

/**
 * The time left in words.
 * @param {number} msLeft
 */
export function timeLeft(msLeft) {
  const seconds = Math.max(0, Math.ceil(msLeft / 1000))
  if (seconds === 0) return "ending now"
  if (seconds < 120) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min left`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h left` : `${Math.floor(minutes / 60)} h ${rest} min left`
}

/** @typedef {{participants: string[], online: string[]}} Presence who has a seat, and who of them is here */

/**
 * @param {Presence} presence
 * @param {string} self
 * @returns {"alone" | "together" | "away"}
 */
export function company({ participants, online }, self) {
  const others = participants.filter((participant) => participant !== self)
  if (others.length === 0) return "alone"
  return others.some((other) => online.includes(other)) ? "together" : "away"
}

const COMPANY_WORDS = {
  alone: "Waiting for the other person",
  together: "Both here",
  away: "The other person is away",
}

export class Header {
  #root
  #status
  #time
  #fuse
  #expiresAt = 0
  #lifeMs = 1
  #clockAheadMs = 0
  /** @type {keyof typeof COMPANY_WORDS} */
  #company = "alone"
  #connection = "Connecting…"

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#status = /** @type {HTMLElement} */ (root.querySelector("[data-status]"))
    this.#time = /** @type {HTMLElement} */ (root.querySelector("[data-time]"))
    this.#fuse = /** @type {HTMLElement} */ (root.querySelector("[data-fuse]"))
    setInterval(() => this.tick(), 1000)
  }

  /**
   * Sets our clock by the room's: both people see the same time left.
   * @param {number} serverNow
   * @param {number} lifeSeconds
   */
  setClock(serverNow, lifeSeconds) {
    this.#clockAheadMs = serverNow - Date.now()
    this.#lifeMs = lifeSeconds * 1000
  }

  /** @param {number} expiresAt */
  set expiresAt(expiresAt) {
    this.#expiresAt = expiresAt
    this.tick()
  }

  /** @param {keyof typeof COMPANY_WORDS} company */
  set company(company) {
    this.#company = company
    this.#root.dataset.company = company
    this.#say()
  }

  /** @param {string} connection a word on the connection; empty while all is well */
  set connection(connection) {
    this.#connection = connection
    this.#root.toggleAttribute("data-disconnected", connection !== "")
    this.#say()
  }

  /** Shows the time that is left now. Right after a sleep too, since it is read off the clock and not counted. */
  tick() {
    if (this.#expiresAt === 0) return
    // The two clocks are compared once and drift a little: never more than a whole life.
    const msLeft = Math.min(this.#expiresAt - Date.now() - this.#clockAheadMs, this.#lifeMs)
    const words = timeLeft(msLeft)
    if (this.#time.textContent !== words) this.#time.textContent = words
    this.#root.toggleAttribute("data-ending", msLeft < 120_000)
    this.#fuse.style.setProperty("--left", String(Math.min(1, Math.max(0, msLeft / this.#lifeMs))))
  }

  #say() {
    const words = this.#connection || COMPANY_WORDS[this.#company]
    if (this.#status.textContent !== words) this.#status.textContent = words
  }
}

// --- The composer ---

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

// --- Sharing ---

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
}

/**
 * The panel for whoever waits alone.
 * @param {boolean} isShown
 */
export function showShare(isShown) {
  const panel = $("[data-share]")
  const isFirstTime = isShown && panel.hidden
  panel.hidden = !isShown
  if (isFirstTime) void drawCode()
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

/** A QR code of the link, drawn here. The library comes only to whoever waits alone. */
async function drawCode() {
  const { encode } = await import("../vendor/uqr.js")
  const link = /** @type {HTMLInputElement} */ ($("[data-share-link]")).value
  if (!link) return
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

// --- The menu and the end ---

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
