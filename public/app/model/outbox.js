// What is on its way out. One message is under way at a time, and the next one waits for its confirmation: so what waits
// is sent in the order in which it was written, whatever is refused or lost in between. One clock says when to try again.
// No DOM.

/** A nanoid: 21 characters of 64, hence 126 random bits. */
export function newMessageId() {
  const alphabet = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
  return Array.from(crypto.getRandomValues(new Uint8Array(21)), (byte) => alphabet[byte & 63]).join("")
}

/** @import { Draft } from "../crypto/drafts.js" */

/**
 * A message of ours that the room has not confirmed. `problem` is the error word for which it was refused, or null while
 * it waits.
 * @typedef {Draft & {problem: string | null}} Pending
 */

/**
 * @typedef {object} Surroundings
 * @property {(pending: Pending) => Promise<boolean>} send whether it left
 * @property {(draft: Draft) => void} keep where it outlives a reload
 * @property {(id: string) => void} drop what needs to outlive a reload no longer
 * @property {(pending: Pending) => void} onChange one of them waits, was refused, or is gone
 * @property {(act: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 */

/** Refusals that pass by themselves. */
const PASSING = new Set(["too-many-requests", "store-unavailable", "internal", "misconfigured"])
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
/** The room confirms or refuses within this time. Asking again under the same id harms nothing. */
const ANSWER_WITHIN_MS = 15_000

/**
 * Whether the same message may be taken later.
 * @param {string} word the error word of a refusal
 */
export function isPassing(word) {
  return PASSING.has(word)
}

export class Outbox {
  /** @type {Map<string, Pending>} in the order in which they were written */
  #pending = new Map()
  #surroundings
  /** @type {string | null} the one that is under way */
  #underWay = null
  #isOpen = false
  #failures = 0
  /** @type {unknown} the next attempt, or the wait for an answer */
  #timer = null

  /**
   * @param {Draft[]} kept from before a reload
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

  /** Connected: whatever was under way before may have been lost. */
  open() {
    this.#isOpen = true
    this.#rest()
    this.#sendNext()
  }

  /** The connection is lost: everything waits. */
  close() {
    this.#isOpen = false
    this.#rest()
  }

  /** What kept a message from leaving may be over. */
  poke() {
    if (this.#underWay === null && this.#timer === null) this.#sendNext()
  }

  /**
   * The room has the message.
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
   * The room did not take the message: it is tried again later, or, where that is of no use, stays with its problem.
   * @param {string} id
   * @param {string} word
   */
  refuse(id, word) {
    const pending = this.#pending.get(id)
    if (!pending) return
    if (isPassing(word)) {
      if (id === this.#underWay) this.#tryLater()
    } else {
      this.#set({ ...pending, problem: word })
      if (id === this.#underWay) this.#goOn()
    }
  }

  /**
   * Takes up again what was refused, at its old place.
   * @param {string} id
   */
  retry(id) {
    const pending = this.#pending.get(id)
    if (!pending?.problem) return
    this.#set({ ...pending, problem: null })
    this.poke()
  }

  /** Forgets everything; what is kept for a reload is left as it is. */
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
    // Not now: `open` or `poke` comes when that has changed.
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

  /** @param {number} ms until the first that waits is sent again */
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
