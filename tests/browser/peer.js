// A program as the second person of an encrypted room. It has the pages' encryption, and none of their caution: it says
// what no page would say.

import { randomBytes } from "node:crypto"

import { createSession } from "../../public/app/crypto/session.js"

/** localStorage, in memory. */
export class MemoryStorage {
  /** @param {Record<string, string>} items what is on the disk */
  constructor(items = {}) {
    this.items = new Map(Object.entries(items))
  }

  get length() {
    return this.items.size
  }

  key = (index) => [...this.items.keys()][index] ?? null
  getItem = (item) => this.items.get(item) ?? null
  setItem = (item, value) => void this.items.set(item, value)
  removeItem = (item) => void this.items.delete(item)
}

/**
 * A session outside a browser.
 * @param {string} roomId
 * @param {{secret: Uint8Array | null, storage: MemoryStorage}} given
 */
export function sessionOutside(roomId, { secret, storage }) {
  return createSession({
    roomId,
    storage,
    arrival: { kind: "encrypted", secret },
    tabStorage: null,
    locks: { request: (_, task) => task() },
    events: new EventTarget(),
    onChange: () => {},
    onOutcome: () => {},
  })
}

export class Peer {
  #request
  #roomId
  #session

  /**
   * @param {import("@playwright/test").APIRequestContext} request with cookies of its own
   * @param {string} link the whole one
   */
  constructor(request, link) {
    const { pathname, hash } = new URL(link)
    this.#request = request
    this.#roomId = pathname.split("/")[2]
    const secret = new Uint8Array(Buffer.from(hash.slice(2), "base64url"))
    this.#session = sessionOutside(this.#roomId, { secret, storage: new MemoryStorage() })
  }

  async joins() {
    const data = await this.#session.joinFields()
    const answer = await this.#request.post(`/api/room/join?roomId=${this.#roomId}`, { data })
    await this.#session.afterJoin(await answer.json())
    const keys = await this.#session.keysMessage()
    await this.posts(keys.text, keys.id)
  }

  /** Sends `text` as it stands. */
  posts(text, id = newId()) {
    return this.#request.post(`/api/messages?roomId=${this.#roomId}`, { data: { id, text } })
  }

  /** Says something under any name. */
  async says(text, sender = "A program") {
    await this.reads()
    const sealed = await this.seal(text, sender)
    await this.posts(sealed.text, sealed.id)
  }

  seal(text, sender = "A program") {
    return this.#session.seal({ id: newId(), sender, text, at: Date.now() })
  }

  /** Everything that was said, as this side reads it. */
  async reads() {
    const answer = await this.#request.get(`/api/messages?roomId=${this.#roomId}&after=0&limit=500`)
    const { messages } = await answer.json()
    return this.#session.open(messages)
  }
}

/** A message id of the right form. */
export function newId() {
  return randomBytes(16).toString("base64url").slice(0, 21)
}
