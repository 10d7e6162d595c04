// What this browser remembers: a name for good, and of a room only what was not sent yet, in this tab.

/** @import { Pending } from "./messages.js" */

const NAME_KEY = "duet:name"
const SOUND_KEY = "duet:sound"
const MAX_NAME_CHARS = 40

const ADJECTIVES = ["Amber", "Brave", "Calm", "Clever", "Gentle", "Golden", "Happy", "Kind", "Lucky", "Mellow", "Quiet", "Silver", "Sunny", "Swift", "Warm", "Wise"]
const ANIMALS = ["Badger", "Crane", "Deer", "Dolphin", "Finch", "Fox", "Hare", "Heron", "Koala", "Lynx", "Magpie", "Otter", "Owl", "Panda", "Robin", "Seal"]

/**
 * A name that is fit to travel: one line, not too long, without characters that turn the writing around.
 * @param {string} raw
 */
export function cleanName(raw) {
  const line = raw.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, " ").replace(/\s+/g, " ").trim()
  return [...line].slice(0, MAX_NAME_CHARS).join("")
}

/** A friendly name for somebody who gave none. */
export function generatedName() {
  const [one, two] = crypto.getRandomValues(new Uint8Array(2))
  return `${ADJECTIVES[one % ADJECTIVES.length]} ${ANIMALS[two % ANIMALS.length]}`
}

/** @returns {string} the name of whoever sits at this browser */
export function loadName() {
  const stored = cleanName(read(localStorage, NAME_KEY) ?? "")
  if (stored) return stored
  const name = generatedName()
  saveName(name)
  return name
}

/** @param {string} name */
export function saveName(name) {
  write(localStorage, NAME_KEY, name)
}

export function loadSound() {
  return read(localStorage, SOUND_KEY) === "on"
}

/** @param {boolean} isOn */
export function saveSound(isOn) {
  write(localStorage, SOUND_KEY, isOn ? "on" : "off")
}

/** What one tab keeps of one room, through a reload and no longer than the room. */
export class RoomShelf {
  #pendingKey
  #draftKey
  #secretKey

  /** @param {string} roomId */
  constructor(roomId) {
    this.#pendingKey = `duet:${roomId}:pending`
    this.#draftKey = `duet:${roomId}:draft`
    this.#secretKey = `duet:${roomId}:secret`
  }

  /** @param {Pending[]} pending */
  save(pending) {
    write(sessionStorage, this.#pendingKey, pending.length > 0 ? JSON.stringify(pending) : "")
  }

  /** @returns {Pending[]} */
  load() {
    try {
      const stored = JSON.parse(read(sessionStorage, this.#pendingKey) || "[]")
      return Array.isArray(stored) ? stored : []
    } catch {
      return []
    }
  }

  get draft() {
    return read(sessionStorage, this.#draftKey) ?? ""
  }

  /** @param {string} text */
  set draft(text) {
    write(sessionStorage, this.#draftKey, text)
  }

  /** What stands behind the # of the room's link; empty where it is not known. */
  get secret() {
    return read(sessionStorage, this.#secretKey) ?? ""
  }

  /** @param {string} secret */
  set secret(secret) {
    write(sessionStorage, this.#secretKey, secret)
  }

  /** Forgets the room. */
  clear() {
    write(sessionStorage, this.#secretKey, "")
    write(sessionStorage, this.#pendingKey, "")
    write(sessionStorage, this.#draftKey, "")
  }
}

/**
 * A browser may refuse storage altogether; then nothing is remembered and everything else works.
 * @param {Storage} storage
 * @param {string} key
 */
function read(storage, key) {
  try {
    return storage.getItem(key)
  } catch {
    return null
  }
}

/**
 * @param {Storage} storage
 * @param {string} key
 * @param {string} value nothing is kept for an empty one
 */
function write(storage, key, value) {
  try {
    if (value) storage.setItem(key, value)
    else storage.removeItem(key)
  } catch {
    // Full or refused: see `read`.
  }
}
