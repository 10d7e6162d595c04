// Byte strings and the four primitives of the format, all from WebCrypto. docs/sealing.md, "Notation".

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const BLOCK_BYTES = 128

const encoder = new TextEncoder()

/** @param {string} text */
export function utf8(text) {
  return encoder.encode(text)
}

/** @param {number} length */
export function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length))
}

/**
 * Joins byte strings. A string is encoded as UTF-8.
 * @param {(Uint8Array | string)[]} parts
 * @returns {Bytes}
 */
export function concat(...parts) {
  const arrays = parts.map((part) => (typeof part === "string" ? utf8(part) : part))
  const joined = new Uint8Array(arrays.reduce((length, array) => length + array.length, 0))
  let offset = 0
  for (const array of arrays) {
    joined.set(array, offset)
    offset += array.length
  }
  return joined
}

/** @param {Uint8Array} bytes */
export function toBase64Url(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

/**
 * Decodes canonical base64url: no padding, no stray bits, no other characters.
 * @param {unknown} text
 * @param {number} [length] the required number of bytes
 * @returns {Bytes | null}
 */
export function fromBase64Url(text, length) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  const isRight = length === undefined || bytes.length === length
  return isRight && toBase64Url(bytes) === text ? bytes : null
}

/**
 * @param {(Uint8Array | string)[]} parts
 * @returns {Promise<Bytes>}
 */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)))
}

/**
 * HK(ikm, salt, info, length): HKDF-SHA-256 of RFC 5869.
 * @param {Bytes} ikm
 * @param {Bytes | string} salt
 * @param {Bytes | string} info
 * @param {number} [length] in bytes
 * @returns {Promise<Bytes>}
 */
export async function hkdf(ikm, salt, info, length = 32) {
  const key = await crypto.subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"])
  const how = { name: "HKDF", hash: "SHA-256", salt: concat(salt), info: concat(info) }
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, length * 8))
}

/** @param {Bytes} key */
export function hmacKey(key) {
  return crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"])
}

/** @param {Bytes} key */
export function aesKey(key) {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"])
}

/**
 * Encrypts a text with AES-256-GCM. Spaces pad the text to full blocks.
 * @param {CryptoKey} key
 * @param {Bytes} nonce never used twice with one key
 * @param {string} additionalData
 * @param {string} text
 * @returns {Promise<Bytes>} ciphertext and tag
 */
export async function encrypt(key, nonce, additionalData, text) {
  const cipher = { name: "AES-GCM", iv: nonce, additionalData: utf8(additionalData) }
  return new Uint8Array(await crypto.subtle.encrypt(cipher, key, padded(utf8(text))))
}

/**
 * @param {CryptoKey} key
 * @param {Bytes} nonce
 * @param {string} additionalData
 * @param {Bytes} ciphertext
 * @returns {Promise<ArrayBuffer | null>} null if the tag is wrong
 */
export async function decrypt(key, nonce, additionalData, ciphertext) {
  try {
    const cipher = { name: "AES-GCM", iv: nonce, additionalData: utf8(additionalData) }
    return await crypto.subtle.decrypt(cipher, key, ciphertext)
  } catch {
    return null
  }
}

/**
 * The length of a text of this many bytes after padding.
 * @param {number} length
 */
export function paddedLength(length) {
  return Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES
}

/** @param {Bytes} bytes */
function padded(bytes) {
  const whole = new Uint8Array(paddedLength(bytes.length)).fill(0x20)
  whole.set(bytes)
  return whole
}
