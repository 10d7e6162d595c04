// The environment of a RoomSocket under the test's control: its sockets and its clock.

/** A fake WebSocket, as the page sees it. */
class FakeSocket {
  readyState = 0
  /** The frames that the page sent. */
  sent = []
  onmessage = null
  onclose = null

  send(text) {
    this.sent.push(text)
  }

  close() {
    this.readyState = 3
  }

  // What the server does:

  opens() {
    this.readyState = 1
  }

  says(frame) {
    this.onmessage?.({ data: typeof frame === "object" ? JSON.stringify(frame) : frame })
  }

  closes(code = 1006) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

export class FakePlatform {
  /** All sockets that were opened, oldest first. */
  sockets = []
  urls = []
  /** The value of `random`: 1 gives the longest delays. */
  luck = 1
  nowMs = 0
  #timers = new Map()
  #lastTimer = 0

  connect = (url) => {
    const socket = new FakeSocket()
    this.urls.push(url)
    this.sockets.push(socket)
    return socket
  }

  setTimeout = (act, ms) => {
    this.#lastTimer += 1
    this.#timers.set(this.#lastTimer, { act, at: this.nowMs + ms })
    return this.#lastTimer
  }

  clearTimeout = (timer) => {
    this.#timers.delete(timer)
  }

  random = () => this.luck

  /** The newest socket. */
  get socket() {
    return this.sockets.at(-1)
  }

  get hasTimers() {
    return this.#timers.size > 0
  }

  /** Advances the clock. Timers that fall due run at their time. */
  pass(ms) {
    const end = this.nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      this.nowMs = due[1].at
      this.#timers.delete(due[0])
      due[1].act()
    }
    this.nowMs = end
  }

  /** The number of milliseconds until the next socket opens. */
  msToNextSocket() {
    const [count, start] = [this.sockets.length, this.nowMs]
    while (this.sockets.length === count && this.hasTimers) {
      this.pass(Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.nowMs)
    }
    return this.sockets.length > count ? this.nowMs - start : Infinity
  }
}
