// What has been said in the room and what is on its way, and how it is shown.
// Sections: the timeline, which knows no DOM, and the list, which keeps the reader's place.

/** @import { Message, Draft } from "./protocol.js" */

/**
 * A message of ours that the room has not confirmed.
 * @typedef {object} Pending
 * @property {Draft} draft
 * @property {number} timestamp when it was written
 * @property {string | null} problem the sentence why it failed; null while it is on its way
 */

/**
 * A message as it is shown: opened, or found to be none.
 * @typedef {Message & {isRefused: boolean}} Opened
 */

/**
 * Where pending messages outlive a reload.
 * @typedef {object} Shelf
 * @property {(pending: Pending[]) => void} save
 * @property {() => Pending[]} load
 */

// --- The timeline ---

/** A nanoid: 21 characters of 64, hence 126 random bits. */
export function newMessageId() {
  const alphabet = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
  return Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => alphabet[byte & 63]).join("")
}

export class Timeline {
  /** @type {Map<number, Opened>} by seq, so that a replayed frame changes nothing */
  #messages = new Map()
  /** @type {Map<string, number>} seq by id: one id is one message, wherever it is stored again */
  #seqs = new Map()
  /** @type {Map<string, Pending>} in the order in which they were written */
  #pending = new Map()
  /** Everything up to here was asked for; what is not here by now does not exist. */
  #settledTo = 0
  #shelf

  /** @param {Shelf} shelf */
  constructor(shelf) {
    this.#shelf = shelf
    for (const pending of shelf.load()) this.#pending.set(pending.draft.id, pending)
  }

