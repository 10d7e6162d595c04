// One person's side of an encrypted room, behind the interface in interface.js. docs/sealing.md, "What a client does".

/** @import { Bytes } from "./bytes.js" */
/** @import { Draft } from "./drafts.js" */
/** @import { JoinAnswer, Message, Outcome, Outgoing } from "./interface.js" */
/** @import { SessionOptions, SessionState, StopReason } from "./interface.js" */

import { toBase64Url } from "./bytes.js"
import { Conversation } from "./conversation.js"
import { Drafts } from "./drafts.js"
import { isOpenedBy } from "./hello.js"
import { earlyKey, safetyWords } from "./keys.js"
import { bytesLeft, openText, parseText, readMark, sealText } from "./messages.js"
import { Opener } from "./opener.js"
import { Halt, OwnSeat } from "./own-seat.js"
import { initialState } from "./state.js"

/** What a mark uses instead of a message's id. No message has this id. */
const MARK_ID = "seen"

export class EncryptedSession {
  #options
  #seat
  /** @type {Opener | null} once the seat is taken */
  #opener = null
  /** @type {Bytes | null} the other's nonce, once it is found to be the one they committed to */
  #otherNonce = null
  #conversation
  #hasGivenKeys = false
  /** Calls take effect in the order in which they are made. */
  #queue = Promise.resolve()
  #onStorage = (/** @type {Event} */ event) => this.#noteStorage(/** @type {StorageEvent} */ (event))

  /** @type {SessionState} */
  state

  /**
   * @param {SessionOptions} options
   * @param {Bytes | null} linkSecret null for a person who has a seat
   */
  constructor(options, linkSecret) {
    this.#options = options
    this.#seat = new OwnSeat(options, linkSecret)
    this.#conversation = new Conversation(options.roomId, options.onOutcome)
    this.state = initialState("joining", this.#seat.isLasting)
    this.drafts = new Drafts(this.#seat)
  }

  get link() {
    return this.#seat.link
  }

  // --- Seats ---

  async joinFields() {
    const fields = await this.#seat.joinFields()
    this.#change({ survivesReload: this.#seat.isLasting })
    return fields
  }

  joinRefused() {
    this.#seat.joinRefused()
  }

  /** @param {JoinAnswer} answer */
  afterJoin(answer) {
    return this.#run(async () => {
      if (!this.#seat.own) await this.#begin(answer)
      await this.#meet(() => this.#seat.meet(answer.hellos))
    })
  }

  /** @param {unknown} hellos */
  onHellos(hellos) {
    return this.#run(() => this.#meet(() => this.#seat.meet(hellos)))
  }

  /** @param {JoinAnswer} answer */
  async #begin(answer) {
    await this.#seat.take(answer)
    const { own } = this.#seat
    if (!own) return
    this.#opener = new Opener(this.#options.roomId, own.seat.id, own.earlyKey)
    this.#options.events.addEventListener("storage", this.#onStorage)
  }

