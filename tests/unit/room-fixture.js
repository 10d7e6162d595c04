// A room of a page, with its surroundings under the test's hand: the socket, the history, the clock, the session.

import { Room } from "../../public/app/model/room.js"
import { FakeClock, settled } from "./fake-clock.js"

export const ANN = "vgcWUZHUzHaHT7OI"
export const BOB = "QZPDiwYIDAZPbrj6"
export const LIFE_MS = 600_000
/** The room's clock is ahead of ours by so much. */
const AHEAD_MS = 3_600_000

globalThis.reportError ??= (error) => {
  throw error
}

/** What stands in for a RoomSocket. */
class FakeSocket {
  isReady = false
  hasEnded = false
  connects = 0
  sent = []

  constructor(handlers) {
    this.handlers = handlers
  }

  connect = () => {
    this.connects += 1
  }
  check = () => {}
  end = () => {
    this.hasEnded = true
  }
  send = (frame) => this.isReady && this.sent.push(frame) > 0
}

/** What stands in for a session: one of a room where everything passes through as it is. */
export class FakeSession {
  state = { phase: "plain" }
  isDestroyed = false
  isForgotten = false
  /** What is kept for a reload. */
  text = ""
  unsent = []
  /** What the room was told to be refused. */
  areKeysRefused = false

  drafts = {
    saveText: async (text) => {
      this.text = text
    },
    addUnsent: async (draft) => void this.unsent.push(draft),
    removeUnsent: async (id) => {
      this.unsent = this.unsent.filter((draft) => draft.id !== id)
    },
  }

  /** @param {object} [changes] what is different in this one */
  constructor(changes = {}) {
    Object.assign(this, changes)
  }

  onHellos = async () => {}
  keysMessage = async () => null
  hasHole = false
  noteHole = async () => {
    this.hasHole = true
  }
  keysRefused = () => {
    this.areKeysRefused = true
  }
  seal = async ({ id, sender, text }) => ({ id, sender, text })
  openOne = async ({ participantId, sender, text, timestamp }) =>
    shown(text, { isOwn: participantId === ANN, sender, at: timestamp })
  open = (messages) => Promise.all(messages.map((message) => this.openOne(message)))
  destroy = () => {
    this.isDestroyed = true
  }
  forget = () => {
    this.isForgotten = true
  }
}

/** The outcome of a message that opens. */
export function shown(text, changes = {}) {
  return { kind: "shown", isOwn: false, isEarly: false, sender: "", text, at: 0, ...changes }
}

export class TestRoom {
  clock = new FakeClock()
  /** What the room has, for whoever asks. */
  stored = []
  asked = []
  told = []
  /** The code with which calls are refused. */
  refusal = ""
  questions = 0
  socket

  /** @param {{session?: any, unsent?: object[]}} given */
  constructor({ session = new FakeSession(), unsent = [] } = {}) {
    this.session = session
    const { now, setTimeout, clearTimeout, random } = this.clock
    const platform = {
      openSocket: (handlers) => (this.socket = new FakeSocket(handlers)),
      list: async ({ after, limit }) => {
        this.asked.push([after, limit])
        const messages = this.stored.filter(({ seq }) => seq > after && seq <= after + limit)
        return { messages, lastSeq: this.stored.length }
      },
      whyNot: async () => {
        this.questions += 1
        return this.refusal
      },
      whenIdle: () => {},
      now,
      setTimeout,
      clearTimeout,
      random,
    }
    this.room = new Room(
      { participantId: ANN, participants: [ANN] },
      { session, unsent, platform, listener: this.#listener() },
    )
  }

  /** One that is connected, with both people. */
  static async connected(given) {
    const test = new TestRoom(given)
    await test.connects()
    return test
  }

  async connects(changes = {}) {
    this.room.connect()
    this.socket.isReady = true
    this.socket.handlers.onFrame(this.ready(changes))
    this.socket.handlers.onChange(true)
    await settled()
  }

  async disconnects() {
    this.socket.isReady = false
    this.socket.handlers.onChange(false)
    await settled()
  }

  /** @param {number} inARow */
  async failsToConnect(inARow) {
    this.socket.handlers.onFailure(inARow)
    await settled()
  }

  ready(changes = {}) {
    const now = this.clock.nowMs + AHEAD_MS
    const both = [ANN, BOB]
    return {
      type: "ready",
      participantId: ANN,
      participants: both,
      online: both,
      lastSeq: this.stored.length,
      expiresAt: now + LIFE_MS,
      now,
      ttlSeconds: LIFE_MS / 1000,
      ...changes,
    }
  }

  /** The end of the room by its own clock, if it is moved now. */
  endFromNow() {
    return this.clock.nowMs + AHEAD_MS + LIFE_MS
  }

  async hears(...frames) {
    for (const frame of frames) this.socket.handlers.onFrame(frame)
    await settled()
  }

  /** The room stores a message, and says so where `isTold`. */
  async stores(changes = {}, isTold = true) {
    const seq = this.stored.length + 1
    const message = {
      id: `id-${seq}`,
      seq,
      participantId: BOB,
      sender: "Bob",
      text: `text ${seq}`,
      timestamp: seq,
      ...changes,
    }
    this.stored.push(message)
    if (isTold) await this.hears({ type: "message", message, expiresAt: this.endFromNow() })
    return message
  }

  /** What is shown, from the oldest to the newest. */
  texts() {
    const { timeline } = this.room
    return Array.from({ length: timeline.high - timeline.low + 1 }, (_, index) => timeline.at(timeline.low + index))
      .filter((entry) => entry && entry.kind !== "keys")
      .map(({ kind, text }) => (kind === "shown" ? text : kind))
  }

  /** What was told of one kind. */
  toldOf(name) {
    return this.told.filter(([told]) => told === name).map(([, ...values]) => values)
  }

  #listener() {
    return new Proxy(
      {},
      {
        get:
          (_, name) =>
          (...values) =>
            void this.told.push([name, ...values]),
      },
    )
  }
}
