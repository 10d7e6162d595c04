// The hello: what a person publishes when taking a seat. docs/sealing.md, "Hello".

/** @import { Bytes } from "./bytes.js" */

import { concat, fromBase64Url, sha256, toBase64Url } from "./bytes.js"
import { helloKey } from "./link.js"

const BODY_BYTES = 65
const HELLO_BYTES = 97
const PKCS8_PREFIX = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20]
/** The base point: its product with a secret is the public key. RFC 7748, section 4.1. */
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0))

/**
 * X25519. Returns null if the result is zero, that is, if the point is of low order.
 * @param {Bytes} secret
 * @param {Bytes} point
 * @returns {Promise<Bytes | null>}
 */
export async function x25519(secret, point) {
  const name = "X25519"
  const pkcs8 = concat(Uint8Array.from(PKCS8_PREFIX), secret)
  // WebKitGTK refuses a key that begins with a zero byte. X25519 ignores the byte's lowest three bits.
  pkcs8[PKCS8_PREFIX.length] |= 1
  const privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, name, false, ["deriveBits"])
  const publicKey = await crypto.subtle.importKey("raw", point, name, false, [])
  try {
    const shared = new Uint8Array(await crypto.subtle.deriveBits({ name, public: publicKey }, privateKey, 256))
    return shared.some((byte) => byte !== 0) ? shared : null
  } catch {
    // Some browsers check for zero themselves, and throw.
    return null
  }
}

/**
 * @param {string} roomId
 * @param {Bytes} secret the link's
 * @param {{e: Bytes, r: Bytes}} drawn
 * @returns {Promise<string>} the hello in base64url
 */
export async function makeHello(roomId, secret, { e, r }) {
  const point = /** @type {Bytes} */ (await x25519(e, BASE_POINT))
  const body = concat(Uint8Array.of(2), point, await commitOf(roomId, point, r))
  const mac = await crypto.subtle.sign("HMAC", await helloKey(secret, roomId), concat(roomId, body))
  return toBase64Url(concat(body, new Uint8Array(mac)))
}

/**
 * The bytes of the other person's hello, if somebody who has the link made it for this room, and it is not a reflection
 * of this person's own.
 * @param {string} roomId
 * @param {Bytes} secret the link's
 * @param {string} ownHello
 * @param {string} hello
 * @returns {Promise<Bytes | null>}
 */
export async function acceptHello(roomId, secret, ownHello, hello) {
  const [own, bytes] = [ownHello, hello].map((text) => fromBase64Url(text, HELLO_BYTES))
  if (!own || !bytes || bytes[0] !== 2) return null
  const [body, mac] = [bytes.slice(0, BODY_BYTES), bytes.slice(BODY_BYTES)]
  const isRight = await crypto.subtle.verify("HMAC", await helloKey(secret, roomId), mac, concat(roomId, body))
  const [mine, theirs] = [partsOf(own), partsOf(bytes)]
  const isReflected = mine.point === theirs.point || mine.commit === theirs.commit
  return isRight && !isReflected ? bytes : null
}

/**
 * Whether `r` matches the commit in a hello.
 * @param {string} roomId
 * @param {string} hello
 * @param {Bytes} r
 */
export async function isOpenedBy(roomId, hello, r) {
  const bytes = fromBase64Url(hello, HELLO_BYTES)
  if (!bytes) return false
  return toBase64Url(await commitOf(roomId, pointOf(bytes), r)) === partsOf(bytes).commit
}

/**
 * The X25519 public key in a hello.
 * @param {Bytes} hello
 */
export function pointOf(hello) {
  return hello.slice(1, 33)
}

/** @param {Bytes} hello */
function partsOf(hello) {
  return { point: toBase64Url(pointOf(hello)), commit: toBase64Url(hello.slice(33, BODY_BYTES)) }
}

/**
 * @param {string} roomId
 * @param {Bytes} point
 * @param {Bytes} r
 */
function commitOf(roomId, point, r) {
  return sha256("duet/2 commit", roomId, point, r)
}
