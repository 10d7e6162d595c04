/** Between one person's pages and the room: a wire that can be cut, and that can hold back what is said. */
export class Wire {
  /** @type {{page: import("@playwright/test").WebSocketRoute, room: import("@playwright/test").WebSocketRoute}[]} */
  #ends = []
  /** @type {(() => void)[]} what waits to get through */
  #held = []
  #isCut = false
  #holdsMessages = false
  #holdsRoom = false
  /** Everything the pages sent, as it travels. */
  sent = []

  /**
   * To be laid before the person opens a page.
   * @param {import("./person.js").Person} person
   */
  static async of(person) {
    const wire = new Wire()
    await person.context.routeWebSocket(/\/api\/realtime/, (page) => wire.#connect(page))
    return wire
  }

  /** Ends all connections, and every new one at once. */
  async cut() {
    this.#isCut = true
    const ends = this.#ends.splice(0)
    await Promise.all(ends.flatMap(({ page, room }) => [page.close({ code: 3000 }), room.close({ code: 3000 })]))
  }

  mend() {
    this.#isCut = false
  }

  /**
   * Says something to the pages that the room did not say.
   * @param {string} frame
   */
  whisper(frame) {
    for (const { page } of this.#ends) page.send(frame)
  }

  /** From now on the room hears no message. */
  holdMessages() {
    this.#holdsMessages = true
  }

  /** From now on the pages hear nothing. */
  holdRoom() {
    this.#holdsRoom = true
  }

  /** Lets everything through: what waited, and all that comes. */
  letGo() {
    this.#holdsMessages = this.#holdsRoom = false
    for (const pass of this.#held.splice(0)) pass()
  }

  #connect(page) {
    if (this.#isCut) return void page.close({ code: 3000 })
    const room = page.connectToServer()
    const ends = { page, room }
    this.#ends.push(ends)
    page.onMessage((frame) => {
      this.sent.push(frame)
      this.#pass(this.#holdsMessages && frame.includes('"message"'), ends, () => room.send(frame))
    })
    room.onMessage((frame) => this.#pass(this.#holdsRoom, ends, () => page.send(frame)))
  }

  /** What was held back for a connection that is gone is gone with it. */
  #pass(isHeld, ends, pass) {
    if (isHeld) this.#held.push(() => this.#ends.includes(ends) && pass())
    else pass()
  }
}
