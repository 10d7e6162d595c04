// The scroll position. A reader at the end stays at the end; any other reader is not moved.

/** Within this many pixels of the end, the reader counts as at the end. */
const NEAR_END_PX = 80
/** This many screens above the reader are kept in the page. */
const SCREENS_KEPT = 3

export class ReadingPlace {
  #scroller
  #isComplete
  #isAtEnd = true
  /** The scroll position when it was last noted. */
  #knownTop = 0

  /**
   * @param {HTMLElement} scroller
   * @param {() => boolean} isComplete whether the end of the scroller is the newest message
   */
  constructor(scroller, isComplete) {
    this.#scroller = scroller
    this.#isComplete = isComplete
    // Keeps the end in view when the keyboard opens or something above the messages grows.
    const observer = new ResizeObserver(() => this.keepEnd())
    for (const child of [scroller, ...scroller.children]) observer.observe(child)
  }

  /** Whether the reader stays at the end. The scroll event may not have fired yet. */
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
   * Whether an element is so far above the reader that it may be dropped.
   * @param {Element | null | undefined} element
   */
  isFarAbove(element) {
    if (!element) return false
    const { top, height } = this.#scroller.getBoundingClientRect()
    return element.getBoundingClientRect().bottom < top - SCREENS_KEPT * height
  }

  /**
   * Notes the reader's position.
   * @returns {boolean} whether it is the end
   */
  note() {
    // A reader who was at the end and has not scrolled is still there: the content grew.
    const stayed = this.#isAtEnd && this.#scroller.scrollTop === this.#knownTop
    this.#knownTop = this.#scroller.scrollTop
    this.#isAtEnd = this.#isComplete() && (stayed || this.#pxToEnd < NEAR_END_PX)
    return this.#isAtEnd
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.note()
  }

  /** Scrolls to the end if the reader is there. */
  keepEnd() {
    if (this.isFollowing) this.toEnd()
  }

  /**
   * Changes rows without moving what is being read.
   * @param {HTMLElement} list the element that contains the rows
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
