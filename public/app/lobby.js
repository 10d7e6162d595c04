// The lobby's entry: makes a room and goes in, or goes to a room that somebody made.

import { ApiError, createRoom, findRoom, joinRoom, roomPath, sentence } from "./api.js"

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

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault()
  const button = /** @type {HTMLButtonElement} */ (createForm.querySelector("button"))
  button.disabled = true
  try {
    const chosen = new FormData(createForm).get("ttl")
    const { roomId } = await createRoom(chosen ? { ttlSeconds: Number(chosen) } : {})
    await joinRoom(roomId)
    location.assign(roomPath(roomId))
  } catch (error) {
    say(error instanceof ApiError ? error.message : sentence("internal"))
    button.disabled = false
  }
}

/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault()
  const field = /** @type {HTMLInputElement} */ (joinForm.elements.namedItem("link"))
  const room = findRoom(field.value)
  linkProblem.hidden = room !== null
  field.toggleAttribute("aria-invalid", room === null)
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
