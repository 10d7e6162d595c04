// What this browser remembers: a name for good, and of a room only what a reload needs, in this tab, until the room's
// end. No DOM.

/** @import { Pending } from "./outbox.js" */

import { cleanName, generatedName } from "./names.js"

const NAME_KEY = "duet:name"
const SOUND_KEY = "duet:sound"
const ROOM_KEY = /^duet:([A-Za-z0-9_-]{21})(:|$)/
/** No room lives longer, and so nothing of one is kept longer where its end is not known. */
const LONGEST_LIFE_MS = 86_400_000

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

/**
 * What one tab keeps of one room.
 * @typedef {object} Kept
 * @property {number} endsAt epoch milliseconds of our clock, after which nothing of this may be kept
 * @property {string} secret what stands behind the # of the link
 * @property {string} self who we are in the room, once we have a seat
 * @property {string} draft
 * @property {Pending[]} pending
 */

export class RoomShelf {
  #key
  /** @type {Kept} */
  #kept
  #isCleared = false

  /**
   * @param {string} roomId
   * @param {number} now
   */
  constructor(roomId, now = Date.now()) {
    this.#key = `duet:${roomId}`
    this.#kept = { endsAt: now + LONGEST_LIFE_MS, secret: "", self: "", draft: "", pending: [], ...load(this.#key) }
  }

  get secret() {
    return this.#kept.secret
  }

  /** @param {string} secret */
  set secret(secret) {
    this.#keep({ secret })
  }

  get self() {
    return this.#kept.self
  }

  /** @param {string} self */
  set self(self) {
    this.#keep({ self })
  }

  get draft() {
    return this.#kept.draft
  }

  /** @param {string} draft */
  set draft(draft) {
    this.#keep({ draft })
  }

  get pending() {
    return this.#kept.pending
  }

  /** @param {Pending[]} pending */
  set pending(pending) {
    this.#keep({ pending })
  }

  /** @param {number} endsAt */
  set endsAt(endsAt) {
    this.#keep({ endsAt })
  }

  /** Whether this tab still has what it was given: a browser may refuse to keep anything. */
  get isKept() {
    return read(sessionStorage, this.#key) !== null
  }

  /** Forgets the room, also what somebody would still put here. */
  clear() {
    this.#isCleared = true
    write(sessionStorage, this.#key, "")
  }

  /** @param {Partial<Kept>} change */
  #keep(change) {
    if (this.#isCleared) return
    Object.assign(this.#kept, change)
    const { secret, self, draft, pending } = this.#kept
    const isEmpty = !secret && !self && !draft && pending.length === 0
    write(sessionStorage, this.#key, isEmpty ? "" : JSON.stringify(this.#kept))
  }
}

/**
 * Removes everything of rooms whose end has passed, or of which the end cannot be read.
 * @param {number} now
 */
export function sweepShelves(now = Date.now()) {
  for (const key of roomKeys()) {
    const endsAt = load(key).endsAt
    if (typeof endsAt !== "number" || endsAt <= now) write(sessionStorage, key, "")
  }
}

function roomKeys() {
  try {
    return Object.keys(sessionStorage).filter((key) => ROOM_KEY.test(key))
  } catch {
    return []
  }
}

/**
 * @param {string} key
 * @returns {Partial<Kept>}
 */
function load(key) {
  try {
    const stored = JSON.parse(read(sessionStorage, key) || "{}")
    return isKept(stored) ? stored : {}
  } catch {
    return {}
  }
}

/** @param {any} stored */
function isKept(stored) {
  return (
    typeof stored?.endsAt === "number" &&
    ["secret", "self", "draft"].every((key) => typeof stored[key] === "string") &&
    Array.isArray(stored.pending)
  )
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
