// A server that does not do what it says: it changes what one person's pages are told.

/** To be set up before the person opens a page. */
export class Dishonest {
  /** @type {((hellos: Record<string, string>) => Record<string, string>) | null} */
  #changeHellos = null
  /** @type {{first?: object} | null} the first of two messages that change places */
  #swap = null
  /** What the pages sent over sockets, `ping` left out. */
  sent = []

  /** @param {import("./person.js").Person} person */
  static async towards({ context }) {
    const server = new Dishonest()
    await context.route(/\/api\/room\/join/, (route) => server.#answer(route))
    await context.routeWebSocket(/\/api\/realtime/, (page) => server.#connect(page))
    return server
  }

  /** @param {(hellos: Record<string, string>) => Record<string, string>} change from now on */
  changeHellos(change) {
    this.#changeHellos = change
  }

  /** The next two messages change places. */
  swapNextTwo() {
    this.#swap = {}
  }

  async #answer(route) {
    const response = await route.fetch()
    await route.fulfill({ response, json: this.#changed(await response.json()) })
  }

  #connect(page) {
    const room = page.connectToServer()
    page.onMessage((raw) => {
      if (raw !== "ping") this.sent.push(JSON.parse(String(raw)))
      room.send(raw)
    })
    room.onMessage((raw) => {
      if (raw === "pong") return page.send(raw)
      for (const frame of this.#frames(this.#changed(JSON.parse(String(raw))))) page.send(JSON.stringify(frame))
    })
  }

  #changed(told) {
    return told.hellos && this.#changeHellos ? { ...told, hellos: this.#changeHellos(told.hellos) } : told
  }

  #frames(frame) {
    if (!this.#swap || frame.type !== "message") return [frame]
    const first = this.#swap.first
    if (!first) {
      this.#swap.first = frame
      return []
    }
    this.#swap = null
    const withSeq = (message, seq) => ({ ...frame, message: { ...message, seq } })
    return [withSeq(frame.message, first.message.seq), withSeq(first.message, frame.message.seq)]
  }
}
