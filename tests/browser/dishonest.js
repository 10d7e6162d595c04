// A server that does not do what it says: what it tells one person's pages is another thing than what it has.

/**
 * A message as the room hands it out.
 * @typedef {{seq: number, id: string, participantId: string, text: string}} Message
 */

/** To be set up before the person opens a page. */
export class DishonestServer {
  #context
  #changeHellos = (hellos) => hellos
  #changeJoined = (answer) => answer
  #view = (messages) => messages
  /** @type {Map<number, Message>} what the room has */
  #conversation = new Map()
  /** @type {Set<{page: import("@playwright/test").WebSocketRoute, sent: Set<string>}>} */
  #sockets = new Set()
  /** One thing after the other, as on a connection. */
  #queue = Promise.resolve()
  #expiresAt = 0
  /** What the pages sent over sockets, `ping` left out. */
  sent = []
  /** @type {Record<string, string>} the hello of each seat, as the room has them */
  hellos = {}

  /** @param {import("./person.js").Person} person */
  static async towards({ context }) {
    const server = new DishonestServer(context)
    await context.route(/\/api\/room\/join/, (route) => server.#answerJoin(route).catch(unlessClosed))
    await context.route(/\/api\/messages/, (route) => server.#answerList(route).catch(unlessClosed))
    await context.routeWebSocket(/\/api\/realtime/, (page) => server.#connect(page))
    return server
  }

  /** @param {import("@playwright/test").BrowserContext} context */
  constructor(context) {
    this.#context = context
  }

  /** @param {(hellos: Record<string, string>) => unknown} change from now on */
  changeHellos(change) {
    this.#changeHellos = change
  }

  /** @param {(answer: object) => object} change of the answers to `join`, from now on */
  changeJoined(change) {
    this.#changeJoined = change
  }

  /**
   * From now on the person is shown this of the conversation, also of what was said before. Whatever is new or different
   * in it is told at once.
   * @param {(messages: Message[]) => Message[]} view
   */
  setView(view) {
    this.#view = view
    return this.#enqueue(() => this.#sendNewMessages())
  }

  /**
   * Says something to the pages that the room did not say.
   * @param {object} frame
   */
  sendFrame(frame) {
    for (const { page } of this.#sockets) page.send(JSON.stringify(frame))
  }

  /** What the room has, as far as it came by. */
  get conversation() {
    return [...this.#conversation.values()].sort((one, two) => one.seq - two.seq)
  }

  // --- HTTP ---

  async #answerJoin(route) {
    const response = await route.fetch()
    await route.fulfill({ response, json: this.#changeJoined(this.#changed(await response.json())) })
  }

  async #answerList(route) {
    const asked = new URL(route.request().url())
    const [after, limit] = ["after", "limit"].map((name) => Number(asked.searchParams.get(name)))
    const response = await route.fetch({ url: wholeHistory(asked) })
    if (!response.ok()) return route.fulfill({ response })
    this.#learn((await response.json()).messages)
    const shown = this.#shown()
    const messages = shown.filter(({ seq }) => seq > after).slice(0, limit)
    await route.fulfill({ response, json: { messages, lastSeq: lastOf(shown) } })
  }

  // --- Sockets ---

  #connect(page) {
    const room = page.connectToServer()
    const socket = { page, sent: new Set() }
    page.onMessage((raw) => {
      if (raw !== "ping") this.sent.push(JSON.parse(String(raw)))
      room.send(raw)
    })
    room.onMessage((raw) => {
      if (raw === "pong") return page.send(raw)
      const frame = JSON.parse(String(raw))
      void this.#enqueue(() => this.#onFrame(socket, frame))
    })
  }

  #enqueue(act) {
    this.#queue = this.#queue.then(act).catch(unlessClosed)
    return this.#queue
  }

  async #onFrame(socket, frame) {
    this.#expiresAt = frame.expiresAt ?? this.#expiresAt
    if (frame.type === "message") {
      this.#learn([frame.message])
      return this.#sendNewMessages()
    }
    if (frame.type === "ready") await this.#onReady(socket, frame.lastSeq)
    socket.page.send(JSON.stringify(this.#changed(frame)))
  }

  /** A new socket is told what comes from now on; the page asks for what was before. */
  async #onReady(socket, lastSeq) {
    const isKnown = (seq) => this.#conversation.has(seq)
    if (!Array.from({ length: lastSeq }, (_, index) => index + 1).every(isKnown)) {
      const asked = new URL(socket.page.url().replace(/^ws/, "http"))
      const response = await this.#context.request.get(wholeHistory(asked))
      this.#learn((await response.json()).messages)
    }
    for (const message of this.#shown()) socket.sent.add(JSON.stringify(message))
    this.#sockets.add(socket)
  }

  #sendNewMessages() {
    for (const { page, sent } of this.#sockets) {
      for (const message of this.#shown()) {
        if (sent.has(JSON.stringify(message))) continue
        sent.add(JSON.stringify(message))
        page.send(JSON.stringify({ type: "message", message, expiresAt: this.#expiresAt }))
      }
    }
  }

  // --- What it says ---

  #learn(messages) {
    for (const message of messages) this.#conversation.set(message.seq, message)
  }

  #shown() {
    return this.#view(this.conversation)
  }

  #changed(answer) {
    const changed = { ...answer }
    if (answer.hellos) {
      this.hellos = answer.hellos
      changed.hellos = this.#changeHellos(answer.hellos)
    }
    if (answer.lastSeq !== undefined && this.#conversation.size > 0) changed.lastSeq = lastOf(this.#shown())
    return changed
  }
}

// --- What it may show of a conversation ---

/**
 * Numbers them anew, as if nothing had been there between.
 * @param {Message[]} messages
 */
export function renumbered(messages) {
  return messages.map((message, index) => ({ ...message, seq: index + 1 }))
}

/**
 * The conversation with one message that is not as it was sent.
 * @param {number} seq
 * @param {(message: Message) => Partial<Message>} change
 */
export function withChangedMessage(seq, change) {
  return (messages) => messages.map((message) => (message.seq === seq ? { ...message, ...change(message) } : message))
}

/**
 * The same text with one character that is another.
 * @param {string} text base64url, behind what is left as it is
 * @param {number} place
 */
export function withChangedCharacter(text, place = 20) {
  return `${text.slice(0, place)}${text[place] === "A" ? "B" : "A"}${text.slice(place + 1)}`
}

/** A test that is over closes its browsers in the middle of whatever goes on. */
function unlessClosed(error) {
  if (!/disposed|has been closed/.test(String(error))) throw error
}

function lastOf(shown) {
  return Math.max(0, ...shown.map(({ seq }) => seq))
}

/** @param {URL} asked of an address that names a room */
function wholeHistory(asked) {
  return `${asked.origin}/api/messages?roomId=${asked.searchParams.get("roomId")}&after=0&limit=500`
}
