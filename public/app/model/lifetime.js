// How long the room still lives, by the room's own clock. Time is an argument. No DOM.

/** So long before the end the room offers to be kept open; a third of the life, where that is shorter. */
const ENDING_MS = 120_000
/** From here on the end is urgent. */
const URGENT_MS = 30_000

export class Lifetime {
  #expiresAt = 0
  #lifeMs = 0
  #clockAheadMs = 0

  /**
   * Sets our clock by the room's, so that both people see the same time left.
   * @param {{now: number, expiresAt: number, ttlSeconds: number}} room
   * @param {number} now ours
   */
  start(room, now) {
    this.#clockAheadMs = room.now - now
    this.#lifeMs = room.ttlSeconds * 1000
    this.#expiresAt = room.expiresAt
  }

  /** @param {number} expiresAt by the room's clock */
  moveTo(expiresAt) {
    if (Number.isFinite(expiresAt)) this.#expiresAt = expiresAt
  }

  get isKnown() {
    return this.#expiresAt > 0
  }

  /** The end by our clock. */
  get endsAt() {
    return this.#expiresAt - this.#clockAheadMs
  }

  /**
   * The two clocks are compared once and drift a little: never more than a whole life.
   * @param {number} now ours
   */
  msLeft(now) {
    return Math.min(this.endsAt - now, this.#lifeMs)
  }

  /** @param {number} now ours */
  isOver(now) {
    return this.isKnown && this.msLeft(now) <= 0
  }

  /** @param {number} now ours */
  isEnding(now) {
    return this.isKnown && this.msLeft(now) < Math.min(ENDING_MS, this.#lifeMs / 3)
  }

  /** @param {number} now ours */
  isUrgent(now) {
    return this.isKnown && this.msLeft(now) < Math.min(URGENT_MS, this.#lifeMs / 3)
  }

  /**
   * The share of a whole life that is left, 0 to 1.
   * @param {number} now ours
   */
  share(now) {
    return this.isKnown ? Math.min(1, Math.max(0, this.msLeft(now) / this.#lifeMs)) : 1
  }
}

/**
 * The time left as a key of words.js and its values.
 * @param {number} msLeft
 * @returns {[key: string, values: Record<string, string | number>]}
 */
export function timeLeft(msLeft) {
  const seconds = Math.max(0, Math.ceil(msLeft / 1000))
  if (seconds === 0) return ["time.ending", {}]
  if (seconds < 120) return ["time.clock", clockParts(seconds)]
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return ["time.minutes", { minutes }]
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return rest === 0 ? ["time.hours", { hours }] : ["time.hours-minutes", { hours, minutes: rest }]
}

/** @param {number} seconds */
export function clockParts(seconds) {
  return { minutes: Math.floor(seconds / 60), seconds: String(seconds % 60).padStart(2, "0") }
}
