// An encrypted room, in the format that docs/sealing.md describes exactly: the secret in the link gives the proof that lets
// one in and the key with which everything that travels is sealed. No DOM.

/** @import { Message } from "../net/wire.js" */
/** @import { Codec, Draft, Opened } from "./codec.js" */

const PREFIX = "duet1."
const NONCE_BYTES = 12
const BLOCK_BYTES = 128
/** As many bytes of JSON as fit: more would make a text that no room takes (16384 bytes, sealed and encoded). */
const MAX_PLAINTEXT_BYTES = 12_160

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })

/** @type {Opened} */
const REFUSED = { kind: "refused" }

/** Whether this page may do cryptography at all: only over https, or on one's own machine. */
export function canSeal() {
  return globalThis.crypto?.subtle !== undefined
}

/** 32 fresh random bytes, as they stand in a link. */
export function newSecret() {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}

/**
 * Whether a secret is whole.
 * @param {string} secret
 */
export function isSecret(secret) {
  return /^[A-Za-z0-9_-]{43}$/.test(secret) && toBase64Url(fromBase64Url(secret)) === secret
}

/**
 * What opens the room, and what the room is given to check it with. Neither tells anything of the key.
 * @param {string} secret
 * @returns {Promise<{proof: string, access: string}>}
 */
export async function accessOf(secret) {
  const proof = await derive(await baseKey(secret), new Uint8Array(), "duet/1 access", 256)
  const access = await crypto.subtle.digest("SHA-256", proof)
  return { proof: toBase64Url(proof), access: toBase64Url(access) }
}

/** @implements {Codec} */
export class SealedCodec {
  isEncrypted = true
  onChange = () => {}
  /** @type {(word: string) => void} */
  onStop = () => {}
  fragment
  #roomId
  #secret
  /** @type {CryptoKey | null} */
  #baseKey = null
  /** @type {CryptoKey | null} null before `prepare`, and again once everything is forgotten */
  #key = null

  /**
   * @param {string} secret
   * @param {string} roomId
   */
  constructor(secret, roomId) {
    this.#secret = secret
    this.#roomId = roomId
    this.fragment = `#${secret}`
  }

