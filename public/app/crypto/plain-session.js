// The session of a room without encryption, behind the interface in interface.js. It changes no text.

/** @import { Draft } from "./drafts.js" */
/** @import { JoinAnswer, JoinFields, Message, Outcome, Outgoing } from "./interface.js" */
/** @import { SessionOptions, SessionState } from "./interface.js" */

import { Drafts } from "./drafts.js"
import { isObject } from "./json.js"
import { initialState } from "./state.js"
import { usableStorage, wipe } from "./stored.js"

/** The most bytes that the room accepts. */
const MAX_TEXT_BYTES = 16_384
/** No room lives longer than this after its last activity. */
const MAX_LIFE_MS = 86_400_000

export class PlainSession {
  #roomId
  #storage
  #onChange
  #ownId = ""
  #hasEnded = false

  /** @type {SessionState} */
  state

  /** @param {SessionOptions} options */
  constructor({ roomId, tabStorage, onChange }) {
    this.#roomId = roomId
    this.#onChange = onChange
    // Uses sessionStorage only, because an entry in localStorage means that a room is encrypted.
    const { storage, isLasting } = usableStorage(tabStorage)
    this.#storage = storage
    this.state = initialState("plain", isLasting)
    this.drafts = new Drafts({
      read: async (name) => this.#read(name),
      write: async (name, value) => {
        const end = Date.now() + MAX_LIFE_MS
        if (!this.#hasEnded) this.#storage.setItem(this.#item(name), JSON.stringify({ ...value, end }))
      },
      withLock: (task) => task(),
    })
  }

  get link() {
    return `/room/${this.#roomId}`
  }

  /** @returns {Promise<JoinFields>} */
  async joinFields() {
    return {}
  }

  joinRefused() {}

  /** @param {JoinAnswer} answer */
  async afterJoin({ participantId }) {
    this.#ownId = participantId
  }

  /** @param {unknown} _hellos */
  async onHellos(_hellos) {}

  /** @returns {Promise<Outgoing | null>} */
  async keysMessage() {
    return null
  }

  keysRefused() {}

  /** @param {{text: string}} draft */
  bytesLeft({ text }) {
    return MAX_TEXT_BYTES - new TextEncoder().encode(text).length
  }

  /**
   * @param {Draft} draft
   * @returns {Promise<Outgoing | null>}
   */
  async seal({ id, sender, text }) {
    return this.#hasEnded ? null : { id, sender, text }
  }

  /**
   * @param {Message[]} messages
   * @returns {Promise<Outcome[]>}
   */
  async open(messages) {
    if (this.#hasEnded) return messages.map(() => ({ kind: "stopped" }))
    return messages.map(({ participantId, sender, text, timestamp }) => {
      return { kind: "shown", isOwn: participantId === this.#ownId, isEarly: false, sender, text, at: timestamp }
    })
  }

  /**
   * @param {number} seq
   * @returns {Promise<string | null>}
   */
  async sealMark(seq) {
    return this.#hasEnded ? null : String(seq)
  }

  /** @param {string} text of a `seen` frame */
  async takeMark(text) {
    const read = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
    if (this.#hasEnded || read <= this.state.otherHasRead) return
    this.state = { ...this.state, otherHasRead: read }
    this.#onChange(this.state)
  }

  /** @returns {Promise<string[] | null>} */
  async words() {
    return null
  }

  async confirmWords() {}

  /** In a plain room, nobody compares what the two people were shown. */
  async noteHole() {}

  /** There are no keys to erase. */
  forget() {}

  destroy() {
    if (this.#hasEnded) return
    this.#hasEnded = true
    wipe(this.#storage, this.#roomId)
    this.state = { ...this.state, phase: "ended" }
    this.#onChange(this.state)
  }

  /** @param {string} name */
  #read(name) {
    try {
      const value = JSON.parse(this.#storage.getItem(this.#item(name)) ?? "")
      return isObject(value) ? value : null
    } catch {
      return null
    }
  }

  /** @param {string} name */
  #item(name) {
    return `duet:${this.#roomId}:plain:${name}`
  }
}
