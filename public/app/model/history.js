// Requests the messages that this page lacks: first the newest page, then the gap at the newer end, and older ones when
// the reader nears them or the page is idle. One request at a time. No DOM.

/** @import { HistoryPage, Message, PageRange } from "../net/wire.js" */
/** @import { Timeline } from "./timeline.js" */

import { ApiError, codeOf } from "../net/api.js"

/** Enough to fill a screen, and a small answer even if every message has the maximum length. */
const NEWEST_MESSAGES = 50
const PAGE_MESSAGES = 250

const FIRST_READ_MS = 2_500
const LONGEST_READ_MS = 20_000
const RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/**
 * @typedef {object} Surroundings
 * @property {(range: PageRange) => Promise<HistoryPage>} list
 * @property {(messages: Message[]) => Promise<void>} take decrypts messages and adds them to the timeline
 * @property {() => void} onPage the timeline has grown
 * @property {() => void} onGap the room lacks a sequence number that was requested
 * @property {(code: string) => void} onGone the room does not accept this participant any more
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

  /** Whether the newest page has arrived. */
  get hasFirstPage() {
    return this.#hasFirstPage
  }

  /**
   * The socket is connected. `lastSeq` is the room's newest sequence number.
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

  /** The connection is lost: requests pause until the next one. */
  close() {
    this.#isConnected = false
    this.#surroundings.clearTimeout(this.#timer)
    this.#timer = null
  }

  /**
   * The room has messages up to this sequence number.
   * @param {number} lastSeq
   */
  see(lastSeq) {
    this.#newest = Math.max(this.#newest, lastSeq)
    void this.#read()
  }

  /** The reader is near the oldest message that is here. */
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

  /** @returns {{from: number, to: number} | null} the next range to request */
  #nextRange() {
    const { isStarted, low, high } = this.#timeline
    if (!isStarted || !this.#isConnected) return null
    if (high < this.#newest) return { from: high + 1, to: Math.min(this.#newest, high + PAGE_MESSAGES) }
    if (low === 1 || !this.#wantsOlder) return null
    return { from: Math.max(1, low - (this.#hasFirstPage ? PAGE_MESSAGES : NEWEST_MESSAGES)), to: low - 1 }
  }

  /**
   * Reads a range. An answer may contain fewer messages than requested, if they are long.
   * @param {{from: number, to: number}} range
   */
  async #readRange({ from, to }) {
    const isOlder = to < this.#timeline.low
    for (let after = from - 1; after < to; ) {
      const { messages } = await this.#surroundings.list({ after, limit: to - after, patienceMs: this.#readPatienceMs })
      this.#readPatienceMs = FIRST_READ_MS
      this.#failures = 0
      await this.#surroundings.take(messages)
      // The timeline was cleared meanwhile, so the answer is obsolete.
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
   * Notes that the room lacks the requested numbers that did not arrive. An honest room has all numbers.
   * @param {number} from where the range begins
   * @param {{first: number, last: number}} answered
   */
  #cover(from, { first, last }) {
    this.#timeline.cover(from, last)
    for (let seq = first; seq <= last; seq += 1) if (!this.#timeline.has(seq)) return this.#surroundings.onGap()
  }

  #readOlderWhenIdle() {
    if (this.#timeline.low > 1) this.#surroundings.whenIdle(() => this.wantOlder())
  }

  /**
   * After a network failure the browser may hold several dead connections. Each one is only noticed by a request.
   * @param {unknown} error
   */
  #onFailure(error) {
    const code = codeOf(error)
    if (code === "internal" && !(error instanceof ApiError)) throw error
    if (code === "room-not-found" || code === "not-a-participant") return this.#surroundings.onGone(code)
    this.#readPatienceMs = Math.min(this.#readPatienceMs * 1.25, LONGEST_READ_MS)
    const askedMs = error instanceof ApiError ? error.retryAfterSeconds * 1000 : 0
    const delayMs = code === "offline" ? RETRY_MS : Math.min(RETRY_MS * 2 ** this.#failures++, LONGEST_RETRY_MS)
    this.#timer = this.#surroundings.setTimeout(
      () => {
        this.#timer = null
        void this.#read()
      },
      Math.max(delayMs, askedMs),
    )
  }
}
