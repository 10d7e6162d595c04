// The messages by sequence number. The page shows one range without a gap, from `low` to `high`, which grows at both
// ends. Adding a message takes constant time. No DOM.

/** @import { Outcome } from "../crypto/interface.js" */

/**
 * A message as the session decrypted it.
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {boolean} isOwn
 * @property {"shown" | "waiting" | "refused" | "keys"} kind nothing is shown for `keys`
 * @property {string} sender empty unless `kind` is `shown`, like `text`
 * @property {string} text
 * @property {number} at when it was written, in epoch milliseconds
 */

export class Timeline {
  /** @type {Map<number, Entry>} by sequence number; entries beyond a gap wait here, too */
  #entries = new Map()
  #low = 1
  #high = 0
  #isStarted = false

  /** The first sequence number of the range. */
  get low() {
    return this.#low
  }

  /** The last sequence number of the range; `low` - 1 if it is empty. */
  get high() {
    return this.#high
  }

  get isStarted() {
    return this.#isStarted
  }

  /**
   * Starts with an empty range after `lastSeq`. Newer messages arrive by themselves; older ones must be requested.
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
   * Adds an entry. It may come late or repeatedly; the first one stays.
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
   * The outcome of a message changed: it was decrypted later, or turned out to be a repetition.
   * @param {number} seq
   * @param {Outcome} outcome
   * @returns {Entry | null} null if the number is not here
   */
  change(seq, outcome) {
    const known = this.#entries.get(seq)
    if (!known || outcome.kind === "stopped") return null
    const changed = { ...known, ...contentOf(outcome, known.at), kind: outcome.kind }
    this.#entries.set(seq, changed)
    return changed
  }

  /**
   * Notes that these numbers were requested and that everything the room has of them is here.
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
 * The entry of an outcome. It has no text unless the message was decrypted.
 * @param {Outcome} outcome
 * @param {number} storedAt by the room's clock, for messages without a time of their own
 */
export function contentOf(outcome, storedAt) {
  if (outcome.kind !== "shown") return { sender: "", text: "", at: storedAt }
  const { sender, text, at } = outcome
  return { sender, text, at }
}
