// The environment of a RoomSocket under the test's control: its sockets and its clock.

import { FakeClock } from "./fake-clock.js"

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

  simulateOpen() {
    this.readyState = 1
  }

  simulateFrame(frame) {
    this.onmessage?.({ data: typeof frame === "object" ? JSON.stringify(frame) : frame })
  }

  simulateClose(code = 1006) {
    this.readyState = 3
    this.onclose?.({ code })
  }
}

export class FakePlatform extends FakeClock {
  /** All sockets that were opened, oldest first. */
  sockets = []
  urls = []
  /** The value of `random`: 1 gives the longest delays. */
  luck = 1

  random = () => this.luck

  connect = (url) => {
    const socket = new FakeSocket()
    this.urls.push(url)
    this.sockets.push(socket)
    return socket
  }

  /** The newest socket. */
  get socket() {
    return this.sockets.at(-1)
  }

  /** Advances the clock without waiting for promises, because a RoomSocket uses none. */
  passAtOnce(ms) {
    Array.from(this.advance(ms))
  }

  /** The number of milliseconds until the next socket opens. */
  msToNextSocket() {
    const [count, start] = [this.sockets.length, this.nowMs]
    while (this.sockets.length === count && this.hasTimers) this.passAtOnce(this.msToNextTimer)
    return this.sockets.length > count ? this.nowMs - start : Infinity
  }
}
