/** Timers that the test controls. */
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

  /** Always the shortest delay of a random range. */
  random = () => 0

  get hasTimers() {
    return this.#timers.size > 0
  }

  /** The number of milliseconds until the next timer; Infinity if there is none. */
  get msToNextTimer() {
    return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.nowMs
  }

  /** Advances the clock, runs each timer that falls due at its time, and yields after each of them. */
  *advance(ms) {
    const end = this.nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      this.nowMs = due[1].at
      this.#timers.delete(due[0])
      due[1].act()
      yield
    }
    this.nowMs = end
  }

  /** Advances the clock and runs everything that falls due on the way, including its consequences. */
  async pass(ms) {
    await settled()
    for (const _ of this.advance(ms)) await settled()
  }
}

/** Waits until all pending promises have settled. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}
