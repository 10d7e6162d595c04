// What has been said in the room, by number. It knows one stretch of numbers without a hole, from `low` to `high`, which
// grows at both ends. Taking one message in costs the same however many there are. No DOM.

/**
 * What the codec made of a message, at its place in the room.
 * @typedef {object} Entry
 * @property {number} seq
 * @property {string} id
 * @property {boolean} isOwn
 * @property {"shown" | "waiting" | "refused" | "invisible"} kind
 * @property {string} sender empty for everything but `shown`, as is the text
 * @property {string} text
 * @property {number} timestamp epoch milliseconds of the room's clock
 */

export class Timeline {
  /** @type {Map<number, Entry>} by number; those beyond a hole wait in here too */
  #entries = new Map()
  /** @type {Map<string, number>} where an id was shown: one id is one message, wherever it is stored again */
  #places = new Map()
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
   * Takes one entry in. It may come late, twice, or both; one that waits may come again, opened.
   * @param {Entry} entry
   * @returns {number[]} the numbers at which something else is to be shown now
   */
  put(entry) {
    const known = this.#entries.get(entry.seq)
    if (known && known.kind !== "waiting") return []
    this.#entries.set(entry.seq, entry)
    const replay = entry.kind === "shown" ? this.#findReplay(entry) : null
    if (replay) this.#entries.set(replay.seq, { ...replay, kind: "refused", sender: "", text: "" })
    this.#grow()
    return replay && replay !== entry ? [entry.seq, replay.seq] : [entry.seq]
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
    this.#places.clear()
    this.#low = 1
    this.#high = 0
    this.#isStarted = false
  }

  /**
   * Of two places with one id the lower one counts, and the other is a replay.
   * @param {Entry} entry
   * @returns {Entry | null} the replay
   */
  #findReplay(entry) {
    const place = this.#places.get(entry.id)
    if (place !== undefined && place < entry.seq) return entry
    this.#places.set(entry.id, entry.seq)
    return place === undefined ? null : (this.#entries.get(place) ?? null)
  }

  #grow() {
    if (!this.#isStarted) return
    while (this.#entries.has(this.#high + 1)) this.#high += 1
  }
}
