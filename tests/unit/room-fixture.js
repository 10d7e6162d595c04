// A page's room whose environment the test controls: socket, history, clock and session.

import { Room } from "../../public/app/model/room.js"
import { FakeClock, settled } from "./fake-clock.js"

export const ANN = "vgcWUZHUzHaHT7OI"
export const BOB = "QZPDiwYIDAZPbrj6"
export const LIFE_MS = 600_000
/** How far the room's clock is ahead of the local one, in milliseconds. */
const AHEAD_MS = 3_600_000

globalThis.reportError ??= (error) => {
  throw error
}

/** A fake RoomSocket. */
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

/** A fake session of a room without encryption. */
export class FakeSession {
  state = { phase: "plain" }
  isDestroyed = false
  isForgotten = false
  /** Messages stored for a reload. */
  text = ""
  unsent = []
  /** Whether the session was notified that the room refused its keys. */
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

  /** @param {object} [changes] overrides of the default state */
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
  marks = []
  sealMark = async (seq) => String(seq)
  takeMark = async (text) => void this.marks.push(text)
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

/** The outcome of a message that can be decrypted. */
export function shown(text, changes = {}) {
  return { kind: "shown", isOwn: false, isEarly: false, sender: "", text, at: 0, ...changes }
}

export class TestRoom {
  clock = new FakeClock()
  /** The room's messages, for requests. */
  stored = []
  asked = []
  calls = []
  /** The code with which calls are refused. */
  refusal = ""
  questions = 0
  wantsSeenMarks = true
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
      wantsSeenMarks: () => this.wantsSeenMarks,
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

  /** A connected room with both people. */
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
      endsBy: now + 86_400_000,
      ...changes,
    }
  }

  /** The room's end by its own clock if an activity happens now. */
  endFromNow() {
    return this.clock.nowMs + AHEAD_MS + LIFE_MS
  }

  async receives(...frames) {
    for (const frame of frames) this.socket.handlers.onFrame(frame)
    await settled()
  }

  /** Stores a message in the room and, if `isBroadcast`, sends it to the page. */
  async storeMessage(changes = {}, isBroadcast = true) {
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
    if (isBroadcast) await this.receives({ type: "message", message, expiresAt: this.endFromNow() })
    return message
  }

  /** The texts in the timeline, oldest first. */
  texts() {
    const { timeline } = this.room
    return Array.from({ length: timeline.high - timeline.low + 1 }, (_, index) => timeline.at(timeline.low + index))
      .filter((entry) => entry && entry.kind !== "keys")
      .map(({ kind, text }) => (kind === "shown" ? text : kind))
  }

  /** The arguments of all calls of one listener method. */
  callsOf(name) {
    return this.calls.filter(([method]) => method === name).map(([, ...values]) => values)
  }

  #listener() {
    return new Proxy(
      {},
      {
        get:
          (_, name) =>
          (...values) =>
            void this.calls.push([name, ...values]),
      },
    )
  }
}
