// A room as this tab is in it: frames come in, the models change, and whoever shows them is told. No DOM.

/** @import { Codec } from "../crypto/codec.js" */
/** @import { ServerFrame, Message, Joined, Ready } from "../net/wire.js" */
/** @import { RoomSocket, Handlers } from "../net/room-socket.js" */
/** @import { Pending } from "./outbox.js" */
/** @import { RoomShelf } from "./shelf.js" */
/** @import { Entry } from "./timeline.js" */

import { History } from "./history.js"
import { Lifetime } from "./lifetime.js"
import { Outbox, newMessageId } from "./outbox.js"
import { Presence } from "./presence.js"
import { Timeline } from "./timeline.js"

const TYPING_EVERY_MS = 2_500
const TYPING_SHOWN_MS = 4_000
/** While connected, the room itself says when it is over, or a last message moves the end: both may be a little late. */
const OVERTIME_MS = 2_000
/** So long a page whose time is over waits for a word from the room before it forgets everything. */
const CONFIRM_MS = 12_000

/**
 * What the room needs of its surroundings.
 * @typedef {object} Platform
 * @property {(handlers: Handlers) => RoomSocket} openSocket
 * @property {(page: {after: number, limit: number, patienceMs: number}) => Promise<{messages: Message[], lastSeq: number}>} list
 * @property {() => number} now epoch milliseconds
 * @property {(act: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 * @property {(act: () => void) => void} whenIdle
 */

/**
 * Whoever shows the room.
 * @typedef {object} Listener
 * @property {(changed: number[]) => void} onMessages the timeline has grown, or shows something else at these numbers
 * @property {(pending: Pending) => void} onPending
 * @property {(entry: Entry) => void} onArrival the other person has just said something
 * @property {(news: "together" | "left" | null) => void} onPresence
 * @property {(wasKept: boolean) => void} onLifetime the end has moved
 * @property {() => void} onConnection
 * @property {(isTyping: boolean) => void} onTyping
 * @property {() => void} onOverdue its time is over by the clock: nothing of it may be shown until the room has answered
 * @property {() => void} onResume it lives after all
 * @property {(word: string) => void} onEnd
 */

/** @typedef {"connecting" | "open" | "lost" | "replaced"} Connection */

export class Room {
  lifetime = new Lifetime()
  timeline = new Timeline()
  presence
  outbox
  #self
  #codec
  #shelf
  #platform
  #listener
  #socket
  #history
  /** @type {Connection} */
  #connection = "connecting"
  /** Opening takes a moment; what came first is dealt with first. One that fails stops no other. */
  #incoming = Promise.resolve()
  /** @type {Map<number, Message>} what cannot be opened yet, by number */
  #waiting = new Map()
  /** @type {number | null} since when its time has been over without a word from the room */
  #overdueSince = null
  #hasEnded = false
  #typedAt = 0
  /** @type {unknown} */
  #typingTimer = null

