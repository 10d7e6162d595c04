// Builds the element of a message from its template. Everything from outside is inserted as text.

import { machineTime, spokenTime } from "../model/dates.js"
import { shownName } from "../model/names.js"
import { say, sentence } from "../words.js"
import { isEmojiOnly, nodesOf } from "./rich-text.js"
import { put, silence } from "./texts.js"

/**
 * The data that a message shows.
 * @typedef {object} Look
 * @property {string} id
 * @property {boolean} isOwn
 * @property {string} sender
 * @property {string} text
 * @property {number} at epoch milliseconds
 */

const GROUP_MS = 60_000

/**
 * Whether a message continues the one before it: from the same person, under the same name, within a minute.
 * @param {Look | undefined} before
 * @param {Look} look
 */
export function continues(before, look) {
  return (
    before !== undefined &&
    before.isOwn === look.isOwn &&
    before.sender === look.sender &&
    Math.abs(look.at - before.at) < GROUP_MS
  )
}

/**
 * @param {HTMLTemplateElement} template
 * @param {Look} look
 * @param {(id: string) => void} onRetry
 */
export function buildMessage(template, look, onRetry) {
  const message = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true))
  message.dataset.key = look.id
  message.classList.toggle("message--own", look.isOwn)
  put(part(message, "name"), () => nameOf(look))
  part(message, "text").append(...nodesOf(look.text))
  part(message, "text").classList.toggle("message__text--emoji", isEmojiOnly(look.text))
  part(message, "retry").addEventListener("click", () => onRetry(look.id))
  showTime(message, look)
  return message
}

/** @param {Look} look */
function nameOf({ isOwn, sender }) {
  const you = say("list.you")
  return isOwn ? you : shownName(sender, you) || say("list.other")
}

/**
 * @param {HTMLElement} message
 * @param {Look} look
 */
export function showTime(message, { at }) {
  const time = /** @type {HTMLTimeElement} */ (part(message, "time"))
  time.dateTime = machineTime(at)
  put(time, () => spokenTime(at, Date.now()))
}

/**
 * @param {HTMLElement} message
 * @param {"sent" | "pending" | "failed"} state
 * @param {string} [problem] the error code, if it failed
 */
export function showState(message, state, problem = "") {
  message.dataset.state = state
  part(message, "sending").hidden = state !== "pending"
  part(message, "state").hidden = state !== "failed"
  put(part(message, "problem"), state === "failed" ? () => failureOf(problem) : silence)
}

/** @param {string} problem */
function failureOf(problem) {
  return `${say("list.failed", { reason: sentence(problem) })} `
}

/**
 * @param {HTMLElement} message
 * @param {"list.received" | "list.seen" | ""} mark how far the other person has received or read; empty for no mark
 */
export function showMark(message, mark) {
  part(message, "mark").hidden = mark === ""
  put(part(message, "mark"), mark ? () => say(mark) : silence)
}

/**
 * @param {HTMLElement} message
 * @param {boolean} isContinued its header is for screen readers only
 */
export function showContinued(message, isContinued) {
  message.dataset.continued = String(isContinued)
}

/**
 * A note: a line from the page itself.
 * @param {() => string} saying
 */
export function buildNote(saying) {
  const note = document.createElement("p")
  note.className = "note"
  put(note, saying)
  return note
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function part(element, name) {
  return /** @type {HTMLElement} */ (element.querySelector(`[data-part=${name}]`))
}
