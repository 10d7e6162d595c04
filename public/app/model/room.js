// A room as this tab is in it: frames come in, the models change, and whoever shows them is told. No DOM.

/** @import { Draft } from "../crypto/drafts.js" */
/** @import { Outcome, SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { ServerFrame, Message, Joined, Ready } from "../net/wire.js" */
/** @import { Pending } from "./outbox.js" */
/** @import { Connection, Listener, Platform } from "./surroundings.js" */
/** @import { Entry } from "./timeline.js" */

import { History } from "./history.js"
import { Lifetime } from "./lifetime.js"
import { Outbox, isPassing, newMessageId } from "./outbox.js"
import { Presence } from "./presence.js"
import { Timeline, contentOf } from "./timeline.js"

const TYPING_EVERY_MS = 2_500
const TYPING_SHOWN_MS = 4_000
/** While connected, the room itself says when it is over, or a last message moves the end: both may be a little late. */
const OVERTIME_MS = 2_000
/** So long a page whose time is over waits for a word from the room before it forgets everything. */
const CONFIRM_MS = 12_000
const KEYS_RETRY_MS = 2_000
/** A socket that fails once comes back. After so many failures in a row a call asks why. */
const FAILURES_UNTIL_ASKED = 2
/** Words after which nothing of the room is anywhere, and so nothing of it may be here. */
const GONE = new Set(["room-destroyed", "room-expired", "room-not-found"])

export class Room {
  lifetime = new Lifetime()
  timeline = new Timeline()
  presence
  outbox
  #self
  #session
  #platform
  #listener
  #socket
  #history
  /** @type {Connection} */
  #connection = "connecting"
  /** Opening takes a moment; what came first is dealt with first. One that fails stops no other. */
  #incoming = Promise.resolve()
  /** @type {string | null} the message of ours that the safety words need, while the room has not confirmed it */
  #keysId = null
  /** @type {number | null} since when its time has been over without a word from the room */
  #overdueSince = null
  #hasEnded = false
  #typedAt = 0
  /** @type {unknown} */
  #typingTimer = null

