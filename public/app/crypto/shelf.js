// Where keys live in this browser: encrypted entries of localStorage, which nobody opens once the server has forgotten
// the key of the shelf. docs/sealing.md, "Where keys live in a browser".

/** @import { Bytes } from "./bytes.js" */
/** @import { Seat } from "./keys.js" */
/** @import { KeyValueStore } from "./stored.js" */

import { aesKey, concat, decrypt, encrypt, fromBase64Url, hkdf, randomBytes, sha256, toBase64Url } from "./bytes.js"
import { parseObject } from "./json.js"
import { parseEntry } from "./stored.js"

/** @typedef {"keys" | "draft" | "outbox" | "marks"} EntryName */

/**
 * What the entry `keys` holds: `e` before the other is known, `pin` from then on.
 * @typedef {object} StoredKeys
 * @property {Bytes} S the link's secret
 * @property {Bytes} r
 * @property {Bytes} w
 * @property {string} hello one's own
 * @property {Bytes} [e]
 * @property {{id: string, root: Bytes, other: Seat}} [pin] `id` is one's own
 */

const MAX_LIFE_MS = 86_400_000
const NONCE_BYTES = 12

/** The entries of one seat. */
export class Shelf {
  #storage
  #roomId
  #now
  #check
  #key
  #isClosed = false

  /** When the room ends, as far as is known. */
  expiresAt = 0

  /**
   * @param {KeyValueStore} storage
   * @param {string} roomId
   * @param {() => number} now
   * @param {string} check
   * @param {CryptoKey} key
   */
  constructor(storage, roomId, now, check, key) {
    this.#storage = storage
    this.#roomId = roomId
    this.#now = now
    this.#check = check
    this.#key = key
  }

  /**
   * @param {KeyValueStore} storage
   * @param {string} roomId
   * @param {Bytes} secret the 32 bytes that the server keeps with the seat
   * @param {() => number} now
   */
  static async of(storage, roomId, secret, now) {
    const check = toBase64Url(await sha256("duet/2 shelf check", secret)).slice(0, 22)
    const key = await aesKey(await hkdf(secret, roomId, "duet/2 shelf"))
    return new Shelf(storage, roomId, now, check, key)
  }

  /** Tells this shelf from others of the room. */
  get check() {
    return this.#check
  }

  /** @param {EntryName} name */
  item(name) {
    return `duet:${this.#roomId}:${this.#check}:${name}`
  }

  /**
   * @param {EntryName} name
   * @returns {Promise<Record<string, unknown> | null>} null for what is not there or does not open
   */
  async read(name) {
    const { box } = parseEntry(this.#storage.getItem(this.item(name)))
    const bytes = fromBase64Url(box)
    if (this.#isClosed || !bytes) return null
    const plaintext = await decrypt(this.#key, bytes.slice(0, NONCE_BYTES), this.#bound(name), bytes.slice(NONCE_BYTES))
    return plaintext && !this.#isClosed ? parseObject(plaintext) : null
  }

  /**
   * Throws where the browser takes no more. Does nothing once the shelf is closed.
   * @param {EntryName} name
   * @param {object} value
   * @param {Bytes} nonce fresh for every call, except for test vectors
   */
  async write(name, value, nonce = randomBytes(NONCE_BYTES)) {
    const ciphertext = await encrypt(this.#key, nonce, this.#bound(name), JSON.stringify(value))
    const end = Math.max(this.expiresAt, this.#now() + MAX_LIFE_MS)
    const entry = JSON.stringify({ end, box: toBase64Url(concat(nonce, ciphertext)) })
    // The room may have ended while this was encrypted, and then nothing may come back.
    if (!this.#isClosed) this.#storage.setItem(this.item(name), entry)
  }

  /** @param {EntryName} name */
  remove(name) {
    this.#storage.removeItem(this.item(name))
  }

  /** From now on nothing is read and nothing is written. */
  close() {
    this.#isClosed = true
  }

  /** @returns {Promise<StoredKeys | null>} */
  async readKeys() {
    const stored = await this.read("keys")
    return stored && keysFrom(stored)
  }

  /** @param {StoredKeys} keys */
  async writeKeys({ S, r, w, hello, e, pin }) {
    const common = { S: toBase64Url(S), r: toBase64Url(r), w: toBase64Url(w), hello }
    if (pin) {
      const { id, root, other } = pin
      await this.write("keys", { ...common, P: id, root: toBase64Url(root), other: other.id, otherHello: other.hello })
    } else if (e) {
      await this.write("keys", { ...common, e: toBase64Url(e) })
    }
  }

  /** @param {EntryName} name */
  #bound(name) {
    return `duet/2 shelf|${this.#roomId}|${name}`
  }
}

/**
 * @param {Record<string, unknown>} stored
 * @returns {StoredKeys | null}
 */
function keysFrom({ hello, P: id, other, otherHello, ...secrets }) {
  const [S, r, w, e, root] = ["S", "r", "w", "e", "root"].map((name) => fromBase64Url(secrets[name], 32))
  if (!S || !r || !w || typeof hello !== "string") return null
  if (!root) return e ? { S, r, w, hello, e } : null
  const isWhole = typeof id === "string" && typeof other === "string" && typeof otherHello === "string"
  return isWhole ? { S, r, w, hello, pin: { id, root, other: { id: other, hello: otherHello } } } : null
}
