// Encrypting and decrypting one message. docs/sealing.md, "Messages".

/** @import { Bytes } from "./bytes.js" */
/** @import { SealingKey } from "./keys.js" */

import { concat, decrypt, encrypt, fromBase64Url, paddedLength, randomBytes, toBase64Url, utf8 } from "./bytes.js"
import { isObject, parseObject } from "./json.js"

const PREFIX = "duet2."
const KID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_PLAINTEXT_BYTES = 12_160
/** The latest time that a JavaScript date can represent. */
const MAX_AT_MS = 8_640_000_000_000_000
/** The longest `at` and `seen` that a message can have. */
const LONGEST_REST = { at: MAX_AT_MS, seen: [4_294_967_295, "A".repeat(22)] }

/**
 * What an encrypted text is bound to.
 * @typedef {{roomId: string, id: string, participantId: string}} Envelope
 */

/**
 * @typedef {object} Said
 * @property {string} sender
 * @property {string} text
 * @property {number} at when it was written, by the sender's clock
 * @property {[number, string]} seen up to which sequence number the sender had every message, and half of the head
 * there
 */

/** @typedef {{kid: string, nonce: Bytes, ciphertext: Bytes}} SealedText */

/**
 * How many more bytes fit into one message, whatever its `seen` will be; negative if it is too long.
 * @param {{sender: string, text: string}} draft
 */
export function bytesLeft({ sender, text }) {
  return MAX_PLAINTEXT_BYTES - utf8(JSON.stringify({ sender, text, ...LONGEST_REST })).length
}

/**
 * @param {Envelope} envelope
 * @param {SealingKey} key
 * @param {object} content
 * @param {Bytes} nonce fresh for every call, except for test vectors
 * @returns {Promise<string>} the text to send
 */
export async function sealText(envelope, { kid, key }, content, nonce = randomBytes(NONCE_BYTES)) {
  const ciphertext = await encrypt(key, nonce, additionalData(envelope, kid), JSON.stringify(content))
  if (ciphertext.length > MAX_PLAINTEXT_BYTES + TAG_BYTES) throw new RangeError("too long to be sealed")
  return PREFIX + toBase64Url(concat(/** @type {Bytes} */ (fromBase64Url(kid)), nonce, ciphertext))
}

/**
 * @param {string} text as received
 * @returns {SealedText | null} null for a text that no honest page sends
 */
export function parseText(text) {
  const bytes = text.startsWith(PREFIX) ? fromBase64Url(text.slice(PREFIX.length)) : null
  if (!bytes) return null
  const length = bytes.length - KID_BYTES - NONCE_BYTES - TAG_BYTES
  if (length <= 0 || length > MAX_PLAINTEXT_BYTES || length !== paddedLength(length)) return null
  const [kid, rest] = [bytes.slice(0, KID_BYTES), bytes.slice(KID_BYTES)]
  return { kid: toBase64Url(kid), nonce: rest.slice(0, NONCE_BYTES), ciphertext: rest.slice(NONCE_BYTES) }
}

/**
 * @param {Envelope} envelope
 * @param {SealingKey} key
 * @param {SealedText} sealed
 */
export function openText(envelope, { key }, { kid, nonce, ciphertext }) {
  return decrypt(key, nonce, additionalData(envelope, kid), ciphertext)
}

/**
 * @param {BufferSource} plaintext
 * @returns {Said | null}
 */
export function readSaid(plaintext) {
  const { sender, text, at, seen } = parseObject(plaintext) ?? {}
  if (typeof sender !== "string" || typeof text !== "string") return null
  if (!isInteger(at) || at > MAX_AT_MS || !isSeen(seen)) return null
  return { sender, text, at, seen }
}

/**
 * @param {BufferSource} plaintext
 * @returns {{r: Bytes, w: Bytes} | null}
 */
export function readKeys(plaintext) {
  const { keys } = parseObject(plaintext) ?? {}
  if (!isObject(keys)) return null
  const [r, w] = [keys.nonce, keys.early].map((text) => fromBase64Url(text, 32))
  return r && w ? { r, w } : null
}

/**
 * @param {BufferSource} plaintext
 * @returns {[number, string] | null} up to which sequence number the sender of a mark has read, and half of the head
 * there
 */
export function readMark(plaintext) {
  const { seen } = parseObject(plaintext) ?? {}
  return isSeen(seen) ? seen : null
}

/**
 * @param {unknown} seen
 * @returns {seen is [number, string]}
 */
function isSeen(seen) {
  return Array.isArray(seen) && seen.length === 2 && isInteger(seen[0]) && fromBase64Url(seen[1], 16) !== null
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isInteger(value) {
  return Number.isSafeInteger(value)
}

/**
 * @param {Envelope} envelope
 * @param {string} kid
 */
function additionalData({ roomId, id, participantId }, kid) {
  return `duet/2|${roomId}|${id}|${participantId}|${kid}`
}
