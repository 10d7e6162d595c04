/** Between one person's pages and the room: a wire that can be cut, and that can hold back what is said. */
export class Wire {
  /** @type {{page: import("@playwright/test").WebSocketRoute, room: import("@playwright/test").WebSocketRoute}[]} */
  #ends = []
  /** @type {(() => void)[]} what waits to get through */
  #held = []
  #isCut = false
  #holdsMessages = false
  #holdsRoom = false
  /** @type {string[]} error words with which the next messages are refused, in place of the room */
  #refusals = []
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

  /**
   * The next messages are refused, each with one of these words, and the room does not hear of them.
   * @param {...string} words
   */
  refuseNext(...words) {
    this.#refusals.push(...words)
  }

  /**
   * Closes all connections with this code, as the room would.
   * @param {number} code
   */
  async closeWith(code) {
    const ends = this.#ends.splice(0)
    await Promise.all(
      ends.flatMap(({ page, room }) => [page.close({ code, reason: "replaced" }), room.close({ code: 3000 })]),
    )
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
      if (this.#refuses(page, frame)) return
      this.#pass(this.#holdsMessages && frame.includes('"message"'), ends, () => room.send(frame))
    })
    room.onMessage((frame) => this.#pass(this.#holdsRoom, ends, () => page.send(frame)))
  }

  #refuses(page, frame) {
    const { type, id } = JSON.parse(String(frame).replace(/^ping$/, "{}"))
    const error = type === "message" && this.#refusals.shift()
    if (error) page.send(JSON.stringify({ type: "error", id, error, message: "Not now." }))
    return Boolean(error)
  }

  /** What is on its way over a connection that is gone is gone with it. */
  #pass(isHeld, ends, pass) {
    const passIfThere = () => this.#ends.includes(ends) && pass()
    if (isHeld) this.#held.push(passIfThere)
    else passIfThere()
  }
}
