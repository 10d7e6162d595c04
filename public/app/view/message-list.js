// The list of messages. Only a window of it is in the page: it follows the newest messages, and moves when the reader
// scrolls. A new message changes one element and never moves what is being read.

/** @import { Entry, Timeline } from "../model/timeline.js" */
/** @import { Pending } from "../model/outbox.js" */
/** @import { Look } from "./message.js" */

import { spokenTime } from "../model/dates.js"
import { say } from "../words.js"
import { buildMessage, buildNote, continues, showContinued, showState, showTime } from "./message.js"
import { Progress } from "./progress.js"
import { ReadingPlace } from "./reading-place.js"
import { Unseen } from "./unseen.js"

/** Rows in the page at most. */
const MOST_ROWS = 240
/** Rows added at a time at the edge of the window. */
const ROWS_AT_ONCE = 60
/** While the reader follows the newest messages, a window with more rows is shortened. */
const FOLLOWING_ROWS = 120
/** Rows are dropped in groups, because the browser lays out everything below them again. */
const ROWS_DROPPED = 40

/**
 * @typedef {object} Options
 * @property {HTMLTemplateElement} template
 * @property {Timeline} timeline
 * @property {(id: string) => void} onRetry
 * @property {() => void} onNeedOlder the reader is near the oldest message in the timeline
 * @property {(seq: number) => void} onRead the newest message is on the screen
 * @property {() => boolean} isFirst whether the other person joined after the user
 */

export class MessageList {
  #place
  #log
  #sent
  #unsent
  #options
  #unseen
  #timeline
  /** @type {Map<number, HTMLElement[]>} the rows in the page by number: a message, a note, or both */
  #rows = new Map()
  /** The window. Row 0 is before the first message and holds notes only. */
  #low = 0
  #high = -1
  /** @type {Map<number, string>} keys of notes, by the number of the message that they follow */
  #notes = new Map()
  /** @type {Map<string, HTMLElement>} messages without a sequence number yet */
  #pending = new Map()
  /** @type {WeakMap<Element, Look>} */
  #looks = new WeakMap()
  #countedTo = 0
  #progress = new Progress((to) => this.#newestOwn(to))

