// How long the room has left, by the room's clock. The current time is an argument. No DOM.

import { say } from "../words.js"
import { clock, spokenMinutes } from "./dates.js"

/** This long before the end, the page offers to keep the room open; a third of the lifetime if that is shorter. */
const ENDING_MS = 120_000
/** From this remaining time on, the end is shown as urgent. */
const URGENT_MS = 30_000

export class Lifetime {
  #expiresAt = 0
  #lifeMs = 0
  #clockAheadMs = 0
  /** The room lives no longer than this, by its own clock. */
  #endsBy = Number.POSITIVE_INFINITY

  /**
   * Compares the clocks, so that both people see the same time left.
   * @param {{now: number, expiresAt: number, ttlSeconds: number, endsBy: number}} room
   * @param {number} now this device's clock, in epoch milliseconds
   */
  start(room, now) {
    this.#clockAheadMs = room.now - now
    this.#lifeMs = room.ttlSeconds * 1000
    this.#expiresAt = room.expiresAt
    this.#endsBy = room.endsBy
  }

  /** @param {number} expiresAt by the room's clock */
  moveTo(expiresAt) {
    if (Number.isFinite(expiresAt)) this.#expiresAt = expiresAt
  }

  get isKnown() {
    return this.#expiresAt > 0
  }

  /** Whether nothing can move the end any more: the room has reached its maximum lifetime. */
  get isLast() {
    return this.#expiresAt >= this.#endsBy
  }

  /** The end by this device's clock, in epoch milliseconds. */
  get endsAt() {
    return this.#expiresAt - this.#clockAheadMs
  }

  /**
   * Milliseconds left, at most a whole lifetime: the clocks are compared once and may drift a little.
   * @param {number} now by this device's clock
   */
  msLeft(now) {
    return Math.min(this.endsAt - now, this.#lifeMs)
  }

  /** @param {number} now by this device's clock */
  isOver(now) {
    return this.isKnown && this.msLeft(now) <= 0
  }

  /** @param {number} now by this device's clock */
  isEnding(now) {
    return this.isKnown && this.msLeft(now) < Math.min(ENDING_MS, this.#lifeMs / 3)
  }

  /** @param {number} now by this device's clock */
  isUrgent(now) {
    return this.isKnown && this.msLeft(now) < Math.min(URGENT_MS, this.#lifeMs / 3)
  }

  /**
   * The share of a whole lifetime that is left, from 0 to 1.
   * @param {number} now by this device's clock
   */
  share(now) {
    return this.isKnown ? Math.min(1, Math.max(0, this.msLeft(now) / this.#lifeMs)) : 1
  }
}

/**
 * The time left, as text.
 * @param {number} msLeft
 */
export function timeLeft(msLeft) {
  const seconds = Math.max(0, Math.ceil(msLeft / 1000))
  if (seconds === 0) return say("time.ending")
  return say("time.left", { time: seconds < 120 ? clock(seconds) : spokenMinutes(Math.ceil(seconds / 60)) })
}
