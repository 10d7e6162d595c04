// A dishonest server: it falsifies what it sends to one person's pages.

/**
 * A message as received from the room.
 * @typedef {{seq: number, id: string, participantId: string, text: string}} Message
 */

/** Must be set up before the person opens a page. */
export class DishonestServer {
  #context
  #changeHellos = (hellos) => hellos
  #changeJoined = (answer) => answer
  #view = (messages) => messages
  /** @type {Map<number, Message>} what the room has */
  #conversation = new Map()
  /** @type {Set<{page: import("@playwright/test").WebSocketRoute, sent: Set<string>}>} */
  #sockets = new Set()
  /** Handles frames one after the other, as a connection would. */
  #queue = Promise.resolve()
  #expiresAt = 0
  /** The frames that the pages sent, except `ping`. */
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
   * From now on, the person is shown this view of the conversation, including earlier messages. New and changed
   * messages are sent at once.
   * @param {(messages: Message[]) => Message[]} view
   */
  setView(view) {
    this.#view = view
    return this.#enqueue(() => this.#sendNewMessages())
  }

  /**
   * Sends a frame to the pages that the room did not send.
   * @param {object} frame
   */
  sendFrame(frame) {
    for (const { page } of this.#sockets) page.send(JSON.stringify(frame))
  }

  /** The room's messages, as far as they passed through this server. */
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

  /** A new socket gets later messages only; the page requests the earlier ones. */
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

  // --- What it sends ---

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

// --- Views of a conversation ---

/**
 * Numbers the messages again without gaps.
 * @param {Message[]} messages
 */
export function renumbered(messages) {
  return messages.map((message, index) => ({ ...message, seq: index + 1 }))
}

/**
 * A view in which one message is changed.
 * @param {number} seq
 * @param {(message: Message) => Partial<Message>} change
 */
export function withChangedMessage(seq, change) {
  return (messages) => messages.map((message) => (message.seq === seq ? { ...message, ...change(message) } : message))
}

/**
 * The same text with one character changed.
 * @param {string} text base64url, after an unchanged prefix
 * @param {number} place
 */
export function withChangedCharacter(text, place = 20) {
  return `${text.slice(0, place)}${text[place] === "A" ? "B" : "A"}${text.slice(place + 1)}`
}

/** At the end of a test, the browsers close while requests may still be under way. */
function unlessClosed(error) {
  if (!/disposed|has been closed/.test(String(error))) throw error
}

function lastOf(shown) {
  return Math.max(0, ...shown.map(({ seq }) => seq))
}

/** @param {URL} asked a URL that names a room */
function wholeHistory(asked) {
  return `${asked.origin}/api/messages?roomId=${asked.searchParams.get("roomId")}&after=0&limit=500`
}
