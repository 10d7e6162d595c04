// The lobby's entry: makes a room and goes in, or goes to a room that somebody made.

import { accessOf, canEncrypt, fragmentOf, newLinkSecret } from "./crypto/session.js"
import { linkKind, openSession, sweepBrowser, takeSeat, whyNotEncrypted } from "./model/seat.js"
import { findRoom, roomPath } from "./net/addresses.js"
import { ApiError, createRoom, identifiedStatus, wordOf } from "./net/api.js"
import { put, silence } from "./view/texts.js"
import { say, sentence } from "./words.js"

const notice = /** @type {HTMLElement} */ (document.querySelector("[data-notice]"))
const createForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-create]"))
const joinForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-join]"))
const linkProblem = /** @type {HTMLElement} */ (document.querySelector("[data-link-problem]"))

/** @param {string} word an error word */
function tell(word) {
  put(notice, () => sentence(word))
  notice.hidden = false
}

/** Says what sent the visitor here, once: a reload starts afresh. */
function sayWhatSentUsHere() {
  const word = new URLSearchParams(location.search).get("error")
  if (!word) return
  tell(word)
  history.replaceState(null, "", "/")
}

/** @param {number} [ttlSeconds] the server's own choice where it is absent */
async function makeRoom(ttlSeconds) {
  if (!(await canEncrypt())) throw new ApiError(whyNotEncrypted())
  const secret = newLinkSecret()
  const { roomId } = await createRoom({ ttlSeconds, access: await accessOf(secret) })
  await identifiedStatus(roomId)
  const session = openSession(roomId, { kind: "encrypted", secret })
  await session.joinFields()
  // Where the browser stores nothing, the next page would not have the keys: it draws its own, and joins.
  if (!session.state.survivesReload) return location.assign(`${roomPath(roomId)}#${fragmentOf(secret)}`)
  await takeSeat(roomId, session)
  location.assign(roomPath(roomId))
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
    tell(wordOf(error))
    button.disabled = false
  }
}

/** @param {SubmitEvent} event */
function open(event) {
  event.preventDefault()
  const field = /** @type {HTMLInputElement} */ (joinForm.elements.namedItem("link"))
  const problem = openLink(field.value)
  put(linkProblem, problem ?? silence)
  linkProblem.hidden = problem === null
  field.setAttribute("aria-invalid", String(problem !== null))
  if (problem) field.focus()
  // The link is a key: it stays nowhere once it is taken.
  else field.value = ""
}

/**
 * @param {string} pasted
 * @returns {(() => string) | null} what is wrong with it
 */
function openLink(pasted) {
  const room = findRoom(pasted)
  if (!room) return () => (pasted.trim() ? sentence("bad-link") : say("lobby.link.empty"))
  const { roomId, fragment } = room
  if (linkKind(roomId, fragment) === "key-cut") return () => sentence("key-cut")
  location.assign(roomPath(roomId) + (fragment && `#${fragment}`))
  return null
}

sweepBrowser()
sayWhatSentUsHere()
createForm.addEventListener("submit", create)
joinForm.addEventListener("submit", open)
// A page that comes back from the browser's memory still has its button as it was left.
addEventListener("pageshow", () => {
  const button = /** @type {HTMLButtonElement} */ (createForm.querySelector("button"))
  button.disabled = false
})
