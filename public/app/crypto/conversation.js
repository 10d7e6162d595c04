// The messages that this page received, by sequence number, and whether both people received the same. docs/sealing.md,
// "Order". Has no keys.

/** @import { Bytes } from "./bytes.js" */
/** @import { Message, Outcome } from "./interface.js" */

import { sha256, toBase64Url } from "./bytes.js"

const MAX_SEQ = 4_294_967_295
/** The part of a head that a message contains. */
const SHORT_HEAD_BYTES = 16

/**
 * The outcome of decryption, and what the message says its sender had seen.
 * @typedef {{outcome: Outcome, seen?: [number, string]}} Opening
 */

/** @typedef {(message: Message) => Promise<Opening>} Open */

/**
 * @typedef {object} Place
 * @property {number} seq
 * @property {string} id
 * @property {string} participantId
 * @property {Bytes} hash of the text
 * @property {Message | null} message kept while it may still open
 * @property {Outcome} outcome
 */

/** @type {Outcome} */
export const REFUSED = { kind: "refused" }
/** @type {Outcome} */
export const WAITING = { kind: "waiting" }

export class Conversation {
  #roomId
  #onOutcome
  /** @type {Map<number, Place>} */
  #places = new Map()
  /** @type {Map<string, number>} of all messages with one id, the first by seq counts */
  #firstSeqs = new Map()
  /** @type {Bytes | null} the head up to which nothing is missing */
  #head = null
  /** @type {string[]} the first half of the heads at 0, 1, 2, … */
  #shortHeads = []
  /** @type {{seen: [number, string], isOwn: boolean, isMark?: boolean}[]} what cannot be compared yet */
  #claims = []

  /** The two people were not shown the same conversation. */
  isBroken = false
  /** Up to which sequence number the other person has seen the same conversation. */
  otherHasSeen = 0
  /** Up to which sequence number the other person has read the same conversation. */
  otherHasRead = 0

  /**
   * @param {string} roomId
   * @param {(seq: number, outcome: Outcome) => void} onOutcome the outcome of a message has changed
   */
  constructor(roomId, onOutcome) {
    this.#roomId = roomId
    this.#onOutcome = onOutcome
  }

