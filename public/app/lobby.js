// The lobby's entry: makes a room and goes in, or goes to a room that somebody made.

import { ApiError, createRoom, findRoom, joinRoom, roomPath, sentence, wordOf } from "./api.js"
import { RoomShelf, accessOf, canSeal, newSecret } from "./local.js"

const notice = /** @type {HTMLElement} */ (document.querySelector("[data-notice]"))
const createForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-create]"))
const joinForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-join]"))
const linkProblem = /** @type {HTMLElement} */ (document.querySelector("[data-link-problem]"))

/** @param {string} words */
function say(words) {
  notice.textContent = words
  notice.hidden = false
}

/** Says what sent the visitor here, once: a reload starts afresh. */
function sayWhatSentUsHere() {
  const word = new URLSearchParams(location.search).get("error")
  if (!word) return
  say(sentence(word))
  history.replaceState(null, "", "/")
}

/** @param {number} [ttlSeconds] the server's own choice where it is absent */
async function makeRoom(ttlSeconds) {
  if (!canSeal()) throw new ApiError("insecure")
  const secret = newSecret()
  const { access, proof } = await accessOf(secret)
  const { roomId } = await createRoom({ ttlSeconds, access })
  await joinRoom(roomId, proof)
  const shelf = new RoomShelf(roomId)
  shelf.secret = secret
  // Where the browser keeps nothing, the address has to carry it.
  location.assign(roomPath(roomId) + (shelf.secret === secret ? "" : `#${secret}`))
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
    say(sentence(wordOf(error)))
    button.disabled = false
  }
}

/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault()
  const field = /** @type {HTMLInputElement} */ (joinForm.elements.namedItem("link"))
  const room = findRoom(field.value)
  linkProblem.hidden = room !== null
  field.setAttribute("aria-invalid", String(room === null))
  if (room) {
    location.assign(roomPath(room.roomId) + room.fragment)
  } else {
    linkProblem.textContent = field.value.trim() ? sentence("bad-link") : "Paste the link that somebody sent you."
    field.focus()
  }
}

sayWhatSentUsHere()
createForm.addEventListener("submit", create)
joinForm.addEventListener("submit", open)
// A page that comes back from the browser's memory still has its button as it was left.
addEventListener("pageshow", () => {
  /** @type {HTMLButtonElement} */ (createForm.querySelector("button")).disabled = false
})
