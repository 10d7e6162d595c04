/** Timers under the test's hand. */
export class FakeClock {
  nowMs = 1_000_000
  #timers = new Map()
  #lastTimer = 0

  now = () => this.nowMs

  setTimeout = (act, ms) => {
    this.#lastTimer += 1
    this.#timers.set(this.#lastTimer, { act, at: this.nowMs + ms })
    return this.#lastTimer
  }

  clearTimeout = (timer) => void this.#timers.delete(timer)

  /** Of every spread, the shortest. */
  random = () => 0

  get hasTimers() {
    return this.#timers.size > 0
  }

  /** Lets time go by, and everything that falls due on the way, with what follows from it. */
  async pass(ms) {
    const end = this.nowMs + ms
    await settled()
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      this.nowMs = due[1].at
      this.#timers.delete(due[0])
      due[1].act()
      await settled()
    }
    this.nowMs = end
  }
}

/** Until every promise that can go on has gone on. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}
