// A person's own seat: how it is taken, the keys that belong to it, and the pin that ties it to one other seat.
// docs/sealing.md, "Hello" and "Where keys live in a browser".

/** @import { Bytes } from "./bytes.js" */
/** @import { Pair, Seat, SealingKey } from "./keys.js" */
/** @import { JoinAnswer, JoinFields, SessionOptions, StopReason } from "./interface.js" */
/** @import { StoredKeys } from "./shelf.js" */
/** @import { KeyValueStore } from "./stored.js" */

import { fromBase64Url, randomBytes, toBase64Url } from "./bytes.js"
import { acceptHello, makeHello } from "./hello.js"
import { isObject } from "./json.js"
import { agree, earlyKey, pairOf } from "./keys.js"
import { fragmentOf, proofOf } from "./link.js"
import { Shelf } from "./shelf.js"
import { usableStorage, wipe } from "./stored.js"

/** How long a change of localStorage may take from one tab to another. */
const STORAGE_LAG_MS = 2_000
const STORAGE_POLL_MS = 50

/** Thrown to abort a task and end the session. */
export class Halt extends Error {
  /** @param {StopReason | "lost"} reason */
  constructor(reason) {
    super(reason)
    this.reason = reason
  }
}

/**
 * What a tab knows of its own seat. It never contains `e`, which only the shelf has.
 * @typedef {object} Own
 * @property {Seat} seat
 * @property {Bytes} S
 * @property {Bytes} r
 * @property {Bytes} w
 * @property {SealingKey} earlyKey
 */

export class OwnSeat {
  #options
  #now
  /** @type {KeyValueStore} */
  #storage
  /** @type {Bytes | null} of a link that was not joined with yet */
  #linkSecret
  /** @type {Promise<JoinFields> | null} */
  #fields = null
  /** @type {Shelf | null} */
  #shelf = null
  #isClosed = false

  /** @type {Own | null} once the seat is taken */
  own = null
  /** @type {Pair | null} once the other's hello is pinned */
  pair = null
  /** Whether the keys survive a reload in this browser. */
  isLasting

