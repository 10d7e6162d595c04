// A room in this tab: frames come in, the models change, and the listener is notified. No DOM.

/** @import { Draft } from "../crypto/drafts.js" */
/** @import { Outcome, SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { ServerFrame, Message, Joined, Ready } from "../net/wire.js" */
/** @import { Pending } from "./outbox.js" */
/** @import { Connection, Listener, Platform } from "./surroundings.js" */
/** @import { Entry } from "./timeline.js" */

import { History } from "./history.js"
import { KeysMessage } from "./keys-message.js"
import { Lifetime } from "./lifetime.js"
import { Outbox, newMessageId } from "./outbox.js"
import { Presence } from "./presence.js"
import { SeenMarks } from "./seen-marks.js"
import { Timeline, contentOf } from "./timeline.js"
import { Typing } from "./typing.js"

/** While connected, the room itself announces its end, or a last message moves it. Either may arrive a little late. */
const OVERTIME_MS = 2_000
/** How long an expired page waits for an answer from the room before it forgets everything. */
const CONFIRM_MS = 12_000
/** A socket that fails once reconnects. After this many failures in a row, an HTTP call finds out why. */
const FAILURES_UNTIL_ASKED = 2
/** Error codes after which the room no longer exists, so this browser deletes all that it stored of it. */
const GONE = new Set(["room-destroyed", "room-expired", "room-not-found"])

export class Room {
  lifetime = new Lifetime()
  timeline = new Timeline()
  presence
  outbox
  seen
  #self
  #session
  #platform
  #listener
  #socket
  #history
  /** @type {Connection} only the room changes it */
  connection = "connecting"
  /** Decryption takes a moment, so frames are handled one after the other. A failure does not stop later ones. */
  #incoming = Promise.resolve()
  #keysMessage
  /** @type {number | null} since when the room has been expired by the clock, unconfirmed */
  #overdueSince = null
  hasEnded = false
  #typing