  async joinFields() {
    return { proof: (await accessOf(this.#secret)).proof }
  }

  async onJoined() {
    const info = encoder.encode("duet/1 messages")
    const how = { name: "HKDF", hash: "SHA-256", salt: encoder.encode(this.#roomId), info }
    this.#baseKey = await baseKey(this.#secret)
    this.#key = await crypto.subtle.deriveKey(how, this.#baseKey, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
  }

  async onSeats() {}

  /** @param {{sender: string, text: string}} draft */
  bytesLeft({ sender, text }) {
    return MAX_PLAINTEXT_BYTES - encoder.encode(JSON.stringify({ sender, text })).length
  }

  /**
   * What is sent in place of a draft. The name travels inside.
   * @param {Draft} draft
   * @param {string} participantId of whoever sends it
   * @param {Uint8Array<ArrayBuffer>} nonce fresh for every call, but for test vectors
   * @returns {Promise<{id: string, text: string} | null>}
   */
  async seal({ id, sender, text }, participantId, nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))) {
    if (!this.#key) return null
    const plaintext = padded(encoder.encode(JSON.stringify({ sender, text })))
    const sealed = await crypto.subtle.encrypt(this.#cipher(nonce, id, participantId), this.#key, plaintext)
    return { id, text: PREFIX + toBase64Url(concat(nonce, new Uint8Array(sealed))) }
  }

  /**
   * Opens a message, if it was sealed in this room, under this id, by this participant.
   * @param {Pick<Message, "id" | "participantId" | "text">} message
   * @returns {Promise<Opened>}
   */
  async open({ id, participantId, text }) {
    if (!this.#key || !text.startsWith(PREFIX)) return REFUSED
    try {
      const bytes = fromBase64Url(text.slice(PREFIX.length))
      const cipher = this.#cipher(bytes.slice(0, NONCE_BYTES), id, participantId)
      const plaintext = await crypto.subtle.decrypt(cipher, this.#key, bytes.slice(NONCE_BYTES))
      return parse(decoder.decode(plaintext))
    } catch {
      return REFUSED
    }
  }

  /**
   * Four words that two people can compare by voice: the same on both sides only if both have this secret and both
   * see the same two participants.
   * @param {string[]} participantIds
   */
  async safetyWords(participantIds) {
    if (!this.#baseKey || participantIds.length < 2) return null
    const info = `duet/1 safety|${[...participantIds].sort().join("|")}`
    const bits = await derive(this.#baseKey, encoder.encode(this.#roomId), info, 32)
    return Array.from(new Uint8Array(bits), (byte) => WORDS[byte])
  }

  forget() {
    this.#secret = this.fragment = ""
    this.#key = this.#baseKey = null
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} nonce
   * @param {string} id
   * @param {string} participantId
   */
  #cipher(nonce, id, participantId) {
    const additionalData = encoder.encode(`duet/1|${this.#roomId}|${id}|${participantId}`)
    return { name: "AES-GCM", iv: nonce, additionalData }
  }
}

/** @param {string} secret */
function baseKey(secret) {
  return crypto.subtle.importKey("raw", fromBase64Url(secret), "HKDF", false, ["deriveBits", "deriveKey"])
}

/**
 * @param {CryptoKey} base
 * @param {Uint8Array<ArrayBuffer>} salt
 * @param {string} info
 * @param {number} bits
 */
function derive(base, salt, info, bits) {
  return crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: encoder.encode(info) }, base, bits)
}

/**
 * JSON does not mind spaces behind it, and lengths tell less.
 * @param {Uint8Array} bytes
 */
function padded(bytes) {
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES).fill(0x20)
  whole.set(bytes)
  return whole
}

/**
 * @param {string} json
 * @returns {Opened}
 */
function parse(json) {
  const { sender, text } = JSON.parse(json)
  return typeof sender === "string" && typeof text === "string" ? { kind: "shown", sender, text } : REFUSED
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} two
 */
function concat(one, two) {
  const both = new Uint8Array(one.length + two.length)
  both.set(one)
  both.set(two, one.length)
  return both
}

/** @param {ArrayBuffer | Uint8Array} bytes */
function toBase64Url(bytes) {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("")
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}

/** @param {string} text */
function fromBase64Url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new TypeError("not base64url")
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0))
}

/** 256 short words that are hard to mistake for each other when spoken. */
const WORDS = (
  "acorn actor album alarm amber angel ankle apple april apron arrow atlas attic autumn bacon badge baker bamboo banjo barn basil " +
  "basket beach beacon beard beaver bell berry bicycle bird biscuit blanket blossom boat bonnet bottle branch bread bridge broom " +
  "brush bucket butter button cabin cactus camel candle canoe canvas carpet carrot castle cedar cello chalk cherry chess chimney " +
  "circus clarinet clay cliff clock cloud clover cobra coconut coffee comet compass copper coral cotton cousin cradle crane crayon " +
  "cricket crown crystal cushion cymbal daisy dancer desert diamond dinner doctor dolphin donkey dragon drawer drum eagle earth " +
  "echo elbow elephant ember engine evening falcon farmer feather fiddle finger flamingo flute forest fossil fountain fox garden " +
  "garlic ginger giraffe glacier glove goblet gorilla grape guitar hammer harbor harvest hazel hedgehog helmet herring honey " +
  "horizon hotel hunter iceberg igloo indigo insect island ivory jacket jaguar jasmine jelly jewel jungle kangaroo kettle kitchen " +
  "kitten ladder lagoon lantern lemon leopard library lily lion lizard lobster locket lumber magnet mango maple marble market " +
  "meadow melon mirror monkey morning mosaic mountain muffin museum napkin nectar needle nephew nickel noodle nutmeg oasis ocean " +
  "octopus olive onion orange orchid osprey otter oven oyster paddle painter palace panda paper parrot peach peanut pebble pelican " +
  "pencil pepper piano pigeon pillow pilot pirate planet plum pocket polar pony poppy potato prairie puffin pumpkin puppet pyramid " +
  "quartz rabbit radio radish raven ribbon river robin rocket saddle sailor salmon sandal saturn school shadow silver sleigh soccer " +
  "socks sofa sparrow spider spoon squirrel statue stone storm stove sugar summer sunset swan"
).split(" ")