  /**
   * @param {SessionOptions} options
   * @param {Bytes | null} linkSecret null for a person who has a seat
   */
  constructor(options, linkSecret) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#linkSecret = linkSecret
    const { storage, isLasting } = usableStorage(options.storage)
    this.#storage = storage
    this.isLasting = isLasting
  }

  get link() {
    return this.own ? `/room/${this.#options.roomId}#${fragmentOf(this.own.S)}` : ""
  }

  // --- Taking the seat ---

  /**
   * What `join` sends. The secrets are drawn once and stay the same for every attempt, until the room refuses the join.
   */
  joinFields() {
    this.#fields ??= this.#draw()
    return this.#fields
  }

  /** The room refused the join. */
  joinRefused() {
    this.#shelf?.remove("keys")
    this.#shelf = null
    this.#fields = null
  }

  /** @param {JoinAnswer} answer */
  async take({ participantId, expiresAt, shelf }) {
    const secret = fromBase64Url(shelf, 32)
    if (!secret) throw new Halt("lost")
    const drawn = this.#shelf
    const named = await this.#shelfOf(secret)
    if (this.#isClosed) return
    this.#shelf = named
    named.expiresAt = expiresAt
    const keys = await this.#waitForKeys(named)
    // Another tab took the seat first, so that tab's keys are the valid ones.
    if (drawn && drawn.check !== named.check) drawn.remove("keys")
    if (!keys) throw new Halt("lost")
    const { S, r, w, hello } = keys
    const seat = { id: participantId, hello }
    const own = { seat, S, r, w, earlyKey: await earlyKey(w, seat) }
    if (!this.#isClosed) this.own = own
  }

  /** @returns {Promise<JoinFields>} */
  async #draw() {
    const S = this.#linkSecret
    if (!S) return {}
    const [e, r, w, shelf] = [randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)]
    const hello = await makeHello(this.#options.roomId, S, { e, r })
    // Runs before `join` is sent: if the keys were lost with the page, nobody could use the seat.
    await this.#keep(shelf, { S, r, w, hello, e })
    const fields = { proof: await proofOf(S), hello, shelf: toBase64Url(shelf) }
    erase(e, r, w, shelf)
    return fields
  }

  /**
   * @param {Bytes} secret
   * @param {StoredKeys} keys
   */
  async #keep(secret, keys) {
    this.#shelf = await this.#shelfOf(secret)
    if (await isWritten(this.#shelf.writeKeys(keys))) return
    this.#storage = usableStorage(null).storage
    this.isLasting = false
    this.#shelf = await this.#shelfOf(secret)
    await this.#shelf.writeKeys(keys)
  }

  /** @param {Bytes} secret */
  async #shelfOf(secret) {
    const shelf = await Shelf.of(this.#storage, this.#options.roomId, secret, this.#now)
    if (this.#isClosed) shelf.close()
    return shelf
  }

  /** @param {Shelf} shelf */
  async #waitForKeys(shelf) {
    const wait = this.#options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    const deadline = this.#now() + STORAGE_LAG_MS
    for (;;) {
      const keys = await shelf.readKeys()
      if (keys || this.#isClosed || this.#now() >= deadline) return keys
      await wait(STORAGE_POLL_MS)
    }
  }

  // --- The pin: one e for one other hello ---

  /** @param {unknown} hellos of all seats, as the server sent them */
  async meet(hellos) {
    if (!this.own) return
    const { seat } = this.own
    if (!isObject(hellos) || hellos[seat.id] !== seat.hello) throw new Halt("own-hello")
    const others = Object.entries(hellos).filter(([id]) => id !== seat.id)
    if (others.length > 1) throw new Halt("third")
    const [id, hello] = others[0] ?? []
    if (id !== undefined && (typeof hello !== "string" || !/^[\w-]{16}$/.test(id))) throw new Halt("hello")
    await this.compare(id === undefined ? null : { id, hello: String(hello) })
  }

  /**
   * Compares the hellos with the shelf, which all tabs share, and pins the other's hello if none is pinned yet.
   * @param {Seat | null} other as the server sent it; null if it sent none, which is not a difference
   */
  compare(other) {
    return this.withLock(async () => {
      const stored = await this.#shelf?.readKeys()
      if (this.#isClosed || !this.own) return
      if (stored && stored.hello !== this.own.seat.hello) throw new Halt("own-hello")
      if (stored?.pin) await this.#takeOver(this.own.seat, stored.pin)
      else if (other && !this.pair) await this.#pin(this.own.seat, other, stored ?? null)
      if (other && this.pair && !isSameSeat(other, this.pair.other)) throw new Halt("changed")
    })
  }

  /**
   * @param {Seat} seat
   * @param {NonNullable<StoredKeys["pin"]>} pin that this tab or another one made
   */
  async #takeOver(seat, { id, root, other }) {
    if (id !== seat.id) throw new Halt("own-hello")
    if (this.pair && !isSameSeat(this.pair.other, other)) throw new Halt("changed")
    if (this.pair) return
    const pair = await pairOf(this.#options.roomId, root, seat, other)
    if (!this.#isClosed) this.pair = pair
  }

  /**
   * @param {Seat} seat
   * @param {Seat} other
   * @param {StoredKeys | null} stored
   */
  async #pin(seat, other, stored) {
    if (!stored?.e) throw new Halt("lost")
    const { S, r, w, hello, e } = stored
    const { roomId } = this.#options
    const isAccepted = await acceptHello(roomId, S, hello, other.hello)
    const root = isAccepted && (await agree(roomId, S, e, seat, other))
    erase(e)
    if (!root) throw new Halt("hello")
    const pair = await pairOf(roomId, root, seat, other)
    const pinned = { S, r, w, hello, pin: { id: seat.id, root, other } }
    // A pin that is not stored does not protect: the next start could combine the same `e` with another hello.
    if (!(await isWritten(this.#shelf?.writeKeys(pinned)))) throw new Halt("lost")
    if (!this.#isClosed) this.pair = pair
  }

  // --- The other entries on the shelf ---

  /**
   * Whether a change of this entry concerns this seat.
   * @param {string | null} item
   */
  isAbout(item) {
    return item !== null && (item === this.#shelf?.item("keys") || item === this.#shelf?.item("marks"))
  }

  /** The marks of all tabs. */
  async marks() {
    const marks = await this.#shelf?.read("marks")
    return { isBroken: marks?.broken === true, isMatch: this.pair !== null && marks?.match === this.pair.th }
  }

  /** @param {{broken: true} | {match: string}} more */
  mark(more) {
    return this.withLock(async () => {
      const marks = await this.#shelf?.read("marks")
      await isWritten(this.#shelf?.write("marks", { ...marks, ...more }))
    })
  }

  /** @param {"draft" | "outbox"} name */
  async read(name) {
    return this.#shelf?.read(name) ?? null
  }

  /**
   * @param {"draft" | "outbox"} name
   * @param {object} value
   */
  async write(name, value) {
    await this.#shelf?.write(name, value)
  }

  /**
   * Runs a task while no other tab of this room runs one.
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  withLock(task) {
    return this.#options.locks.request(`duet:${this.#options.roomId}`, task)
  }

  /** Erases the keys from memory. The browser's entries remain, for a page that finds the room still open. */
  forget() {
    this.#isClosed = true
    erase(this.#linkSecret, this.own?.S, this.own?.r, this.own?.w, this.pair?.root)
    this.own = this.pair = this.#linkSecret = this.#fields = this.#shelf = null
  }

  /** Removes everything of the room from the browser for good, and erases the keys from memory. */
  wipe() {
    this.#shelf?.close()
    wipe(this.#storage, this.#options.roomId)
    this.forget()
  }
}

/** @param {(Bytes | null | undefined)[]} secrets */
function erase(...secrets) {
  for (const secret of secrets) secret?.fill(0)
}

/**
 * @param {Promise<void> | undefined} write
 * @returns {Promise<boolean>} whether it is stored: false without a shelf, or if the browser stores nothing more
 */
async function isWritten(write) {
  try {
    await write
    return write !== undefined
  } catch {
    return false
  }
}

/**
 * @param {Seat} one
 * @param {Seat} two
 */
function isSameSeat(one, two) {
  return one.id === two.id && one.hello === two.hello
}