  /** @param {() => Promise<void>} compare compares with what the server sent, or with the shelf only */
  async #meet(compare) {
    const before = this.#seat.pair
    await compare()
    const { own, pair } = this.#seat
    if (!own) return
    if (pair && pair !== before) {
      await this.#opener?.meet(pair)
      await this.#openWaiting()
    }
    const { isBroken, isMatch } = await this.#seat.marks()
    this.#conversation.isBroken ||= isBroken
    const phase = pair ? "both" : "alone"
    this.#change({ phase, isOrderBroken: this.#conversation.isBroken, wordsConfirmed: isMatch })
  }

  /** @param {StorageEvent} event from another tab */
  #noteStorage({ key }) {
    if (this.#seat.isAbout(key)) void this.#run(() => this.#meet(() => this.#seat.compare(null)))
  }

  // --- Messages ---

  /** @param {{sender: string, text: string}} draft */
  bytesLeft(draft) {
    return bytesLeft(draft)
  }

  /** @returns {Promise<Outgoing | null>} */
  async keysMessage() {
    return (await this.#run(() => this.#makeKeysMessage())) ?? null
  }

  keysRefused() {
    this.#change({ wordsUnavailable: true })
  }

  /**
   * @param {Draft} draft
   * @returns {Promise<Outgoing | null>}
   */
  async seal(draft) {
    return (await this.#run(() => this.#seal(draft))) ?? null
  }

  /**
   * @param {Message[]} messages
   * @returns {Promise<Outcome[]>}
   */
  async open(messages) {
    const outcomes = await this.#run(() => this.#take(messages))
    return outcomes ?? messages.map(() => ({ kind: "stopped" }))
  }

  /**
   * @param {number} seq up to which sequence number the user has read
   * @returns {Promise<string | null>}
   */
  async sealMark(seq) {
    return (await this.#run(() => this.#sealMark(seq))) ?? null
  }

  /** @param {string} text of a `seen` frame */
  takeMark(text) {
    return this.#run(() => this.#takeMark(text))
  }

  /** @param {number} seq */
  async #sealMark(seq) {
    const { own, pair } = this.#seat
    if (!own || !pair) return null
    const seen = await this.#conversation.seen(seq)
    return sealText(this.#envelope(MARK_ID, own.seat.id), pair.ownKey, { seen })
  }

  /** @param {string} text a mark that does not open is ignored */
  async #takeMark(text) {
    const { pair } = this.#seat
    const sealed = parseText(text)
    if (!pair || !sealed) return
    const plaintext = await openText(this.#envelope(MARK_ID, pair.other.id), pair.otherKey, sealed)
    const seen = plaintext && readMark(plaintext)
    if (!seen) return
    this.#conversation.takeMark(seen)
    this.#noteOrder()
  }

  async #makeKeysMessage() {
    const { own, pair } = this.#seat
    if (!own || !pair) return null
    const id = pair.ownKeysId
    this.#hasGivenKeys = true
    if (this.#conversation.hasKeys(id)) return null
    const keys = { nonce: toBase64Url(own.r), early: toBase64Url(own.w) }
    const text = await sealText(this.#envelope(id, own.seat.id), pair.ownKey, { keys })
    return this.#isOver ? null : { id, text }
  }

  /** @param {Draft} draft */
  async #seal({ id, sender, text, at }) {
    const { own, pair } = this.#seat
    if (!own) return null
    // Nothing is sent under the shared key before the message that confirms it. The early key is valid at any time.
    const key = pair && this.#hasGivenKeys ? pair.ownKey : own.earlyKey
    const seen = await this.#conversation.seen()
    const sealed = await sealText(this.#envelope(id, own.seat.id), key, { sender, text, at, seen })
    return this.#isOver ? null : { id, text: sealed }
  }

  /**
   * @param {string} id
   * @param {string} participantId
   */
  #envelope(id, participantId) {
    return { roomId: this.#options.roomId, id, participantId }
  }

  /** @param {Message[]} messages */
  async #take(messages) {
    const opener = this.#opener
    if (!opener) return undefined
    await this.#conversation.take(messages, (message) => opener.open(message))
    await this.#checkRevealed()
    this.#noteOrder()
    return this.#isOver ? undefined : this.#conversation.outcomesOf(messages)
  }

  async #openWaiting() {
    const opener = this.#opener
    if (!opener) return
    await this.#conversation.retry((message) => opener.open(message))
    await this.#checkRevealed()
    this.#noteOrder()
  }

  /** The other's keys message must match the commit in their hello. It opens what they wrote while alone. */
  async #checkRevealed() {
    const { pair } = this.#seat
    const revealed = this.#opener?.revealed
    if (!revealed || !pair || this.#otherNonce) return
    if (!(await isOpenedBy(this.#options.roomId, pair.other.hello, revealed.r))) throw new Halt("words")
    this.#opener?.takeOtherEarlyKey(await earlyKey(revealed.w, pair.other))
    if (this.#isOver) return
    this.#otherNonce = revealed.r
    this.#change({ hasWords: true })
    await this.#openWaiting()
  }

  // --- The state of the whole conversation ---

  /** @returns {Promise<string[] | null>} */
  async words() {
    const words = await this.#run(async () => {
      await this.#meet(() => this.#seat.compare(null))
      const { own, pair } = this.#seat
      return own && pair && this.#otherNonce ? safetyWords(pair, own.r, this.#otherNonce) : null
    })
    return words ?? null
  }

  async confirmWords() {
    const th = this.#seat.pair?.th
    if (!th || !this.#otherNonce) return
    await this.#seat.mark({ match: th })
    this.#change({ wordsConfirmed: true })
  }

  noteHole() {
    return this.#run(async () => {
      this.#conversation.isBroken = true
      this.#noteOrder()
    })
  }

  #noteOrder() {
    const { isBroken, otherHasSeen, otherHasRead } = this.#conversation
    if (isBroken && !this.state.isOrderBroken) void this.#seat.mark({ broken: true })
    this.#change({ isOrderBroken: isBroken, otherHasSeen, otherHasRead })
  }

  // --- The end, and the queue of tasks ---

  destroy() {
    this.#seat.wipe()
    this.forget()
  }

  forget() {
    if (this.state.phase === "ended") return
    this.#seat.forget()
    this.#opener?.forget()
    this.#opener = this.#otherNonce = null
    this.#conversation = new Conversation(this.#options.roomId, () => {})
    this.#options.events.removeEventListener("storage", this.#onStorage)
    this.state = { ...this.state, hasWords: false, phase: "ended" }
    this.#options.onChange(this.state)
  }

  get #isOver() {
    return this.state.phase === "stopped" || this.state.phase === "lost" || this.state.phase === "ended"
  }

  /**
   * Runs a task after all earlier tasks. After the end, it runs nothing.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T | undefined>}
   */
  #run(task) {
    const done = this.#queue.then(async () => {
      if (this.#isOver) return undefined
      try {
        return await task()
      } catch (error) {
        if (!(error instanceof Halt)) throw error
        this.#halt(error.reason)
        return undefined
      }
    })
    this.#queue = done.then(
      () => {},
      () => {},
    )
    return done
  }

  /** @param {StopReason | "lost"} reason */
  #halt(reason) {
    this.#change(reason === "lost" ? { phase: "lost" } : { phase: "stopped", reason, hasWords: false })
  }

  /** @param {Partial<SessionState>} changed */
  #change(changed) {
    const next = { ...this.state, ...changed }
    const names = /** @type {(keyof SessionState)[]} */ (Object.keys(next))
    if (this.#isOver || names.every((name) => next[name] === this.state[name])) return
    this.state = next
    this.#options.onChange(next)
  }
}
