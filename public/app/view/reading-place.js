// Where somebody reads. Whoever is at the end stays there, and nobody else is moved.

/** Within so many pixels of its end, the reader is at the end. */
const NEAR_END_PX = 80
/** So many screens above the reader are worth keeping. */
const SCREENS_KEPT = 3

export class ReadingPlace {
  #scroller
  #isComplete
  #isAtEnd = true
  /** Where the scroller stood when that was noted. */
  #knownTop = 0

  /**
   * @param {HTMLElement} scroller
   * @param {() => boolean} isComplete whether the end of what is in it is the end of everything
   */
  constructor(scroller, isComplete) {
    this.#scroller = scroller
    this.#isComplete = isComplete
    // The keyboard opens, or something above the messages grows: the end stays the end.
    const observer = new ResizeObserver(() => this.keepEnd())
    for (const child of [scroller, ...scroller.children]) observer.observe(child)
  }

  /** Whether the reader stays at the end. The event that tells of scrolling may be yet to come. */
  get isFollowing() {
    return this.#scroller.scrollTop === this.#knownTop ? this.#isAtEnd : this.note()
  }

  get isNearTop() {
    return this.#scroller.scrollTop < this.#scroller.clientHeight
  }

  get isNearBottom() {
    return this.#pxToEnd < this.#scroller.clientHeight
  }

  /**
   * Whether an element is so far above the reader that it need not stay.
   * @param {Element | null | undefined} element
   */
  isFarAbove(element) {
    if (!element) return false
    const { top, height } = this.#scroller.getBoundingClientRect()
    return element.getBoundingClientRect().bottom < top - SCREENS_KEPT * height
  }

  /**
   * Notes where the reader is.
   * @returns {boolean} whether that is the end
   */
  note() {
    // Whoever was at the end and has not moved is still there: something grew, and nobody scrolled.
    const stayed = this.#isAtEnd && this.#scroller.scrollTop === this.#knownTop
    this.#knownTop = this.#scroller.scrollTop
    this.#isAtEnd = this.#isComplete() && (stayed || this.#pxToEnd < NEAR_END_PX)
    return this.#isAtEnd
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.note()
  }

  /** Follows the end, if the reader does. */
  keepEnd() {
    if (this.isFollowing) this.toEnd()
  }

  /**
   * Changes rows without moving what is being read.
   * @param {HTMLElement} list of the rows
   * @param {() => void} change
   */
  keep(list, change) {
    if (this.isFollowing) {
      change()
      return this.toEnd()
    }
    const top = this.#scroller.getBoundingClientRect().top
    const anchor = [...list.children].find((row) => row.getBoundingClientRect().bottom > top)
    const before = anchor?.getBoundingClientRect().top ?? 0
    change()
    if (anchor?.isConnected) this.#scroller.scrollTop += anchor.getBoundingClientRect().top - before
    this.note()
  }

  get #pxToEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller
    return scrollHeight - scrollTop - clientHeight
  }
}
