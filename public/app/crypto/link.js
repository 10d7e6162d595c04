// The link, and what its secret alone gives. docs/sealing.md, "Link and proof".

/** @import { Bytes } from "./bytes.js" */

import { fromBase64Url, hkdf, hmacKey, randomBytes, sha256, toBase64Url } from "./bytes.js"

const VERSION = "2"

/** `S`: 32 fresh random bytes. */
export function newLinkSecret() {
  return randomBytes(32)
}

/**
 * What stands behind the # of a link.
 * @param {Bytes} secret
 */
export function fragmentOf(secret) {
  return VERSION + toBase64Url(secret)
}

/**
 * The secret behind a #, if it is this version's and whole.
 * @param {string} fragment without the #
 * @returns {Bytes | null}
 */
export function secretOf(fragment) {
  return fragment.startsWith(VERSION) ? fromBase64Url(fragment.slice(VERSION.length), 32) : null
}

/**
 * What shows that a joiner has the link.
 * @param {Bytes} secret
 */
export async function proofOf(secret) {
  return toBase64Url(await proofBytes(secret))
}

/**
 * What `create` sends: the room checks proofs with it.
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
 * The link's share in the room's keys.
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
