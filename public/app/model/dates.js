// When something was said, in words. Time is an argument, and a time that is none breaks nothing. No DOM.

import { say } from "../words.js"

const LATEST_MS = 8_640_000_000_000_000

/** @param {number} timestamp */
function isTime(timestamp) {
  return Number.isFinite(timestamp) && Math.abs(timestamp) <= LATEST_MS
}

/**
 * For the `datetime` of a `<time>`.
 * @param {number} timestamp epoch milliseconds
 */
export function machineTime(timestamp) {
  return isTime(timestamp) ? new Date(timestamp).toISOString() : ""
}

/**
 * The time of a message, with its day where that is not today.
 * @param {number} timestamp epoch milliseconds
 * @param {number} now
 * @returns {string} empty for a time that is none
 */
export function spokenTime(timestamp, now) {
  if (!isTime(timestamp)) return ""
  const [then, today] = [new Date(timestamp), new Date(now)]
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
  if (isSameDay(then, today)) return time
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  if (isSameDay(then, yesterday)) return say("list.yesterday", { time })
  return say("list.dated", { date: then.toLocaleDateString([], { dateStyle: "medium" }), time })
}

/**
 * @param {Date} one
 * @param {Date} other
 */
export function isSameDay(one, other) {
  return one.toDateString() === other.toDateString()
}