  /**
   * Takes one message in. It may come late, twice, or both.
   * @param {Opened} message
   * @returns {boolean} false when there is nothing new to show
   */
  add(message) {
    if (this.#messages.has(message.seq)) return false
    const isReplay = this.#seqs.has(message.id)
    this.#messages.set(message.seq, isReplay ? { ...message, isRefused: true } : message)
    if (message.isRefused || isReplay) return true
    this.#seqs.set(message.id, message.seq)
    if (this.#pending.delete(message.id)) this.#save()
    return true
  }

  /**
   * Notes that the room was asked for everything up to `seq`.
   * @param {number} seq
   */
  settle(seq) {
    this.#settledTo = Math.max(this.#settledTo, seq)
  }

  /** The last place up to which nothing is missing. */
  get completeTo() {
    let seq = this.#settledTo
    while (this.#messages.has(seq + 1)) seq += 1
    return seq
  }

  /**
   * @param {Draft} draft
   * @param {number} timestamp
   */
  write(draft, timestamp) {
    this.#pending.set(draft.id, { draft, timestamp, problem: null })
    this.#save()
  }

  /**
   * Notes that a message was refused, or with null that it is on its way again.
   * @param {string} id
   * @param {string | null} problem
   */
  mark(id, problem) {
    const pending = this.#pending.get(id)
    if (!pending) return
    pending.problem = problem
    this.#save()
  }

  /** @returns {Opened[]} in order */
  get messages() {
    return [...this.#messages.values()].sort((a, b) => a.seq - b.seq)
  }

  /** @returns {Pending[]} in the order in which they were written */
  get pending() {
    return [...this.#pending.values()]
  }

  /** Forgets everything. */
  clear() {
    this.#messages.clear()
    this.#seqs.clear()
    this.#pending.clear()
    this.#save()
  }

  #save() {
    this.#shelf.save(this.pending)
  }
}

// --- The list ---

/**
 * One thing to show: a message, or with `note` a line of the room's own.
 * @typedef {object} Entry
 * @property {string} key
 * @property {boolean} isOwn
 * @property {string} sender
 * @property {string} text
 * @property {number} timestamp
 * @property {"sent" | "pending" | "failed" | "note"} state
 * @property {string} [problem] why it failed
 */

/** Within so many pixels of its end, the reader is at the end. */
const NEAR_END_PX = 80
const GROUP_MS = 60_000

/**
 * Cuts a text into words and links. Only https becomes a link, and never the full stop behind it.
 * @param {string} text
 * @returns {{text: string, href?: string}[]}
 */
export function linkParts(text) {
  const parts = []
  let end = 0
  for (const found of text.matchAll(/https:\/\/[^\s<>"'`]+/gu)) {
    const raw = found[0].replace(/[.,;:!?)\]}…»”’]+$/u, "")
    if (!URL.canParse(raw)) continue
    if (found.index > end) parts.push({ text: text.slice(end, found.index) })
    parts.push({ text: raw, href: raw })
    end = found.index + raw.length
  }
  if (end < text.length) parts.push({ text: text.slice(end) })
  return parts
}

/**
 * Whether a text is a few emoji and nothing else.
 * @param {string} text
 */
export function isEmojiOnly(text) {
  const bare = text.replace(/\s/gu, "")
  return bare.length <= 40 && /^(\p{RGI_Emoji}){1,6}$/v.test(bare)
}

/**
 * Whether `entry` goes on where `before` stopped: the same person within a minute.
 * @param {Entry | undefined} before
 * @param {Entry} entry
 */
export function continues(before, entry) {
  return (
    before !== undefined &&
    before.state !== "note" &&
    before.isOwn === entry.isOwn &&
    before.sender === entry.sender &&
    entry.timestamp - before.timestamp < GROUP_MS
  )
}

export class MessageList {
  #scroller
  #list
  #template
  #pill
  #onRetry
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map()
  #unseen = 0

  /**
   * @param {HTMLElement} root
   * @param {HTMLTemplateElement} template
   * @param {(key: string) => void} onRetry
   */
  constructor(root, template, onRetry) {
    this.#scroller = /** @type {HTMLElement} */ (root.querySelector("[data-scroller]"))
    this.#list = /** @type {HTMLElement} */ (root.querySelector("[data-list]"))
    this.#pill = /** @type {HTMLButtonElement} */ (root.querySelector("[data-new]"))
    this.#template = template
    this.#onRetry = onRetry
    this.#pill.addEventListener("click", () => this.toEnd())
    this.#scroller.addEventListener("scroll", () => this.#noteSeen(), { passive: true })
    // A picture of the keyboard: when it opens, the end stays the end.
    new ResizeObserver(() => this.#keepEnd()).observe(this.#scroller)
  }

  #wasAtEnd = true

  get isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX
  }

  /**
   * Shows these entries and no others.
   * @param {Entry[]} entries
   * @param {boolean} isFirstLoad what was said before we came is not read out
   */
  show(entries, isFirstLoad = false) {
    const wasAtEnd = this.isAtEnd
    this.#list.setAttribute("aria-busy", String(isFirstLoad))
    const keys = new Set(entries.map((entry) => entry.key))
    for (const [key, element] of this.#elements) {
      if (!keys.has(key)) {
        element.remove()
        this.#elements.delete(key)
      }
    }
    const added = this.#place(entries)
    const last = entries.at(-1)
    if (wasAtEnd || isFirstLoad || (added > 0 && last?.state === "pending")) this.toEnd()
    else this.#countUnseen(added)
    this.#list.setAttribute("aria-busy", "false")
  }

  /** Goes to the newest message. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#noteSeen()
  }

  /**
   * @param {Entry[]} entries
   * @returns {number} how many messages are new
   */
  #place(entries) {
    let added = 0
    let next = this.#list.firstElementChild
    entries.forEach((entry, index) => {
      let element = this.#elements.get(entry.key)
      if (!element) {
        element = this.#build(entry)
        this.#elements.set(entry.key, element)
        if (entry.state !== "note") added += 1
      }
      this.#update(element, entry, continues(entries[index - 1], entry))
      if (element === next) next = element.nextElementSibling
      else this.#list.insertBefore(element, next)
    })
    return added
  }

  /** @param {Entry} entry */
  #build(entry) {
    if (entry.state === "note") {
      const note = document.createElement("p")
      note.className = "note"
      note.textContent = entry.text
      return note
    }
    const element = /** @type {HTMLElement} */ (this.#template.content.cloneNode(true)).firstElementChild
    const message = /** @type {HTMLElement} */ (element)
    message.dataset.key = entry.key
    message.classList.toggle("message--own", entry.isOwn)
    part(message, "name").textContent = entry.isOwn ? "You" : entry.sender || "The other person"
    part(message, "text").append(...linkParts(entry.text).map(linked))
    part(message, "text").classList.toggle("message__text--emoji", isEmojiOnly(entry.text))
    part(message, "retry").addEventListener("click", () => this.#onRetry(entry.key))
    return message
  }

  /**
   * @param {HTMLElement} element
   * @param {Entry} entry
   * @param {boolean} isContinued
   */
  #update(element, entry, isContinued) {
    if (entry.state === "note") return
    if (element.dataset.state === entry.state && element.dataset.continued === String(isContinued)) return
    element.dataset.state = entry.state
    element.dataset.continued = String(isContinued)
    const time = /** @type {HTMLTimeElement} */ (part(element, "time"))
    time.dateTime = new Date(entry.timestamp).toISOString()
    time.textContent = clockTime(entry.timestamp)
    part(element, "problem").textContent = entry.state === "failed" ? `Not sent. ${entry.problem ?? ""} ` : ""
    part(element, "state").hidden = entry.state !== "failed"
    part(element, "sending").hidden = entry.state !== "pending"
  }

  #keepEnd() {
    if (this.#wasAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight
  }

  #noteSeen() {
    this.#wasAtEnd = this.isAtEnd
    if (this.#wasAtEnd) this.#countUnseen(-this.#unseen)
  }

  /** @param {number} more */
  #countUnseen(more) {
    this.#unseen += more
    this.#pill.hidden = this.#unseen === 0
    this.#pill.textContent = this.#unseen === 1 ? "1 new message" : `${this.#unseen} new messages`
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function part(element, name) {
  return /** @type {HTMLElement} */ (element.querySelector(`[data-part=${name}]`))
}

/** @param {{text: string, href?: string}} part */
function linked({ text, href }) {
  if (!href) return document.createTextNode(text)
  const link = document.createElement("a")
  link.href = href
  link.target = "_blank"
  link.rel = "noopener noreferrer nofollow"
  link.textContent = text
  return link
}

/** @param {number} timestamp */
function clockTime(timestamp) {
  const then = new Date(timestamp)
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
  return then.toDateString() === new Date().toDateString() ? time : `yesterday, ${time}`
}
