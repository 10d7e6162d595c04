// Selects the key that opens a message. docs/sealing.md, "Opening".

/** @import { Bytes } from "./bytes.js" */
/** @import { Message } from "./interface.js" */
/** @import { Opening } from "./conversation.js" */
/** @import { Pair, SealingKey } from "./keys.js" */

import { REFUSED, WAITING } from "./conversation.js"
import { earlyKid } from "./keys.js"
import { openText, parseText, readKeys, readSaid } from "./messages.js"

export class Opener {
  #roomId
  #ownId
  #ownEarlyKey
  /** @type {Pair | null} */
  #pair = null
  #otherEarlyKid = ""
  /** @type {SealingKey | null} */
  #otherEarlyKey = null

  /** @type {{r: Bytes, w: Bytes} | null} what the other's keys message holds */
  revealed = null

  /**
   * @param {string} roomId
   * @param {string} ownId
   * @param {SealingKey} ownEarlyKey
   */
  constructor(roomId, ownId, ownEarlyKey) {
    this.#roomId = roomId
    this.#ownId = ownId
    this.#ownEarlyKey = ownEarlyKey
  }

  /** @param {Pair} pair known once the other's hello is pinned */
  async meet(pair) {
    this.#otherEarlyKid = await earlyKid(pair.other)
    this.#pair = pair
  }

  /** @param {SealingKey} key known once the other's keys message is found to be right */
  takeOtherEarlyKey(key) {
    this.#otherEarlyKey = key
  }

  /** Erases the keys from memory. */
  forget() {
    for (const secret of [this.revealed?.r, this.revealed?.w]) secret?.fill(0)
    this.#pair = this.#otherEarlyKey = this.revealed = null
  }

  /**
   * @param {Message} message
   * @returns {Promise<Opening>}
   */
  async open(message) {
    const sealed = parseText(message.text)
    if (!sealed || this.#isOfThird(message)) return { outcome: REFUSED }
    const envelope = { roomId: this.#roomId, id: message.id, participantId: message.participantId }
    for (const key of this.#keysOf(message)) {
      const plaintext = key.kid === sealed.kid ? await openText(envelope, key, sealed) : null
      const isEarly = key === this.#ownEarlyKey || key === this.#otherEarlyKey
      if (plaintext) return this.#read(message, plaintext, isEarly)
    }
    return { outcome: this.#mayOpenLater(message, sealed.kid) ? WAITING : REFUSED }
  }

  /** @param {Message} message */
  #isOfThird({ participantId }) {
    return this.#pair !== null && participantId !== this.#ownId && participantId !== this.#pair.other.id
  }

  /**
   * @param {Message} message
   * @returns {SealingKey[]}
   */
  #keysOf({ participantId }) {
    const isOwn = participantId === this.#ownId
    const keys = isOwn ? [this.#pair?.ownKey, this.#ownEarlyKey] : [this.#pair?.otherKey, this.#otherEarlyKey]
    return keys.filter((key) => key !== undefined && key !== null)
  }

  /**
   * @param {Message} message
   * @param {string} kid
   */
  #mayOpenLater({ participantId }, kid) {
    if (!this.#pair) return kid !== this.#ownEarlyKey.kid
    return participantId !== this.#ownId && kid === this.#otherEarlyKid && !this.#otherEarlyKey
  }

  /**
   * The id decides which kind of message it is. A keys message is valid only under the key that it confirms.
   * @param {Message} message
   * @param {ArrayBuffer} plaintext
   * @param {boolean} isEarly
   * @returns {Opening}
   */
  #read({ id, participantId }, plaintext, isEarly) {
    const isOwn = participantId === this.#ownId
    const keysId = isOwn ? this.#pair?.ownKeysId : this.#pair?.otherKeysId
    if (id === keysId) return isEarly ? { outcome: REFUSED } : this.#readKeys(plaintext, isOwn)
    const said = readSaid(plaintext)
    if (!said) return { outcome: REFUSED }
    const { sender, text, at, seen } = said
    return { outcome: { kind: "shown", isOwn, isEarly, sender, text, at }, seen }
  }

  /**
   * @param {ArrayBuffer} plaintext
   * @param {boolean} isOwn
   * @returns {Opening}
   */
  #readKeys(plaintext, isOwn) {
    const revealed = readKeys(plaintext)
    if (!revealed) return { outcome: REFUSED }
    if (!isOwn) this.revealed ??= revealed
    return { outcome: { kind: "keys" } }
  }
}
