// How long the room still lives, by the room's own clock. Time is an argument. No DOM.

import { say } from "../words.js"
import { clock, spokenMinutes } from "./dates.js"

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
 * The time left, in words.
 * @param {number} msLeft
 */
export function timeLeft(msLeft) {
  const seconds = Math.max(0, Math.ceil(msLeft / 1000))
  if (seconds === 0) return say("time.ending")
  return say("time.left", { time: seconds < 120 ? clock(seconds) : spokenMinutes(Math.ceil(seconds / 60)) })
}