  /**
   * @param {Joined} joined
   * @param {object} parts
   * @param {Session} parts.session
   * @param {Draft[]} parts.unsent messages from before a reload
   * @param {Platform} parts.platform
   * @param {Listener} parts.listener
   */
  constructor(joined, { session, unsent, platform, listener }) {
    this.#self = joined.participantId
    this.#session = session
    this.#platform = platform
    this.#listener = listener
    this.presence = new Presence(this.#self, joined.participants)
    this.#typing = new Typing(platform, (isTyping) => listener.onTyping(isTyping))
    const { setTimeout, clearTimeout, random, whenIdle, list } = platform
    this.#keysMessage = new KeysMessage(session, {
      send: (outgoing) => void this.#socket.send({ type: "message", ...outgoing }),
      setTimeout,
      retry: () => this.#enqueue(() => this.#keysMessage.send()),
    })
    this.seen = new SeenMarks(session, platform, (text) => void this.#socket.send({ type: "seen", text }))
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
      onGap: () => void session.noteHole(),
      onGone: (code) => this.end(code),
    })
    this.#socket = platform.openSocket({
      onFrame: (frame) => this.#queue(frame),
      onChange: (isOpen) => this.#onConnection(isOpen ? "open" : "lost"),
      onFailure: (inARow) => void this.#onFailure(inARow),
      onReplaced: () => this.#onConnection("replaced"),
      onEnd: (code) => this.end(code),
    })
  }

  /** Whether the newest messages have loaded. */
  get isLoaded() {
    return this.#history.hasFirstPage
  }

  /** Whether the room is known to have no messages. */
  get isEmpty() {
    return this.isLoaded && !this.hasMessages
  }

  /** Whether there is a message, or one waits to be sent. */
  get hasMessages() {
    return this.timeline.high > 0 || !this.outbox.isEmpty
  }

  /** Whether encryption stopped the room because it is unsafe or impossible: nothing more is shown or sent. */
  get isStopped() {
    const { phase } = this.#session.state
    return phase === "stopped" || phase === "lost"
  }

  /** Connects. Also reconnects a tab whose socket was replaced by other tabs'. */
  connect() {
    this.connection = "connecting"
    this.#listener.onConnection()
    this.#socket.connect()
  }

  /** The page became visible or the network came back. */
  wake() {
    this.checkExpiry()
    this.#socket.check()
  }

  /**
   * @param {string} text
   * @param {string} sender
   */
  write(text, sender) {
    if (this.isStopped) return
    this.#typing.reset()
    void this.#session.drafts.saveText("")
    this.outbox.write({ id: newMessageId(), sender, text, at: this.#platform.now() })
  }

  /** @param {string} text the composer's text */
  noteDraft(text) {
    if (this.isStopped) return
    void this.#session.drafts.saveText(text)
    if (this.#typing.isDue(text, this.#platform.now())) this.#socket.send({ type: "typing" })
  }

  /** Asks the room for its whole lifetime again, for both people. */
  keepOpen() {
    return this.#socket.send({ type: "keep" })
  }

  wantOlder() {
    this.#history.wantOlder()
  }

  /**
   * The session's state changed.
   * @param {SessionState} state
   */
  onSession(state) {
    if (this.hasEnded) return
    if (this.isStopped) this.#stop()
    else if (state.phase === "both") this.#enqueue(() => this.#keysMessage.send())
    this.#listener.onSession(state)
  }

  /**
   * The outcome of an earlier message changed.
   * @param {number} seq
   * @param {Outcome} outcome
   */
  onOutcome(seq, outcome) {
    if (this.hasEnded || this.isStopped) return
    const changed = this.timeline.change(seq, outcome)
    if (!changed) return
    if (changed.isOwn) this.#settleOwn(changed)
    this.#listener.onMessages([seq])
  }

  /** Ends the room in this tab once its time is over. */
  checkExpiry() {
    const now = this.#platform.now()
    if (this.hasEnded || !this.lifetime.isOver(now)) return
    if (this.#overdueSince !== null) {
      if (now - this.#overdueSince >= CONFIRM_MS) this.end("unconfirmed")
    } else if (!this.#socket.isReady || this.lifetime.msLeft(now) <= -OVERTIME_MS) {
      this.#becomeOverdue(now)
    }
  }

  /**
   * Ends the room in this tab and removes it from the page. If the room is gone, or was never encrypted, this browser
   * also deletes what it stored. Otherwise it keeps the keys, without which a room that still lives would be lost.
   * @param {string} code the reason
   */
  end(code) {
    if (this.hasEnded) return
    this.hasEnded = true
    if (GONE.has(code) || this.#session.state.phase === "plain") this.#session.destroy()
    this.leave()
    this.#listener.onEnd(code)
  }

  /** Drops the room, its keys and its messages from memory. A reload can enter it again. */
  leave() {
    this.hasEnded = true
    this.#session.forget()
    this.#socket.end()
    this.#history.close()
    this.timeline.clear()
    this.outbox.clear()
    this.#typing.close()
    this.seen.close()
  }

  /** Stops sending and reading. The socket stays open to learn of the room's end. */
  #stop() {
    this.outbox.close()
    this.#history.close()
    this.#typing.hide()
    this.seen.close()
  }

  // --- Frames ---

  /** @param {ServerFrame} frame */
  #queue(frame) {
    // The end does not wait for earlier frames.
    if (frame.type === "destroy") return this.end("room-destroyed")
    if (frame.type === "expire") return this.end("room-expired")
    this.#enqueue(() => (this.isStopped ? this.#onFrameAfterStop(frame) : this.#onFrame(frame)))
  }

  /** @param {() => unknown} act runs after everything before it */
  #enqueue(act) {
    this.#incoming = this.#incoming.then(async () => void (this.hasEnded || (await act()))).catch(reportError)
  }

  /** @param {ServerFrame} frame only its information about the room's lifetime still counts */
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
        return this.#typing.show()
      case "seen":
        return this.#session.takeMark(frame.text)
      case "error":
        if (frame.id === undefined || this.#keysMessage.refuse(frame.id, frame.error)) return
        this.outbox.refuse(frame.id, frame.error)
    }
  }

  /** @param {Ready} frame */
  async #onReady(frame) {
    // With another participant id, this page's own messages would appear as the other person's.
    if (frame.participantId !== this.#self) return this.end("identity-changed")
    this.lifetime.start(frame, this.#platform.now())
    this.#noteEnd(false)
    if (this.#overdueSince !== null) return
    this.#keysMessage.reset()
    await this.#meet(frame)
    if (this.isStopped || this.hasEnded) return
    this.#history.open(frame.lastSeq)
    this.outbox.open()
  }

  /** @param {{hellos?: Record<string, string>, participants: string[], online: string[]}} frame with the seats */
  async #meet(frame) {
    await this.#session.onHellos(frame.hellos)
    if (this.isStopped || this.hasEnded) return
    await this.#keysMessage.send()
    this.#listener.onPresence(this.presence.update(frame))
    this.seen.repeat()
  }

  /** @param {Message} message */
  async #onMessage(message) {
    const [entry] = await this.#take([message])
    if (message.seq > this.timeline.high) this.#history.see(message.seq)
    if (!entry) return
    if (!entry.isOwn && entry.kind !== "keys") this.#typing.hide()
    if (!entry.isOwn && entry.kind === "shown") this.#listener.onArrival(entry)
    this.#listener.onMessages([entry.seq])
  }

  /**
   * Decrypts messages and adds them to the timeline. A message that cannot be decrypted is never shown as one.
   * @param {Message[]} messages
   * @returns {Promise<Entry[]>} the new entries
   */
  async #take(messages) {
    const outcomes = await this.#session.open(messages)
    if (this.hasEnded || this.#overdueSince !== null) return []
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
   * If one of the user's own messages comes back with different content, it counts as not sent.
   * @param {Pick<Entry, "id" | "kind">} entry
   */
  #settleOwn({ id, kind }) {
    this.#keysMessage.confirm(id)
    if (kind === "refused") this.outbox.refuse(id, "changed")
    else this.outbox.confirm(id)
  }

  // --- Sending ---

  /**
   * @param {Pending} pending
   * @returns {Promise<boolean>} whether it was sent
   */
  async #send({ id, sender, text, at }) {
    if (!this.#socket.isReady) return false
    const outgoing = await this.#session.seal({ id, sender, text, at })
    return outgoing !== null && this.#socket.send({ type: "message", ...outgoing })
  }

  // --- The connection and the clock ---

  /** @param {Connection} connection */
  #onConnection(connection) {
    this.connection = connection
    if (connection !== "open") {
      this.outbox.close()
      this.#history.close()
    }
    this.#listener.onConnection()
  }

  /** @param {number} inARow */
  async #onFailure(inARow) {
    if (inARow < FAILURES_UNTIL_ASKED) return
    const code = await this.#platform.whyNot()
    if (this.hasEnded || this.#socket.isReady) return
    this.connection = code === "over-quota" ? code : "lost"
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
}
