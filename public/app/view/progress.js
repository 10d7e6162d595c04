// How far the other person has received and read: one mark, at the newest own message that they have.

import { showMark } from "./message.js"

/** @typedef {{seq: number, element: HTMLElement}} Row */

export class Progress {
  #newestOwn
  #received = 0
  #read = 0
  /** @type {HTMLElement | null} */
  #marked = null

  /** @param {(to: number) => Row | null} newestOwn the newest own message in the page up to a number */
  constructor(newestOwn) {
    this.#newestOwn = newestOwn
  }

  /** @param {{received: number, read: number}} other the last numbers that they have received and read */
  take({ received, read }) {
    this.#received = received
    this.#read = read
    this.show()
  }

  /** Moves the mark, because messages or progress changed. */
  show() {
    const row = this.#newestOwn(Math.max(this.#received, this.#read))
    if (this.#marked && this.#marked !== row?.element) showMark(this.#marked, "")
    if (row) showMark(row.element, row.seq <= this.#read ? "list.seen" : "list.received")
    this.#marked = row?.element ?? null
  }

  clear() {
    this.#received = this.#read = 0
    this.#marked = null
  }
}
