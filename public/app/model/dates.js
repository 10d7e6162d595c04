// Formats times and durations. The current time is an argument, and an invalid time gives an empty text. No DOM.

import { say, written } from "../words.js"

const LATEST_MS = 8_640_000_000_000_000

/** @param {number} timestamp */
function isTime(timestamp) {
  return Number.isFinite(timestamp) && Math.abs(timestamp) <= LATEST_MS
}

/**
 * The value for the `datetime` attribute of a `<time>`.
 * @param {number} timestamp epoch milliseconds
 */
export function machineTime(timestamp) {
  return isTime(timestamp) ? new Date(timestamp).toISOString() : ""
}

/**
 * The time of a message, with its date if that is not today.
 * @param {number} timestamp epoch milliseconds
 * @param {number} now
 * @returns {string} empty for an invalid time
 */
export function spokenTime(timestamp, now) {
  if (!isTime(timestamp)) return ""
  const [then, today] = [new Date(timestamp), new Date(now)]
  const time = written().time.format(then)
  if (isSameDay(then, today)) return time
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1)
  const date = isSameDay(then, yesterday) ? written().day.format(-1, "day") : written().date.format(then)
  return say("list.dated", { date, time })
}

/**
 * Hours and minutes: “1 hr 5 min”.
 * @param {number} minutes
 */
export function spokenMinutes(minutes) {
  const { hour, minute, parts } = written()
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours === 0) return minute.format(rest)
  return parts.format(rest === 0 ? [hour.format(hours)] : [hour.format(hours), minute.format(rest)])
}

/**
 * Minutes and seconds as on a clock: “1:05”.
 * @param {number} seconds
 */
export function clock(seconds) {
  const { number, twoDigits } = written()
  return `${number.format(Math.floor(seconds / 60))}:${twoDigits.format(seconds % 60)}`
}

/**
 * @param {Date} one
 * @param {Date} other
 */
export function isSameDay(one, other) {
  return one.toDateString() === other.toDateString()
}
