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

  /** Advances the clock and runs everything that falls due on the way, including its consequences. */
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

/** Waits until all pending promises have settled. */
export function settled() {
  return new Promise((resolve) => setImmediate(resolve))
}
