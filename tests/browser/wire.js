/** The connection between one person's pages and the room. It can be cut and can hold messages back. */
export class Wire {
  /** @type {{page: import("@playwright/test").WebSocketRoute, room: import("@playwright/test").WebSocketRoute}[]} */
  #ends = []
  /** @type {(() => void)[]} what waits to get through */
  #held = []
  #isCut = false
  #holdsMessages = false
  #holdsRoom = false
  /** @type {string[]} error codes with which the next messages are refused, in place of the room */
  #refusals = []
  /** Everything that the pages sent, as on the wire. */
  sent = []

  /**
   * Must be set up before the person opens a page.
   * @param {import("./person.js").Person} person
   */
  static async of(person) {
    const wire = new Wire()
    await person.context.routeWebSocket(/\/api\/realtime/, (page) => wire.#connect(page))
    return wire
  }

  /** Closes all connections, and every new one at once. */
  async cut() {
    this.#isCut = true
    const ends = this.#ends.splice(0)
    await Promise.all(ends.flatMap(({ page, room }) => [page.close({ code: 3000 }), room.close({ code: 3000 })]))
  }

  mend() {
    this.#isCut = false
  }

  /**
   * Sends a frame to the pages that the room did not send.
   * @param {string} frame
   */
  sendToPages(frame) {
    for (const { page } of this.#ends) page.send(frame)
  }

  /**
   * Refuses the next messages, each with one of these error codes. The room does not receive them.
   * @param {...string} codes
   */
  refuseNext(...codes) {
    this.#refusals.push(...codes)
  }

  /**
   * Closes all connections with this code, in the room's place.
   * @param {number} code
   */
  async closeWith(code) {
    const ends = this.#ends.splice(0)
    await Promise.all(
      ends.flatMap(({ page, room }) => [page.close({ code, reason: "replaced" }), room.close({ code: 3000 })]),
    )
  }

  /** Holds back all messages to the room from now on. */
  holdMessages() {
    this.#holdsMessages = true
  }

  /** Holds back all frames to the pages from now on. */
  holdRoom() {
    this.#holdsRoom = true
  }

  /** Lets everything through: held frames and all later ones. */
  release() {
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

  /** Frames held for a closed connection are lost with it. */
  #pass(isHeld, ends, pass) {
    const passIfThere = () => this.#ends.includes(ends) && pass()
    if (isHeld) this.#held.push(passIfThere)
    else passIfThere()
  }
}
