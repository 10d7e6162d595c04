// Messages that are not confirmed yet. Only one is under way at a time, and the next one waits for its confirmation. So
// messages are sent in the order in which they were written, even if one is lost or refused for a while. Only a message
// that was refused for good and is retried by hand follows those that the room has stored meanwhile. One timer decides
// when to retry. No DOM.

/** A nanoid: 21 characters of 64, hence 126 random bits. */
export function newMessageId() {
  const alphabet = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
  return Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => alphabet[byte & 63]).join("")
}

/** @import { Draft } from "../crypto/drafts.js" */

/**
 * A message of this page that the room has not confirmed. `problem` is the error code of its refusal, or null while it
 * waits.
 * @typedef {Draft & {problem: string | null}} Pending
 */

/**
 * @typedef {object} Surroundings
 * @property {(pending: Pending) => Promise<boolean>} send returns whether the message was sent
 * @property {(draft: Draft) => void} keep stores the message so that it survives a reload
 * @property {(id: string) => void} drop deletes a stored message that need not survive a reload any more
 * @property {(pending: Pending) => void} onChange a message waits, was refused or is gone
 * @property {(act: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 */

/** Temporary refusals. */
const TRANSIENT = new Set(["too-many-requests", "store-unavailable", "internal", "misconfigured"])
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
/** Without an answer for this long, the message is sent again. It keeps its id, so the room stores it once. */
const ANSWER_WITHIN_MS = 15_000

/**
 * Whether the room may accept the same message later.
 * @param {string} code the error code of the refusal
 */
export function isTransient(code) {
  return TRANSIENT.has(code)
}

export class Outbox {
  /** @type {Map<string, Pending>} in the order in which they were written */
  #pending = new Map()
  #surroundings
  /** @type {string | null} the id of the message that is under way */
  #underWay = null
  #isOpen = false
  #failures = 0
  /** @type {unknown} the timer for the next attempt or for the answer */
  #timer = null

  /**
   * @param {Draft[]} kept messages from before a reload
   * @param {Surroundings} surroundings
   */
  constructor(kept, surroundings) {
    this.#surroundings = surroundings
    for (const draft of kept) this.#pending.set(draft.id, { ...draft, problem: null })
  }

  /** @returns {Iterable<Pending>} in the order in which they were written */
  get pending() {
    return this.#pending.values()
  }

  get isEmpty() {
    return this.#pending.size === 0
  }

  /** @param {string} id */
  has(id) {
    return this.#pending.has(id)
  }

  /** @param {Draft} draft */
  write(draft) {
    this.#surroundings.keep(draft)
    this.#set({ ...draft, problem: null })
    this.#sendNext()
  }

  /** The socket is connected. A message that was under way before may be lost. */
  open() {
    this.#isOpen = true
    this.#rest()
    this.#sendNext()
  }

  /** The connection is lost: all messages wait. */
  close() {
    this.#isOpen = false
    this.#rest()
  }

  /**
   * The room stored the message.
   * @param {string} id
   */
  confirm(id) {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    this.#surroundings.drop(id)
    this.#surroundings.onChange(pending)
    if (id === this.#underWay) this.#goOn()
  }

  /**
   * The room refused the message. It is retried later; if that is of no use, it stays with its problem.
   * @param {string} id
   * @param {string} code
   */
  refuse(id, code) {
    const pending = this.#pending.get(id)
    if (!pending) return
    if (isTransient(code)) {
      if (id === this.#underWay) this.#tryLater()
    } else {
      this.#set({ ...pending, problem: code })
      if (id === this.#underWay) this.#goOn()
    }
  }

  /**
   * Sends a refused message again, before those that still wait.
   * @param {string} id
   */
  retry(id) {
    const pending = this.#pending.get(id)
    if (!pending?.problem) return
    this.#set({ ...pending, problem: null })
    this.#sendNext()
  }

  /** Forgets all messages. What is stored for a reload stays. */
  clear() {
    this.close()
    this.#pending.clear()
  }

  #sendNext() {
    if (!this.#isOpen || this.#underWay !== null || this.#timer !== null) return
    const next = this.#firstWaiting()
    if (next) void this.#send(next)
  }

  #firstWaiting() {
    for (const pending of this.#pending.values()) if (pending.problem === null) return pending
    return null
  }

  /** @param {Pending} pending */
  async #send(pending) {
    this.#underWay = pending.id
    this.#wait(ANSWER_WITHIN_MS)
    const hasLeft = await this.#surroundings.send(pending).catch(() => false)
    // It was not sent: there is no connection, or the session is over. A new connection calls `open`.
    if (!hasLeft && this.#underWay === pending.id) this.#rest()
  }

  #goOn() {
    this.#failures = 0
    this.#rest()
    this.#sendNext()
  }

  #tryLater() {
    const grown = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS)
    this.#rest()
    this.#wait(grown * (1 + this.#surroundings.random() / 2))
  }

  /** @param {number} ms until the first waiting message is sent again */
  #wait(ms) {
    this.#surroundings.clearTimeout(this.#timer)
    this.#timer = this.#surroundings.setTimeout(() => {
      this.#rest()
      this.#sendNext()
    }, ms)
  }

  #rest() {
    this.#surroundings.clearTimeout(this.#timer)
    this.#timer = null
    this.#underWay = null
  }

  /** @param {Pending} pending */
  #set(pending) {
    this.#pending.set(pending.id, pending)
    this.#surroundings.onChange(pending)
  }
}