  /**
   * @param {Joined} joined
   * @param {{codec: Codec, shelf: RoomShelf, platform: Platform, listener: Listener}} parts
   */
  constructor(joined, { codec, shelf, platform, listener }) {
    this.#self = joined.participantId
    this.#codec = codec
    this.#shelf = shelf
    this.#platform = platform
    this.#listener = listener
    this.presence = new Presence(this.#self, joined.participants)
    const { setTimeout, clearTimeout, random, whenIdle, list } = platform
    this.outbox = new Outbox(shelf.pending, {
      send: (pending) => this.#send(pending),
      save: (pending) => (shelf.pending = pending),
      onChange: (pending) => listener.onPending(pending),
      setTimeout, clearTimeout, random,
    })
    this.#history = new History(this.timeline, {
      list, whenIdle, setTimeout, clearTimeout,
      take: async (message) => void (await this.#take(message)),
      onPage: () => listener.onMessages([]),
      onGone: (word) => this.end(word),
    })
    this.#socket = platform.openSocket({
      onFrame: (frame) => this.#queue(frame),
      onChange: (isOpen) => this.#onConnection(isOpen ? "open" : "lost"),
      onReplaced: () => this.#onConnection("replaced"),
      onEnd: (word) => this.end(word),
    })
    codec.onChange = () => this.#onCodecChange()
    codec.onStop = (word) => this.end(word)
  }

  /** @returns {Connection} */
  get connection() {
    return this.#connection
  }

  /** Whether the newest messages are here. */
  get isLoaded() {
    return this.#history.hasFirstPage
  }

  get hasEnded() {
    return this.#hasEnded
  }

  /** Whether nothing has been said yet, as far as is known. */
  get isEmpty() {
    return this.isLoaded && this.timeline.high === 0 && this.outbox.isEmpty
  }

  /** Connects; also after this tab was replaced by others. */
  connect() {
    this.#connection = "connecting"
    this.#listener.onConnection()
    this.#socket.connect()
  }

  /** The page or the network came back to life. */
  wake() {
    this.tick()
    this.#socket.check()
  }

  /**
   * @param {string} text
   * @param {string} sender
   */
  write(text, sender) {
    this.#typedAt = 0
    this.#shelf.draft = ""
    this.outbox.write({ id: newMessageId(), sender, text, timestamp: this.#platform.now() })
  }

  /** @param {string} text what stands in the composer */
  noteDraft(text) {
    this.#shelf.draft = text
    const now = this.#platform.now()
    if (text === "" || now - this.#typedAt < TYPING_EVERY_MS) return
    this.#typedAt = now
    this.#socket.send({ type: "typing" })
  }

  /** Asks for the whole life again, for both. */
  keepOpen() {
    return this.#socket.send({ type: "keep" })
  }

  wantOlder() {
    this.#history.wantOlder()
  }

  /** Four words to compare, once both are here; null before. */
  async safetyWords() {
    return this.#hasEnded ? null : this.#codec.safetyWords(this.presence.participants)
  }

  /** Looks at the clock. */
  tick() {
    const now = this.#platform.now()
    if (this.#hasEnded || !this.lifetime.isOver(now)) return
    if (this.#overdueSince !== null) {
      if (now - this.#overdueSince >= CONFIRM_MS) this.end("unconfirmed")
    } else if (!this.#socket.isReady || this.lifetime.msLeft(now) <= -OVERTIME_MS) {
      this.#becomeOverdue(now)
    }
  }

  /**
   * The room is over for us: nothing of it stays in memory, or in what the tab keeps.
   * @param {string} word
   */
  end(word) {
    if (this.#hasEnded) return
    this.leave()
    this.#shelf.clear()
    this.#listener.onEnd(word)
  }

  /** Lets go of the room and of everything that was said in it; a reload finds its way back. */
  leave() {
    this.#hasEnded = true
    this.#socket.end()
    this.#history.close()
    this.timeline.clear()
    this.outbox.clear()
    this.#waiting.clear()
    this.#platform.clearTimeout(this.#typingTimer)
    this.#codec.forget()
  }

  // --- Frames ---

  /** @param {ServerFrame} frame */
  #queue(frame) {
    // The end does not wait for anything.
    if (frame.type === "destroy") return this.end("room-destroyed")
    if (frame.type === "expire") return this.end("room-expired")
    this.#incoming = this.#incoming.then(() => this.#onFrame(frame)).catch(reportError)
  }

  /** @param {ServerFrame} frame */
  async #onFrame(frame) {
    if (this.#hasEnded) return
    switch (frame.type) {
      case "ready":
        return this.#onReady(frame)
      case "message":
        this.#moveEnd(frame.expiresAt)
        return this.#onMessage(frame.message)
      case "presence":
        this.#moveEnd(frame.expiresAt)
        await this.#codec.onSeats(frame)
        this.#listener.onPresence(this.presence.update(frame))
        if (frame.lastSeq !== undefined) this.#history.see(frame.lastSeq)
        return
      case "expiry":
        return this.#moveEnd(frame.expiresAt, true)
      case "typing":
        return this.#showTyping()
      case "error":
        if (frame.id !== undefined) this.outbox.refuse(frame.id, frame.error)
    }
  }

  /** @param {Ready} frame */
  async #onReady(frame) {
    // Whoever took part so far would change sides with everything that was said.
    if (frame.participantId !== this.#self) return this.end("identity-changed")
    this.lifetime.start(frame, this.#platform.now())
    this.#noteEnd(false)
    if (this.#overdueSince !== null) return
    await this.#codec.onSeats(frame)
    this.#listener.onPresence(this.presence.update(frame))
    this.#history.open(frame.lastSeq)
    this.outbox.open()
  }

  /** @param {Message} message */
  async #onMessage(message) {
    const changed = await this.#take(message)
    if (message.seq > this.timeline.high) this.#history.see(message.seq)
    if (changed.length === 0) return
    const entry = this.timeline.at(message.seq)
    if (entry && !entry.isOwn && entry.kind !== "invisible") {
      this.#hideTyping()
      if (entry.kind === "shown") this.#listener.onArrival(entry)
    }
    this.#listener.onMessages(changed)
  }

  /**
   * Opens a message and takes it in. What does not open is never shown as if it were one.
   * @param {Message} message
   * @returns {Promise<number[]>} the numbers at which something else is to be shown now
   */
  async #take(message) {
    const opened = await this.#codec.open(message)
    if (this.#hasEnded || this.#overdueSince !== null) return []
    if (opened.kind === "waiting") this.#waiting.set(message.seq, message)
    const { id, seq, timestamp } = message
    const isOwn = message.participantId === this.#self
    const [sender, text] = opened.kind === "shown" ? [opened.sender, opened.text] : ["", ""]
    const changed = this.timeline.put({ id, seq, timestamp, isOwn, kind: opened.kind, sender, text })
    if (isOwn) this.#settleOwn(id, opened.kind)
    return changed
  }

  /**
   * One's own message that comes back as something else counts as not sent.
   * @param {string} id
   * @param {Entry["kind"]} kind
   */
  #settleOwn(id, kind) {
    if (kind === "refused") this.outbox.refuse(id, "changed")
    else this.outbox.confirm(id)
  }

  // --- Sending ---

  /**
   * @param {Pending} pending
   * @returns {Promise<boolean>} whether it left
   */
  async #send({ id, sender, text, timestamp }) {
    if (!this.#socket.isReady) return false
    const fields = await this.#codec.seal({ id, sender, text, at: timestamp }, this.#self)
    return fields !== null && this.#socket.send({ type: "message", ...fields })
  }

  /** What waited may open now, and what could not be encrypted may leave. */
  #onCodecChange() {
    this.#incoming = this.#incoming.then(() => this.#openWaiting()).catch(reportError)
    this.outbox.poke()
  }

  async #openWaiting() {
    const changed = []
    for (const message of [...this.#waiting.values()]) {
      this.#waiting.delete(message.seq)
      changed.push(...(await this.#take(message)))
    }
    if (changed.length > 0) this.#listener.onMessages(changed)
  }

  // --- The connection and the clock ---

  /** @param {Connection} connection */
  #onConnection(connection) {
    this.#connection = connection
    if (connection !== "open") {
      this.outbox.close()
      this.#history.close()
    }
    this.#listener.onConnection()
  }

  /**
   * @param {number} expiresAt
   * @param {boolean} wasKept
   */
  #moveEnd(expiresAt, wasKept = false) {
    this.lifetime.moveTo(expiresAt)
    this.#noteEnd(wasKept)
  }

  /** @param {boolean} wasKept */
  #noteEnd(wasKept) {
    this.#shelf.endsAt = this.lifetime.endsAt
    if (this.#overdueSince !== null && !this.lifetime.isOver(this.#platform.now())) this.#listener.onResume()
    else this.#listener.onLifetime(wasKept)
  }

  /** @param {number} now */
  #becomeOverdue(now) {
    this.#overdueSince = now
    this.timeline.clear()
    this.#waiting.clear()
    this.#history.close()
    this.outbox.close()
    this.#listener.onOverdue()
    this.#socket.connect()
  }

  #showTyping() {
    this.#platform.clearTimeout(this.#typingTimer)
    this.#typingTimer = this.#platform.setTimeout(() => this.#hideTyping(), TYPING_SHOWN_MS)
    this.#listener.onTyping(true)
  }

  #hideTyping() {
    this.#platform.clearTimeout(this.#typingTimer)
    this.#listener.onTyping(false)
  }
}