  /**
   * @param {HTMLElement} root
   * @param {Options} options
   */
  constructor(root, options) {
    const scroller = /** @type {HTMLElement} */ (root.querySelector("[data-scroller]"))
    this.#place = new ReadingPlace(scroller, () => this.#isComplete)
    this.#log = /** @type {HTMLElement} */ (root.querySelector("[data-list]"))
    this.#sent = /** @type {HTMLElement} */ (root.querySelector("[data-sent]"))
    this.#unsent = /** @type {HTMLElement} */ (root.querySelector("[data-unsent]"))
    this.#unseen = new Unseen(/** @type {HTMLElement} */ (root.querySelector("[data-new]")), () => this.toEnd())
    this.#options = options
    this.#timeline = options.timeline
    scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true })
  }

  /**
   * Shows the current content of the timeline.
   * @param {number[]} changed numbers whose entries changed
   */
  update(changed = []) {
    const isInitial = this.#high < this.#low
    if (isInitial) this.#log.setAttribute("aria-busy", "true")
    for (const seq of changed) if (this.#rows.has(seq)) this.#rebuild(seq)
    const arrived = isInitial ? 0 : this.#countArrived()
    this.#countedTo = this.#timeline.high
    if (isInitial || this.#place.isFollowing) this.#followNewest()
    else this.#appendUnread(arrived)
    this.#fillUp()
    this.#log.setAttribute("aria-busy", "false")
  }

  /** @param {{received: number, read: number}} other the last numbers that the other person has received and read */
  showProgress(other) {
    this.#progress.take(other)
    this.#place.keepEnd()
  }

  /**
   * Shows an unconfirmed message. After the confirmation the element stays until the row with its sequence number
   * reuses it.
   * @param {Pending} pending
   * @param {boolean} isWaiting
   */
  updatePending(pending, isWaiting) {
    const known = this.#pending.get(pending.id)
    if (!isWaiting) return void (known && showState(known, "sent"))
    const element = known ?? this.#addPending(pending)
    showState(element, pending.problem === null ? "pending" : "failed", pending.problem ?? "")
    this.#place.keepEnd()
  }

  /** @param {string} key the text of a note after the newest message. It replaces an earlier one there. */
  addNote(key) {
    const seq = this.#timeline.high
    // The message's element stays: a new one would show its mark only after a second.
    if (this.#notes.has(seq)) this.#rows.get(seq)?.pop()?.remove()
    this.#notes.set(seq, key)
    const note = buildNote(() => say(key))
    this.#rows.get(seq)?.push(note)
    if (this.#rows.has(seq)) this.#sent.append(note)
    this.#regroupPending()
    this.#place.keepEnd()
  }

  /** Scrolls to the newest message. */
  toEnd() {
    this.#followNewest()
    this.#onScroll()
  }

  /** Updates the times after midnight: today has become yesterday. */
  refreshTimes() {
    for (const element of this.#log.querySelectorAll("article")) {
      const look = this.#looks.get(element)
      if (look) showTime(/** @type {HTMLElement} */ (element), look)
    }
  }

  /** Removes everything that is shown. */
  clear() {
    this.#sent.replaceChildren()
    this.#unsent.replaceChildren()
    for (const map of [this.#rows, this.#notes, this.#pending]) map.clear()
    this.#low = 0
    this.#high = -1
    this.#countedTo = 0
    this.#progress.clear()
    this.#unseen.clear()
  }

  // --- The window ---

  /** Row 0 precedes the room's first message, and exists only if that message is here. */
  get #lowest() {
    return this.#timeline.low === 1 ? 0 : this.#timeline.low
  }

  /** Whether the window includes the newest message that the list knows of. */
  get #isComplete() {
    return this.#high < this.#low || this.#high >= this.#countedTo
  }

  #followNewest() {
    const { high, isStarted } = this.#timeline
    if (!isStarted) return this.#place.toEnd()
    this.#shrink()
    if (this.#high < this.#low || high - this.#high > ROWS_AT_ONCE) this.#restart()
    else this.#appendTo(high)
    this.#dropTop()
    this.#place.toEnd()
    this.#noteSeen()
  }

  /** Rebuilds the window around the newest messages. */
  #restart() {
    this.#drop(...this.#rows.keys())
    this.#low = Math.max(this.#lowest, this.#timeline.high - ROWS_AT_ONCE + 1)
    this.#high = this.#low - 1
    this.#appendTo(this.#timeline.high)
  }

  /** @param {number} arrived */
  #appendUnread(arrived) {
    const capacity = MOST_ROWS - (this.#high - this.#low + 1)
    if (this.#timeline.high - this.#high <= capacity) this.#appendTo(this.#timeline.high)
    this.#unsent.hidden = !this.#isComplete
    this.#unseen.add(arrived)
  }

  /** @param {number} seq */
  #appendTo(seq) {
    const isArrival = seq - this.#high === 1
    while (this.#high < seq) {
      this.#high += 1
      const row = this.#build(this.#high)
      if (isArrival) for (const element of row) element.dataset.arrival ??= ""
      this.#sent.append(...row)
    }
    this.#settle()
  }

  /** Extends the window upwards while the reader is near its top. Requests older messages if there are none here. */
  #fillUp() {
    if (!this.#place.isNearTop) return
    if (this.#low > this.#lowest) this.#place.keep(this.#sent, () => this.#prepend())
    else if (this.#timeline.low > 1) this.#options.onNeedOlder()
  }

  #prepend() {
    this.#log.setAttribute("aria-busy", "true")
    const [oldLow, low] = [this.#low, Math.max(this.#lowest, this.#low - ROWS_AT_ONCE)]
    const added = []
    for (let seq = low; seq < oldLow; seq += 1) added.push(...this.#build(seq))
    this.#low = low
    this.#sent.prepend(...added)
    this.#regroupFrom(oldLow)
    while (this.#high - this.#low >= MOST_ROWS) this.#drop(this.#high--)
    this.#settle()
    this.#log.setAttribute("aria-busy", "false")
  }

  #fillDown() {
    if (this.#isComplete || !this.#place.isNearBottom) return
    this.#place.keep(this.#sent, () => {
      this.#appendTo(Math.min(this.#timeline.high, this.#high + ROWS_AT_ONCE))
      this.#dropTop()
    })
  }

  /** Drops only rows that are far from the screen. */
  #shrink() {
    const next = this.#low + ROWS_DROPPED
    if (this.#high - this.#low < FOLLOWING_ROWS || !this.#place.isFarAbove(this.#rows.get(next)?.[0])) return
    while (this.#low < next) this.#drop(this.#low++)
  }

  #dropTop() {
    while (this.#high - this.#low >= MOST_ROWS) this.#drop(this.#low++)
  }

  /** Updates what depends on the rows: they have just been built, and a new element has no mark. */
  #settle() {
    this.#unsent.hidden = !this.#isComplete
    this.#regroupPending()
    this.#progress.show()
  }

  /** @param {...number} seqs */
  #drop(...seqs) {
    for (const seq of seqs) {
      for (const element of this.#rows.get(seq) ?? []) element.remove()
      this.#rows.delete(seq)
    }
  }

  // --- Rows ---

  /** @param {number} seq */
  #build(seq) {
    const entry = this.#timeline.at(seq)
    const row = entry && this.#isVisible(entry) ? [this.#elementOf(entry)] : []
    const note = this.#notes.get(seq)
    if (note !== undefined) row.push(buildNote(() => say(note)))
    this.#rows.set(seq, row)
    return row
  }

  /**
   * A page sends its keys message as soon as its user has joined. So the second person's keys message shows when they
   * joined.
   * @param {Entry} entry
   */
  #isVisible({ kind, isOwn }) {
    return kind !== "keys" || (!isOwn && this.#options.isFirst())
  }

  /** @param {Entry} entry */
  #elementOf(entry) {
    const { kind, at } = entry
    if (kind === "keys") return buildNote(() => say("list.joined", { time: spokenTime(at, Date.now()) }))
    if (kind !== "shown") return buildNote(() => say(`list.${kind}`))
    const element = this.#takePending(entry) ?? buildMessage(this.#options.template, entry, this.#options.onRetry)
    this.#looks.set(element, entry)
    showState(element, "sent")
    showContinued(element, continues(this.#before(entry.seq), entry))
    return element
  }

  /**
   * The message was on the screen before it had a number: its element is reused.
   * @param {Entry} entry
   */
  #takePending(entry) {
    const element = entry.isOwn ? this.#pending.get(entry.id) : undefined
    if (!element) return null
    this.#pending.delete(entry.id)
    element.dataset.arrival = "shown"
    showTime(element, entry)
    return element
  }

  /** @param {number} seq */
  #rebuild(seq) {
    this.#place.keep(this.#sent, () => {
      const next = this.#rows.get(this.#firstFilled(seq + 1))?.[0] ?? null
      this.#drop(seq)
      for (const element of this.#build(seq)) this.#sent.insertBefore(element, next)
      this.#regroupFrom(seq + 1)
      this.#settle()
    })
  }

  /** @param {number} seq */
  #firstFilled(seq) {
    let filled = seq
    while (filled <= this.#high && this.#rows.get(filled)?.length === 0) filled += 1
    return filled
  }

  /**
   * The message directly before a number, unless a note is between them.
   * @param {number} seq
   * @returns {Look | undefined}
   */
  #before(seq) {
    for (let earlier = seq - 1; earlier >= this.#timeline.low && !this.#notes.has(earlier); earlier -= 1) {
      const entry = this.#timeline.at(earlier)
      if (entry && this.#isVisible(entry)) return entry.kind === "shown" ? entry : undefined
    }
    return undefined
  }

  /** @param {number} from rows without an element are skipped, because the message after them is the next one */
  #regroupFrom(from) {
    const seq = this.#firstFilled(from)
    const entry = this.#timeline.at(seq)
    const element = this.#rows.get(seq)?.[0]
    if (entry?.kind === "shown" && element) showContinued(element, continues(this.#before(seq), entry))
  }

  /**
   * The newest own message up to a number.
   * @param {number} to
   */
  #newestOwn(to) {
    for (let seq = Math.min(to, this.#high); seq >= this.#low; seq -= 1) {
      const entry = this.#timeline.at(seq)
      const element = this.#rows.get(seq)?.[0]
      if (entry?.kind === "shown" && entry.isOwn && element) return { seq, element }
    }
    return null
  }

  // --- Messages without a number ---

  /** @param {Pending} pending */
  #addPending(pending) {
    const look = { ...pending, isOwn: true }
    const element = buildMessage(this.#options.template, look, this.#options.onRetry)
    this.#looks.set(element, look)
    this.#pending.set(pending.id, element)
    const before = this.#unsent.lastElementChild
    this.#unsent.append(element)
    if (before) showContinued(element, continues(this.#looks.get(before), look))
    else this.#regroupPending()
    return element
  }

  #regroupPending() {
    const first = /** @type {HTMLElement | null} */ (this.#unsent.firstElementChild)
    const look = first && this.#looks.get(first)
    if (look) showContinued(first, continues(this.#before(this.#timeline.high + 1), look))
  }

  // --- The reader's place ---

  #onScroll() {
    this.#fillUp()
    this.#fillDown()
    // The reader's place is noted last, because filling may move it and complete the window.
    this.#noteSeen()
  }

  #noteSeen() {
    if (!this.#place.note()) return
    this.#unseen.clear()
    this.noteRead()
  }

  /** Reports what is on the screen, if that is the newest message. */
  noteRead() {
    if (this.#place.isFollowing) this.#options.onRead(this.#timeline.high)
  }

  /** How many new messages are from the other person. */
  #countArrived() {
    let count = 0
    for (let seq = this.#countedTo + 1; seq <= this.#timeline.high; seq += 1) {
      const entry = this.#timeline.at(seq)
      if (entry?.kind === "shown" && !entry.isOwn) count += 1
    }
    return count
  }
}
