// From two hellos to the keys of a room. docs/sealing.md, "From two hellos to keys".

/** @import { Bytes } from "./bytes.js" */

import { aesKey, concat, fromBase64Url, hkdf, sha256, toBase64Url } from "./bytes.js"
import { pointOf, x25519 } from "./hello.js"
import { pskOf } from "./link.js"
import { WORDS } from "./words.js"

/**
 * A seat, and the hello with which it was taken, in base64url.
 * @typedef {{id: string, hello: string}} Seat
 */

/**
 * A key, and its key id in base64url. Texts under this key begin with the key id.
 * @typedef {{kid: string, key: CryptoKey}} SealingKey
 */

/**
 * The keys and seats of two people.
 * @typedef {object} Pair
 * @property {Seat} own
 * @property {Seat} other
 * @property {Bytes} root
 * @property {string} th the digest of both seats, in base64url
 * @property {SealingKey} ownKey K(P)
 * @property {SealingKey} otherKey K(P')
 * @property {string} ownKeysId the id of this person's keys message
 * @property {string} otherKeysId
 */

/**
 * Computes the root from this person's secret and the other's hello. Returns null if the other's key is of low order.
 * @param {string} roomId
 * @param {Bytes} secret the link's
 * @param {Bytes} e
 * @param {Seat} own
 * @param {Seat} other
 * @returns {Promise<Bytes | null>}
 */
export async function agree(roomId, secret, e, own, other) {
  const shared = await x25519(e, pointOf(helloBytes(other)))
  if (!shared) return null
  const th = await transcript(roomId, own, other)
  return hkdf(shared, await pskOf(secret, roomId), concat("duet/2 root", th))
}

/**
 * Derives everything that follows from a root.
 * @param {string} roomId
 * @param {Bytes} root
 * @param {Seat} own
 * @param {Seat} other
 * @returns {Promise<Pair>}
 */
export async function pairOf(roomId, root, own, other) {
  const th = await transcript(roomId, own, other)
  const kid = toBase64Url((await sha256("duet/2 kid", th)).slice(0, 4))
  const keyOf = async (/** @type {Seat} */ { id }) => aesKey(await hkdf(root, "", `duet/2 messages|${id}`))
  const keysIdOf = async (/** @type {Seat} */ { id }) => toBase64Url(await sha256("duet/2 keys", th, id)).slice(0, 21)
  return {
    own,
    other,
    root,
    th: toBase64Url(th),
    ownKey: { kid, key: await keyOf(own) },
    otherKey: { kid, key: await keyOf(other) },
    ownKeysId: await keysIdOf(own),
    otherKeysId: await keysIdOf(other),
  }
}

/**
 * The four words that two people compare.
 * @param {Pair} pair
 * @param {Bytes} ownNonce
 * @param {Bytes} otherNonce
 */
export async function safetyWords({ own, other, root, th }, ownNonce, otherNonce) {
  const nonces = own.id < other.id ? [ownNonce, otherNonce] : [otherNonce, ownNonce]
  const digest = /** @type {Bytes} */ (fromBase64Url(th, 32))
  const places = await hkdf(root, concat(...nonces), concat("duet/2 safety", digest), 4)
  return Array.from(places, (place) => WORDS[place])
}

/**
 * The key for messages that a person writes while alone.
 * @param {Bytes} w
 * @param {Seat} seat
 * @returns {Promise<SealingKey>}
 */
export async function earlyKey(w, seat) {
  const key = await hkdf(w, await sha256(helloBytes(seat)), `duet/2 early|${seat.id}`)
  return { kid: await earlyKid(seat), key: await aesKey(key) }
}

/** @param {Seat} seat */
export async function earlyKid(seat) {
  return toBase64Url((await sha256("duet/2 early kid", helloBytes(seat))).slice(0, 4))
}

/**
 * @param {string} roomId
 * @param {Seat} one
 * @param {Seat} two
 */
function transcript(roomId, one, two) {
  // Ids are ASCII, so comparing them as strings compares their bytes.
  const [first, second] = one.id < two.id ? [one, two] : [two, one]
  return sha256("duet/2 transcript", roomId, first.id, helloBytes(first), second.id, helloBytes(second))
}

/** @param {Seat} seat */
function helloBytes({ hello }) {
  return /** @type {Bytes} */ (fromBase64Url(hello))
}
