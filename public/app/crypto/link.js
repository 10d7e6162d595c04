// The link, and what is derived from its secret alone. docs/sealing.md, "Link and proof".

/** @import { Bytes } from "./bytes.js" */

import { fromBase64Url, hkdf, hmacKey, randomBytes, sha256, toBase64Url } from "./bytes.js"

const VERSION = "2"

/** `S`: 32 fresh random bytes. */
export function newLinkSecret() {
  return randomBytes(32)
}

/**
 * The part of a link after the #.
 * @param {Bytes} secret
 */
export function fragmentOf(secret) {
  return VERSION + toBase64Url(secret)
}

/**
 * The secret after the #. Returns null unless it is complete and of this version.
 * @param {string} fragment without the #
 * @returns {Bytes | null}
 */
export function secretOf(fragment) {
  return fragment.startsWith(VERSION) ? fromBase64Url(fragment.slice(VERSION.length), 32) : null
}

/**
 * What proves that a joiner has the link.
 * @param {Bytes} secret
 */
export async function proofOf(secret) {
  return toBase64Url(await proofBytes(secret))
}

/**
 * What `create` sends: the hash against which the room checks proofs.
 * @param {Bytes} secret
 */
export async function accessOf(secret) {
  return toBase64Url(await sha256(await proofBytes(secret)))
}

/**
 * The key that authenticates hellos.
 * @param {Bytes} secret
 * @param {string} roomId
 */
export async function helloKey(secret, roomId) {
  return hmacKey(await hkdf(secret, roomId, "duet/2 hello"))
}

/**
 * The part of the room's keys that comes from the link.
 * @param {Bytes} secret
 * @param {string} roomId
 */
export function pskOf(secret, roomId) {
  return hkdf(secret, roomId, "duet/2 psk")
}

/** @param {Bytes} secret */
function proofBytes(secret) {
  return hkdf(secret, "", "duet/2 access")
}
