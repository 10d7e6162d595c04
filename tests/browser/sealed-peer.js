// A program that speaks the sealed format, written from docs/sealing.md on Node's own cryptography, not on the page's module.

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"

/** The second person of a sealed room, without a page. */
export class SealedPeer {
  #request
  #roomId
  #secret
  #key
  participantId = ""

  /**
   * @param {import("@playwright/test").APIRequestContext} request with cookies of its own
   * @param {string} link the whole one
   */
  constructor(request, link) {
    const { pathname, hash } = new URL(link)
    this.#request = request
    this.#roomId = pathname.split("/")[2]
    this.#secret = Buffer.from(hash.slice(1), "base64url")
    this.#key = derive(this.#secret, this.#roomId, "duet/1 messages")
  }

  /** What the room was given to check proofs with. */
  get access() {
    return createHash("sha256").update(derive(this.#secret, "", "duet/1 access")).digest("base64url")
  }

  async joins() {
    const proof = derive(this.#secret, "", "duet/1 access").toString("base64url")
    const response = await this.#request.post(`/api/room/join?roomId=${this.#roomId}`, { data: { proof } })
    this.participantId = (await response.json()).participantId
  }

  /**
   * @param {{sender: string, text: string}} plain
   * @param {string} id
   * @param {string} participantId
   */
  seal(plain, id, participantId = this.participantId) {
    const json = Buffer.from(JSON.stringify(plain))
    const padded = Buffer.concat([json, Buffer.alloc((128 - (json.length % 128)) % 128, " ")])
    const nonce = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(this.#additionalData(id, participantId))
    const sealed = Buffer.concat([nonce, cipher.update(padded), cipher.final(), cipher.getAuthTag()])
    return `duet1.${sealed.toString("base64url")}`
  }

  /** Sends `text` as it stands. */
  async posts(text, id) {
    const response = await this.#request.post(`/api/messages?roomId=${this.#roomId}`, { data: { id, text } })
    return response.json()
  }

  /** Says something as a page would. */
  says(text, sender = "A program") {
    const id = newId()
    return this.posts(this.seal({ sender, text }, id), id)
  }

  /** Everything that was said, as the room has it. */
  async reads() {
    const response = await this.#request.get(`/api/messages?roomId=${this.#roomId}&after=0&limit=500`)
    return (await response.json()).messages
  }

  /** @param {{id: string, participantId: string, text: string}} message */
  open({ id, participantId, text }) {
    const bytes = Buffer.from(text.replace("duet1.", ""), "base64url")
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, 12))
    decipher.setAAD(this.#additionalData(id, participantId)).setAuthTag(bytes.subarray(-16))
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString())
  }

  #additionalData(id, participantId) {
    return Buffer.from(`duet/1|${this.#roomId}|${id}|${participantId}`)
  }
}

/** A message id of the right form. */
export function newId() {
  return randomBytes(16).toString("base64url").slice(0, 21)
}

function derive(secret, salt, info) {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, 32))
}
