// What has been said in the room and what is on its way. No DOM: runs under `node --test`.

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
