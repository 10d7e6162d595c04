// Asks the room for what this page has not got: first the newest page, then whatever is missed at the newer end, and older
// ones when somebody wants them or nothing else is to do. One request at a time. No DOM.

/** @import { Message } from "../net/wire.js" */
/** @import { Timeline } from "./timeline.js" */

import { ApiError, wordOf } from "../net/api.js"

/** Enough to fill a screen, and small even if every message is as long as it may be. */
const NEWEST_MESSAGES = 50
const PAGE_MESSAGES = 250

const FIRST_READ_MS = 2_500
const LONGEST_READ_MS = 20_000
const RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/**
 * @typedef {object} Surroundings
 * @property {(page: {after: number, limit: number, patienceMs: number}) => Promise<{messages: Message[], lastSeq: number}>} list
 * @property {(messages: Message[]) => Promise<void>} take opens messages and puts them into the timeline
 * @property {() => void} onPage the timeline has grown
 * @property {() => void} onHole the room has no message at a number that was asked for
 * @property {(word: string) => void} onGone the room will not have us again
 * @property {(act: () => void) => void} whenIdle
 * @property {(act: () => void, ms: number) => unknown} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

export class History {
  #timeline
  #surroundings
  #newest = 0
  #wantsOlder = false
  #isReading = false
  #isConnected = false
  #hasFirstPage = false
  #readPatienceMs = FIRST_READ_MS
  #failures = 0
  /** @type {unknown} the next attempt after a failure */
  #timer = null

  /**
   * @param {Timeline} timeline
   * @param {Surroundings} surroundings
   */
  constructor(timeline, surroundings) {
    this.#timeline = timeline
    this.#surroundings = surroundings
  }

  /** Whether the newest page is here. */
  get hasFirstPage() {
    return this.#hasFirstPage
  }

  /**
   * Connected, to a room whose newest message has this number.
   * @param {number} lastSeq
   */
  open(lastSeq) {
    this.#isConnected = true
    if (!this.#timeline.isStarted) {
      this.#timeline.start(lastSeq)
      this.#wantsOlder = true
    }
    this.see(lastSeq)
  }

  /** The connection is lost: nothing is asked until the next one. */
  close() {
    this.#isConnected = false
    this.#surroundings.clearTimeout(this.#timer)
    this.#timer = null
  }

  /**
   * The room has messages up to this number.
   * @param {number} lastSeq
   */
  see(lastSeq) {
    this.#newest = Math.max(this.#newest, lastSeq)
    void this.#read()
  }

  /** Somebody looks at the oldest message that is here. */
  wantOlder() {
    this.#wantsOlder = true
    void this.#read()
  }

  async #read() {
    if (this.#isReading || this.#timer !== null) return
    this.#isReading = true
    try {
      for (let range = this.#nextRange(); range; range = this.#nextRange()) await this.#readRange(range)
    } catch (error) {
      this.#onFailure(error)
    } finally {
      this.#isReading = false
    }
    this.#noteFirstPage()
  }

  #noteFirstPage() {
    const isComplete =
      this.#timeline.isStarted && (this.#timeline.high >= this.#timeline.low || this.#timeline.low === 1)
    if (this.#hasFirstPage || !isComplete) return
    this.#hasFirstPage = true
    this.#surroundings.onPage()
    this.#readOlderWhenIdle()
  }

  /** @returns {{from: number, to: number} | null} what to ask for next */
  #nextRange() {
    const { isStarted, low, high } = this.#timeline
    if (!isStarted || !this.#isConnected) return null
    if (high < this.#newest) return { from: high + 1, to: Math.min(this.#newest, high + PAGE_MESSAGES) }
    if (low === 1 || !this.#wantsOlder) return null
    return { from: Math.max(1, low - (this.#hasFirstPage ? PAGE_MESSAGES : NEWEST_MESSAGES)), to: low - 1 }
  }

  /**
   * An answer may hold less than was asked for, where messages are long.
   * @param {{from: number, to: number}} range
   */
  async #readRange({ from, to }) {
    const isOlder = to < this.#timeline.low
    for (let after = from - 1; after < to; ) {
      const { messages } = await this.#surroundings.list({ after, limit: to - after, patienceMs: this.#readPatienceMs })
      this.#readPatienceMs = FIRST_READ_MS
      this.#failures = 0
      await this.#surroundings.take(messages)
      // The timeline was emptied meanwhile: this answer is about nothing any more.
      if (!this.#timeline.isStarted) return
      const first = after + 1
      after = Math.max(messages.at(-1)?.seq ?? to, first)
      this.#cover(from, { first, last: Math.min(after, to) })
    }
    if (isOlder) this.#wantsOlder = false
    if (this.#hasFirstPage) {
      this.#surroundings.onPage()
      this.#readOlderWhenIdle()
    }
  }

  /**
   * What was asked for and did not come, the room does not have. An honest room has all numbers.
   * @param {number} from where the stretch begins
   * @param {{first: number, last: number}} answered
   */
  #cover(from, { first, last }) {
    this.#timeline.cover(from, last)
    for (let seq = first; seq <= last; seq += 1) if (!this.#timeline.has(seq)) return this.#surroundings.onHole()
  }

  #readOlderWhenIdle() {
    if (this.#timeline.low > 1) this.#surroundings.whenIdle(() => this.wantOlder())
  }

  /**
   * After a silent network the browser may hold several dead connections, and each is found out by asking.
   * @param {unknown} error
   */
  #onFailure(error) {
    const word = wordOf(error)
    if (word === "internal" && !(error instanceof ApiError)) throw error
    if (word === "room-not-found" || word === "not-a-participant") return this.#surroundings.onGone(word)
    this.#readPatienceMs = Math.min(this.#readPatienceMs * 1.25, LONGEST_READ_MS)
    const askedMs = error instanceof ApiError ? error.retryAfterSeconds * 1000 : 0
    const delayMs = word === "offline" ? RETRY_MS : Math.min(RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS)
    this.#timer = this.#surroundings.setTimeout(
      () => {
        this.#timer = null
        void this.#read()
      },
      Math.max(delayMs, askedMs),
    )
  }
}
