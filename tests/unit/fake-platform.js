// The surroundings of a RoomSocket, under the test's hand: sockets that it opens, a clock that it turns.

/** One end of a connection, as the page sees it. */
class FakeSocket {
  readyState = 0
  /** What the page sent. */
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
  /** All sockets ever opened. */
  sockets = []
  urls = []
  /** What `random` answers: 1 is the longest a delay can be spread. */
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

  /** Lets time go by; what falls due on the way happens at its time. */
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

  /** How long it takes until the next socket is asked for. */
  msToNextSocket() {
    const [count, start] = [this.sockets.length, this.nowMs]
    while (this.sockets.length === count && this.hasTimers) {
      this.pass(Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.nowMs)
    }
    return this.sockets.length > count ? this.nowMs - start : Infinity
  }
}
