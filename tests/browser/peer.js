// A program as the second person of an encrypted room. It uses the pages' encryption without their precautions, and can
// send what no page would send.

import { randomBytes } from "node:crypto"

import { concat, sha256, toBase64Url } from "../../public/app/crypto/bytes.js"
import { makeHello } from "../../public/app/crypto/hello.js"
import { agree, pairOf } from "../../public/app/crypto/keys.js"
import { helloKey, proofOf } from "../../public/app/crypto/link.js"
import { sealText } from "../../public/app/crypto/messages.js"
import { createSession } from "../../public/app/crypto/session.js"

/** An in-memory localStorage. */
export class MemoryStorage {
  /** @param {Record<string, string>} items the initial entries */
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
   * @param {string} link the complete link
   */
  constructor(request, link) {
    const { roomId, secret } = partsOf(link)
    this.#request = request
    this.#roomId = roomId
    this.#session = sessionOutside(this.#roomId, { secret, storage: new MemoryStorage() })
  }

  async joinRoom() {
    const data = await this.#session.joinFields()
    const answer = await this.#request.post(`/api/room/join?roomId=${this.#roomId}`, { data })
    await this.#session.afterJoin(await answer.json())
    const keys = await this.#session.keysMessage()
    await this.postText(keys.text, keys.id)
  }

  /** Posts `text` unencrypted. */
  postText(text, id = newId()) {
    return this.#request.post(`/api/messages?roomId=${this.#roomId}`, { data: { id, text } })
  }

  /** Sends an encrypted message under any name. */
  async sendMessage(text, sender = "A program") {
    await this.readMessages()
    const sealed = await this.seal(text, sender)
    await this.postText(sealed.text, sealed.id)
  }

  seal(text, sender = "A program") {
    return this.#session.seal({ id: newId(), sender, text, at: Date.now() })
  }

  /** All messages as this side decrypts them. */
  async readMessages() {
    const answer = await this.#request.get(`/api/messages?roomId=${this.#roomId}&after=0&limit=500`)
    const { messages } = await answer.json()
    return this.#session.open(messages)
  }
}

/** An attacker with the link who breaks the rules: keys and ciphertexts are made by hand. */
export class Forger {
  #request
  #roomId
  #secret
  #own
  #pair = null

  /**
   * @param {import("@playwright/test").APIRequestContext} request with cookies of its own
   * @param {string} link the complete link
   */
  constructor(request, link) {
    const { roomId, secret } = partsOf(link)
    this.#request = request
    this.#roomId = roomId
    this.#secret = secret
    this.#own = drawn()
  }

  /** Takes a seat with valid keys. */
  async joinRoom() {
    const hello = await makeHello(this.#roomId, this.#secret, this.#own)
    const { participantId, hellos } = await this.joinWith(hello)
    const [other] = Object.entries(hellos).filter(([id]) => id !== participantId)
    this.#pair = await pairBetween(this.#roomId, this.#secret, {
      e: this.#own.e,
      own: { id: participantId, hello },
      other: { id: other[0], hello: other[1] },
    })
  }

  /** Takes a seat with a key of low order, whose product with any secret is zero. */
  async joinWithZeroKey() {
    const body = concat(Uint8Array.of(2), new Uint8Array(32), await sha256("anything"))
    const mac = await crypto.subtle.sign("HMAC", await helloKey(this.#secret, this.#roomId), concat(this.#roomId, body))
    return this.joinWith(toBase64Url(concat(body, new Uint8Array(mac))))
  }

  async joinWith(hello) {
    const data = { proof: await proofOf(this.#secret), hello, shelf: toBase64Url(new Uint8Array(32)) }
    const answer = await this.#request.post(`/api/room/join?roomId=${this.#roomId}`, { data })
    return answer.json()
  }

  /** Sends the keys message, with another nonce if one is given. */
  async sendKeysMessage({ r = this.#own.r } = {}) {
    const keys = await keysMessage(this.#roomId, this.#pair, { r, w: this.#own.w })
    await this.#post(keys.id, keys.text)
  }

  /**
   * Sends a message that claims that the conversation was seen up to `upTo`, or what `claim` states.
   * @param {{upTo?: number, claim?: [number, string]}} seen
   */
  async sendMessage(text, { upTo = 0, claim } = {}) {
    const id = newId()
    const seen = claim ?? [upTo, (await this.#shortHeads())[upTo]]
    const envelope = { roomId: this.#roomId, id, participantId: this.#pair.own.id }
    const content = { sender: "A forger", text, at: Date.now(), seen }
    await this.#post(id, await sealText(envelope, this.#pair.ownKey, content))
  }

  /** The heads of the conversation so far. */
  async #shortHeads() {
    const answer = await this.#request.get(`/api/messages?roomId=${this.#roomId}&after=0&limit=500`)
    let head = await sha256("duet/2 head", this.#roomId)
    const heads = [head]
    for (const { seq, id, participantId, text } of (await answer.json()).messages) {
      head = await sha256(head, Uint8Array.of(0, 0, seq >> 8, seq), id, participantId, await sha256(text))
      heads.push(head)
    }
    return heads.map((head) => toBase64Url(head.slice(0, 16)))
  }

  #post(id, text) {
    return this.#request.post(`/api/messages?roomId=${this.#roomId}`, { data: { id, text } })
  }
}

/** The values that one press of Join draws. */
export function drawn() {
  const [e, r, w] = [1, 2, 3].map(() => new Uint8Array(randomBytes(32)))
  return { e, r, w }
}

/** The values that two seats share, computed with the secret of one of them. */
export async function pairBetween(roomId, secret, { e, own, other }) {
  return pairOf(roomId, await agree(roomId, secret, e, own, other), own, other)
}

/** The message that confirms a pair's keys and reveals a nonce. */
export async function keysMessage(roomId, pair, { r, w }) {
  const id = pair.ownKeysId
  const keys = { nonce: toBase64Url(r), early: toBase64Url(w) }
  return { id, text: await sealText({ roomId, id, participantId: pair.own.id }, pair.ownKey, { keys }) }
}

/** @param {string} link */
export function partsOf(link) {
  const { pathname, hash } = new URL(link)
  return { roomId: pathname.split("/")[2], secret: new Uint8Array(Buffer.from(hash.slice(2), "base64url")) }
}

/** A valid message id. */
export function newId() {
  return randomBytes(16).toString("base64url").slice(0, 21)
}