  /**
   * @param {Joined} joined
   * @param {{session: Session, unsent: Draft[], platform: Platform, listener: Listener}} parts `unsent` from before a reload
   */
  constructor(joined, { session, unsent, platform, listener }) {
    this.#self = joined.participantId
    this.#session = session
    this.#platform = platform
    this.#listener = listener
    this.presence = new Presence(this.#self, joined.participants)
    const { setTimeout, clearTimeout, random, whenIdle, list } = platform
    this.outbox = new Outbox(unsent, {
      send: (pending) => this.#send(pending),
      keep: (draft) => void session.drafts.addUnsent(draft),
      drop: (id) => void session.drafts.removeUnsent(id),
      onChange: (pending) => listener.onPending(pending),
      setTimeout,
      clearTimeout,
      random,
    })
    this.#history = new History(this.timeline, {
      list,
      whenIdle,
      setTimeout,
      clearTimeout,
      take: async (messages) => void (await this.#take(messages)),
      onPage: () => listener.onMessages([]),
      onHole: () => void session.noteHole(),
      onGone: (word) => this.end(word),
    })
    this.#socket = platform.openSocket({
      onFrame: (frame) => this.#queue(frame),
      onChange: (isOpen) => this.#onConnection(isOpen ? "open" : "lost"),
      onFailure: (inARow) => void this.#onFailure(inARow),
      onReplaced: () => this.#onConnection("replaced"),
      onEnd: (word) => this.end(word),
    })
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
    return this.isLoaded && !this.hasWords
  }

  /** Whether something has been said, or waits to be sent. */
  get hasWords() {
    return this.timeline.high > 0 || !this.outbox.isEmpty
  }

  /** Whether going on would be unsafe, or is impossible: nothing is shown or sent any more. */
  get isStopped() {
    const { phase } = this.#session.state
    return phase === "stopped" || phase === "lost"
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
    if (this.isStopped) return
    this.#typedAt = 0
    void this.#session.drafts.saveText("")
    this.outbox.write({ id: newMessageId(), sender, text, at: this.#platform.now() })
  }

  /** @param {string} text what stands in the composer */
  noteDraft(text) {
    if (this.isStopped) return
    void this.#session.drafts.saveText(text)
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

  /**
   * The session says something new of itself.
   * @param {SessionState} state
   */
  onSession(state) {
    if (this.#hasEnded) return
    if (this.isStopped) this.#stop()
    else if (state.phase === "both") this.#enqueue(() => this.#sendKeys())
    this.#listener.onSession(state)
  }

  /**
   * A message became something else than it was.
   * @param {number} seq
   * @param {Outcome} outcome
   */
  onOutcome(seq, outcome) {
    if (this.#hasEnded || this.isStopped) return
    const changed = this.timeline.change(seq, outcome)
    if (!changed) return
    if (changed.isOwn) this.#settleOwn(changed)
    this.#listener.onMessages([seq])
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
   * The room is over for us: nothing of it stays in the page. Where the room itself is gone, or was never encrypted,
   * nothing of it stays in this browser either. Without the keys, a room that lives on would be lost.
   * @param {string} word
   */
  end(word) {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (GONE.has(word) || this.#session.state.phase === "plain") this.#session.destroy()
    this.leave()
    this.#listener.onEnd(word)
  }

  /** Lets go of the room, its keys and everything that was said in it; a reload finds its way back. */
  leave() {
    this.#hasEnded = true
    this.#session.forget()
    this.#socket.end()
    this.#history.close()
    this.timeline.clear()
    this.outbox.clear()
    this.#platform.clearTimeout(this.#typingTimer)
  }

  /** The socket stays, to be told of the room's end. */
  #stop() {
    this.outbox.close()
    this.#history.close()
    this.#hideTyping()
  }

  // --- Frames ---

  /** @param {ServerFrame} frame */
  #queue(frame) {
    // The end does not wait for anything.
    if (frame.type === "destroy") return this.end("room-destroyed")
    if (frame.type === "expire") return this.end("room-expired")
    this.#enqueue(() => (this.isStopped ? this.#onFrameAfterStop(frame) : this.#onFrame(frame)))
  }

  /** @param {() => unknown} act after all that came before */
  #enqueue(act) {
    this.#incoming = this.#incoming.then(async () => void (this.#hasEnded || (await act()))).catch(reportError)
  }

  /** @param {ServerFrame} frame of which nothing counts any more but how long the room lives */
  #onFrameAfterStop(frame) {
    if (frame.type === "ready") this.lifetime.start(frame, this.#platform.now())
    else if ("expiresAt" in frame) this.lifetime.moveTo(frame.expiresAt)
    this.#noteEnd(false)
  }

  /** @param {ServerFrame} frame */
  async #onFrame(frame) {
    switch (frame.type) {
      case "ready":
        return this.#onReady(frame)
      case "message":
        this.#moveEnd(frame.expiresAt)
        return this.#onMessage(frame.message)
      case "presence":
        this.#moveEnd(frame.expiresAt)
        await this.#meet(frame)
        if (frame.lastSeq !== undefined) this.#history.see(frame.lastSeq)
        return
      case "expiry":
        return this.#moveEnd(frame.expiresAt, true)
      case "typing":
        return this.#showTyping()
      case "error":
        if (frame.id !== undefined) this.#onRefusal(frame.id, frame.error)
    }
  }

  /** @param {Ready} frame */
  async #onReady(frame) {
    // Whoever took part so far would change sides with everything that was said.
    if (frame.participantId !== this.#self) return this.end("identity-changed")
    this.lifetime.start(frame, this.#platform.now())
    this.#noteEnd(false)
    if (this.#overdueSince !== null) return
    // What was on its way before may have been lost.
    this.#keysId = null
    await this.#meet(frame)
    if (this.isStopped || this.#hasEnded) return
    this.#history.open(frame.lastSeq)
    this.outbox.open()
  }

  /** @param {{hellos?: Record<string, string>, participants: string[], online: string[]}} frame that says who has a seat */
  async #meet(frame) {
    await this.#session.onHellos(frame.hellos)
    if (this.isStopped || this.#hasEnded) return
    await this.#sendKeys()
    this.#listener.onPresence(this.presence.update(frame))
  }

  /** @param {Message} message */
  async #onMessage(message) {
    const [entry] = await this.#take([message])
    if (message.seq > this.timeline.high) this.#history.see(message.seq)
    if (!entry) return
    if (!entry.isOwn && entry.kind !== "keys") this.#hideTyping()
    if (!entry.isOwn && entry.kind === "shown") this.#listener.onArrival(entry)
    this.#listener.onMessages([entry.seq])
  }

  /**
   * Opens messages and takes them in. What does not open is never shown as if it were one.
   * @param {Message[]} messages
   * @returns {Promise<Entry[]>} those that are new
   */
  async #take(messages) {
    const outcomes = await this.#session.open(messages)
    if (this.#hasEnded || this.#overdueSince !== null) return []
    return messages.flatMap((message, index) => this.#put(message, outcomes[index]))
  }

  /**
   * @param {Message} message
   * @param {Outcome} outcome
   */
  #put({ id, seq, participantId, timestamp }, outcome) {
    if (outcome.kind === "stopped") return []
    const isOwn = participantId === this.#self
    const entry = { id, seq, isOwn, kind: outcome.kind, ...contentOf(outcome, timestamp) }
    if (isOwn) this.#settleOwn(entry)
    return this.timeline.put(entry) ? [entry] : []
  }

  /**
   * One's own message that comes back as something else counts as not sent.
   * @param {Pick<Entry, "id" | "kind">} entry
   */
  #settleOwn({ id, kind }) {
    if (id === this.#keysId) this.#keysId = null
    if (kind === "refused") this.outbox.refuse(id, "changed")
    else this.outbox.confirm(id)
  }

  // --- Sending ---

  /**
   * @param {Pending} pending
   * @returns {Promise<boolean>} whether it left
   */
  async #send({ id, sender, text, at }) {
    if (!this.#socket.isReady) return false
    const outgoing = await this.#session.seal({ id, sender, text, at })
    return outgoing !== null && this.#socket.send({ type: "message", ...outgoing })
  }

  /** Sends what the other needs for the safety words, unless the room has it or it is on its way. */
  async #sendKeys() {
    if (this.#keysId !== null) return
    const outgoing = await this.#session.keysMessage()
    this.#keysId = outgoing?.id ?? null
    if (outgoing) this.#socket.send({ type: "message", ...outgoing })
  }

  /**
   * @param {string} id
   * @param {string} word
   */
  #onRefusal(id, word) {
    if (id !== this.#keysId) return this.outbox.refuse(id, word)
    if (!isPassing(word)) return this.#session.keysRefused()
    this.#keysId = null
    this.#platform.setTimeout(() => this.#enqueue(() => this.#sendKeys()), KEYS_RETRY_MS)
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

  /** @param {number} inARow */
  async #onFailure(inARow) {
    if (inARow < FAILURES_UNTIL_ASKED) return
    const word = await this.#platform.whyNot()
    if (this.#hasEnded || this.#socket.isReady) return
    this.#connection = word === "over-quota" ? word : "lost"
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
    if (this.#overdueSince !== null && !this.lifetime.isOver(this.#platform.now())) this.#listener.onResume()
    else this.#listener.onLifetime(wasKept)
  }

  /** @param {number} now */
  #becomeOverdue(now) {
    this.#overdueSince = now
    this.timeline.clear()
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
