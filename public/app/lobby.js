// The lobby's entry: makes a room and goes in, or goes to a room that somebody made.

import { secretIn } from "./crypto/codec.js"
import { accessOf, canSeal, newSecret } from "./crypto/sealed.js"
import { RoomShelf, sweepShelves } from "./model/shelf.js"
import { findRoom, roomPath } from "./net/addresses.js"
import { ApiError, createRoom, identifiedStatus, joinRoom, wordOf } from "./net/api.js"
import { say, sentence } from "./words.js"

const notice = /** @type {HTMLElement} */ (document.querySelector("[data-notice]"))
const createForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-create]"))
const joinForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-join]"))
const linkProblem = /** @type {HTMLElement} */ (document.querySelector("[data-link-problem]"))

/** @param {string} words */
function tell(words) {
  notice.textContent = words
  notice.hidden = false
}

/** Says what sent the visitor here, once: a reload starts afresh. */
function sayWhatSentUsHere() {
  const word = new URLSearchParams(location.search).get("error")
  if (!word) return
  tell(sentence(word))
  history.replaceState(null, "", "/")
}

/** @param {number} [ttlSeconds] the server's own choice where it is absent */
async function makeRoom(ttlSeconds) {
  if (!canSeal()) throw new ApiError("insecure")
  const secret = newSecret()
  const { access, proof } = await accessOf(secret)
  const { roomId, ttl } = await createRoom({ ttlSeconds, access })
  await identifiedStatus(roomId)
  const { participantId } = await joinRoom(roomId, { proof })
  const shelf = new RoomShelf(roomId)
  shelf.secret = secret
  shelf.self = participantId
  shelf.endsAt = Date.now() + ttl * 1000
  goTo(roomId, shelf, `#${secret}`)
}

/**
 * The secret goes there in what this tab keeps, and not in the address, which the browser remembers. Where it keeps
 * nothing, the address has to carry it.
 * @param {string} roomId
 * @param {RoomShelf} shelf
 * @param {string} fragment
 */
function goTo(roomId, shelf, fragment) {
  location.assign(roomPath(roomId) + (shelf.isKept ? "" : fragment))
}

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault()
  const button = /** @type {HTMLButtonElement} */ (createForm.querySelector("button"))
  button.disabled = true
  try {
    const chosen = new FormData(createForm).get("ttl")
    await makeRoom(chosen ? Number(chosen) : undefined)
  } catch (error) {
    tell(sentence(wordOf(error)))
    button.disabled = false
  }
}

/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault()
  const field = /** @type {HTMLInputElement} */ (joinForm.elements.namedItem("link"))
  const problem = openLink(field.value)
  linkProblem.textContent = problem
  linkProblem.hidden = problem === ""
  field.setAttribute("aria-invalid", String(problem !== ""))
  if (problem) field.focus()
  // The link is a key: it stays nowhere once it is taken.
  else field.value = ""
}

/**
 * @param {string} pasted
 * @returns {string} what is wrong with it, as a sentence
 */
function openLink(pasted) {
  const room = findRoom(pasted)
  if (!room) return pasted.trim() ? sentence("bad-link") : say("lobby.link.empty")
  const secret = secretIn(room.fragment)
  if (secret === "") return sentence("key-cut")
  const shelf = new RoomShelf(room.roomId)
  if (secret) shelf.secret = secret
  goTo(room.roomId, shelf, secret ? room.fragment : "")
  return ""
}

sweepShelves()
sayWhatSentUsHere()
createForm.addEventListener("submit", create)
joinForm.addEventListener("submit", open)
// A page that comes back from the browser's memory still has its button as it was left.
addEventListener("pageshow", () => {
  /** @type {HTMLButtonElement} */ (createForm.querySelector("button")).disabled = false
})