  /**
   * Stores messages. They may arrive in any order and repeatedly.
   * @param {Message[]} messages
   * @param {Open} open
   */
  async take(messages, open) {
    const sound = messages.filter(isSound)
    // The head cannot continue after a malformed message, so nothing after it could be compared.
    if (sound.length < messages.length) this.isBroken = true
    const hashes = await Promise.all(sound.map(({ text }) => sha256(text)))
    const added = sound.map((message, index) => this.#place(message, hashes[index])).filter((place) => place !== null)
    await this.#extendHeads()
    await this.#open(added, open)
  }

  /**
   * The outcomes of messages that were stored.
   * @param {Message[]} messages
   * @returns {Outcome[]}
   */
  outcomesOf(messages) {
    return messages.map((message) => (isSound(message) && this.#places.get(message.seq)?.outcome) || REFUSED)
  }

  /**
   * Tries to open waiting messages again.
   * @param {Open} open
   */
  async retry(open) {
    const waiting = [...this.#places.values()].filter(({ outcome }) => outcome.kind === "waiting")
    await this.#open(waiting, open)
    for (const { seq, outcome } of waiting) if (outcome.kind !== "waiting") this.#onOutcome(seq, outcome)
  }

  /**
   * The `seen` of a message or a mark that is encrypted now.
   * @param {number} [upTo] a sequence number
   */
  async seen(upTo = MAX_SEQ) {
    await this.#extendHeads()
    const seq = Math.min(upTo, this.#shortHeads.length - 1)
    return [seq, this.#shortHeads[seq]]
  }

  /**
   * Stores a mark of the other person. It replaces a mark that could not be compared yet.
   * @param {[number, string]} seen
   */
  takeMark(seen) {
    this.#claims = [...this.#claims.filter(({ isMark }) => !isMark), { seen, isOwn: false, isMark: true }]
    this.#checkClaims()
  }

  /**
   * Whether the keys message with this id is in the history.
   * @param {string} id
   */
  hasKeys(id) {
    return this.#places.get(this.#firstSeqs.get(id) ?? 0)?.outcome.kind === "keys"
  }

  /**
   * @param {Message} message
   * @param {Bytes} hash
   * @returns {Place | null} null if there is nothing to open
   */
  #place(message, hash) {
    const { seq, id, participantId } = message
    const known = this.#places.get(seq)
    if (known) {
      const isSame = known.id === id && known.participantId === participantId && isEqual(known.hash, hash)
      if (!isSame) this.isBroken = true
      return null
    }
    const place = { seq, id, participantId, hash, message, outcome: WAITING }
    this.#places.set(seq, place)
    return this.#isFirstWithItsId(place) ? place : null
  }

  /** @param {Place} place */
  #isFirstWithItsId(place) {
    const known = this.#firstSeqs.get(place.id)
    if (known !== undefined && known < place.seq) {
      place.outcome = REFUSED
      place.message = null
      return false
    }
    this.#firstSeqs.set(place.id, place.seq)
    const displaced = known === undefined ? undefined : this.#places.get(known)
    if (displaced) {
      displaced.outcome = REFUSED
      displaced.message = null
      this.#onOutcome(displaced.seq, REFUSED)
    }
    return true
  }

  async #extendHeads() {
    if (!this.#head) this.#pushHead(await sha256("duet/2 head", this.#roomId))
    for (;;) {
      const place = this.#places.get(this.#shortHeads.length)
      if (!place) break
      const { seq, id, participantId, hash } = place
      this.#pushHead(await sha256(/** @type {Bytes} */ (this.#head), u32(seq), id, participantId, hash))
    }
    this.#checkClaims()
  }

  /** @param {Bytes} head */
  #pushHead(head) {
    this.#head = head
    this.#shortHeads.push(toBase64Url(head.subarray(0, SHORT_HEAD_BYTES)))
  }

  /**
   * @param {Place[]} places
   * @param {Open} open
   */
  async #open(places, open) {
    const openings = await Promise.all(places.map(({ message }) => (message ? open(message) : null)))
    places.forEach((place, index) => {
      const opening = openings[index]
      // Meanwhile, a message with the same id arrived under a lower sequence number.
      if (opening && place.message) this.#settle(place, opening)
    })
    this.#checkClaims()
  }

  /**
   * @param {Place} place
   * @param {Opening} opening
   */
  #settle(place, { outcome, seen }) {
    place.outcome = outcome
    if (outcome.kind !== "waiting") place.message = null
    if (outcome.kind !== "shown" || !seen) return
    if (seen[0] >= place.seq) this.isBroken = true
    else this.#claims.push({ seen, isOwn: outcome.isOwn })
  }

  #checkClaims() {
    this.#claims = this.#claims.filter(({ seen: [seq, head], isOwn, isMark }) => {
      if (seq >= this.#shortHeads.length) return true
      if (this.#shortHeads[seq] !== head) this.isBroken = true
      else if (isMark) this.otherHasRead = Math.max(this.otherHasRead, seq)
      else if (!isOwn) this.otherHasSeen = Math.max(this.otherHasSeen, seq)
      return false
    })
  }
}

/**
 * Whether a message has the form of the protocol, so that its part of the head is unambiguous.
 * @param {Message} message
 */
function isSound({ seq, id, participantId, text }) {
  const isPlace = Number.isInteger(seq) && seq > 0 && seq <= MAX_SEQ
  return isPlace && /^[\w-]{21}$/.test(id) && /^[\w-]{16}$/.test(participantId) && typeof text === "string"
}

/** @param {number} value */
function u32(value) {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/**
 * @param {Bytes} one
 * @param {Bytes} two
 */
function isEqual(one, two) {
  return one.every((byte, index) => byte === two[index])
}
