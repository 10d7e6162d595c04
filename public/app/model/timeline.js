// What has been said in the room, by number. It knows one stretch of numbers without a hole, from `low` to `high`, which
// grows at both ends. Taking one message in costs the same however many there are. No DOM.

/** @import { Outcome } from "../crypto/interface.js" */

/**
 * What the session made of a message, at its place in the room.
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {boolean} isOwn
 * @property {"shown" | "waiting" | "refused" | "keys"} kind nothing is shown for `keys`
 * @property {string} sender empty for everything but `shown`, as is the text
 * @property {string} text
 * @property {number} at when it was written, in epoch milliseconds
 */

export class Timeline {
  /** @type {Map<number, Entry>} by number; those beyond a hole wait in here too */
  #entries = new Map()
  #low = 1
  #high = 0
  #isStarted = false

  /** The first number of the stretch. */
  get low() {
    return this.#low
  }

  /** The last number of the stretch; `low` - 1 while it is empty. */
  get high() {
    return this.#high
  }

  get isStarted() {
    return this.#isStarted
  }

  /**
   * Begins with an empty stretch behind `lastSeq`: what is newer comes by itself, what is older has to be asked for.
   * @param {number} lastSeq
   */
  start(lastSeq) {
    this.#isStarted = true
    this.#low = lastSeq + 1
    this.#high = lastSeq
    this.#grow()
  }

  /**
   * @param {number} seq
   * @returns {Entry | undefined}
   */
  at(seq) {
    return this.#entries.get(seq)
  }

  /** @param {number} seq */
  has(seq) {
    return this.#entries.has(seq)
  }

  /**
   * Takes one entry in. It may come late, twice, or both; the first one stays.
   * @param {Entry} entry
   * @returns {boolean} whether it is new
   */
  put(entry) {
    if (this.#entries.has(entry.seq)) return false
    this.#entries.set(entry.seq, entry)
    this.#grow()
    return true
  }

  /**
   * A message became something else than it was: it opened, or turned out to be a repetition.
   * @param {number} seq
   * @param {Outcome} outcome
   * @returns {Entry | null} null for a number that is not here
   */
  change(seq, outcome) {
    const known = this.#entries.get(seq)
    if (!known || outcome.kind === "stopped") return null
    const changed = { ...known, ...contentOf(outcome, known.at), kind: outcome.kind }
    this.#entries.set(seq, changed)
    return changed
  }

  /**
   * Notes that the room was asked for these numbers and everything that it has of them is here.
   * @param {number} from
   * @param {number} to
   */
  cover(from, to) {
    if (to < this.#low - 1 || from > this.#high + 1) return
    this.#low = Math.min(this.#low, from)
    this.#high = Math.max(this.#high, to)
    this.#grow()
  }

  /** Forgets everything. */
  clear() {
    this.#entries.clear()
    this.#low = 1
    this.#high = 0
    this.#isStarted = false
  }

  #grow() {
    if (!this.#isStarted) return
    while (this.#entries.has(this.#high + 1)) this.#high += 1
  }
}

/**
 * What there is to show of an outcome: nothing, unless it opened.
 * @param {Outcome} outcome
 * @param {number} storedAt by the room's clock, for what does not say when it was written
 */
export function contentOf(outcome, storedAt) {
  if (outcome.kind !== "shown") return { sender: "", text: "", at: storedAt }
  const { sender, text, at } = outcome
  return { sender, text, at }
}
