// The lobby's entry point: creates a room and opens it, or opens an existing one.

import { canEncrypt, linkKind } from "./crypto/arrival.js"
import { accessOf, fragmentOf, newLinkSecret } from "./crypto/link.js"
import { sweepBrowser, whyNotEncrypted } from "./model/browser.js"
import { openSession, takeSeat } from "./model/seat.js"
import { findRoom, roomPath } from "./net/addresses.js"
import { ApiError, codeOf, createRoom, identifiedStatus } from "./net/api.js"
import { put, silence } from "./view/texts.js"
import { say, sentence } from "./words.js"

const notice = /** @type {HTMLElement} */ (document.querySelector("[data-notice]"))
const createForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-create]"))
const joinForm = /** @type {HTMLFormElement} */ (document.querySelector("[data-join]"))
const linkProblem = /** @type {HTMLElement} */ (document.querySelector("[data-link-problem]"))

/** @param {string} code an error code */
function showError(code) {
  put(notice, () => sentence(code))
  notice.hidden = false
}

/** Shows why another page sent the visitor here. Only once: a reload shows nothing. */
function showRedirectReason() {
  const code = new URLSearchParams(location.search).get("error")
  if (!code) return
  showError(code)
  history.replaceState(null, "", "/")
}

/** @param {number} [ttlSeconds] the server's default if absent */
async function makeRoom(ttlSeconds) {
  if (!(await canEncrypt())) throw new ApiError(whyNotEncrypted())
  const secret = newLinkSecret()
  const { roomId } = await createRoom({ ttlSeconds, access: await accessOf(secret) })
  await identifiedStatus(roomId)
  const session = openSession(roomId, { kind: "encrypted", secret })
  await session.joinFields()
  // If the browser stores nothing, the keys are lost with this page: the next one draws its own and joins with them.
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
    showError(codeOf(error))
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
  // The link is a key, so the field must not keep it.
  else field.value = ""
}

/**
 * @param {string} pasted
 * @returns {(() => string) | null} the text of the problem, if there is one
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
showRedirectReason()
createForm.addEventListener("submit", create)
joinForm.addEventListener("submit", open)
// A page from the back/forward cache still has its button disabled.
addEventListener("pageshow", () => {
  const button = /** @type {HTMLButtonElement} */ (createForm.querySelector("button"))
  button.disabled = false
})
