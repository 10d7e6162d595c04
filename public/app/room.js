// The room's entry: what happens before one is inside. Looking changes nothing; only Join takes a seat.

import { findRoom, joinRoom, roomIdOf, roomPath, roomStatus, sentence, wordOf } from "./api.js"
import { Conversation, showScene } from "./conversation.js"
import { RoomShelf, Seal, accessOf, canSeal, cleanName, isSecret, loadName, saveName } from "./local.js"

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

/**
 * Back to the lobby, which says why. Nothing stays behind in the history.
 * @param {string} word
 */
function leaveFor(word) {
  location.replace(`/?error=${word}`)
}

/**
 * The secret in a fragment, however it was decorated on its way.
 * @param {string} fragment
 * @returns {string | null} null where there is none, empty where it is not whole
 */
function secretIn(fragment) {
  const bare = fragment.replace(/^#/, "")
  if (!bare) return null
  const run = bare.split(/[^A-Za-z0-9_-]+/).find((part) => part.length === 43)
  return run && isSecret(run) ? run : ""
}

class Arrival {
  #roomId
  #shelf
  /** @type {string | null} */
  #secret
  #isSealed = false

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#shelf = new RoomShelf(roomId)
    this.#secret = this.#takeSecret()
    $("[data-door]").addEventListener("submit", (event) => this.#join(/** @type {SubmitEvent} */ (event)))
    $("[data-rescue]").addEventListener("submit", (event) => this.#rescue(/** @type {SubmitEvent} */ (event)))
    $("[data-again]").addEventListener("click", () => this.start())
    // Somebody put another link for this room into the address bar.
    addEventListener("hashchange", () => location.reload())
  }

  /** Looks at the room, and shows what there is to do. */
  async start() {
    showScene("loading")
    try {
      const { status, sealed } = await roomStatus(this.#roomId)
      this.#isSealed = sealed
      const problem = this.#keyProblem()
      if (status === "full") leaveFor("room-full")
      else if (problem) this.#showRescue(problem)
      else if (status === "joined") await this.#comeIn()
      else this.#showDoor()
    } catch (error) {
      this.#fail(wordOf(error))
    }
  }

  /** Takes the secret out of the address, where others could read it, and keeps it in this tab. */
  #takeSecret() {
    const secret = secretIn(location.hash)
    if (location.hash) history.replaceState(null, "", roomPath(this.#roomId))
    if (secret) this.#shelf.secret = secret
    return secret ?? (this.#shelf.secret || null)
  }

  /** @returns {string | null} what keeps us from opening this room, before anything is done in it */
  #keyProblem() {
    if (!this.#isSealed) return null
    if (!canSeal()) return "insecure"
    if (this.#secret === null) return "key-missing"
    return this.#secret === "" ? "key-cut" : null
  }

  /** @param {string} word */
  #fail(word) {
    if (word === "room-full" || word === "room-not-found") return leaveFor(word)
    if (word === "bad-request") return leaveFor("room-not-found")
    if (word === "bad-proof") return this.#showRescue("key-wrong")
    showScene("problem")
    $("[data-problem]").textContent = sentence(word)
  }

  #showDoor() {
    showScene("door")
    const field = /** @type {HTMLInputElement} */ ($("#door-name"))
    field.value = loadName()
    $("[data-door-plain]").hidden = this.#isSealed
  }

  /** @param {string} word */
  #showRescue(word) {
    showScene("rescue")
    $("[data-rescue-reason]").textContent = sentence(word)
    $("#rescue-link").focus()
  }

  /** @param {SubmitEvent} event */
  #rescue(event) {
    event.preventDefault()
    const field = /** @type {HTMLInputElement} */ ($("#rescue-link"))
    const room = findRoom(field.value)
    const problem = $("[data-rescue-problem]")
    const secret = room && secretIn(room.fragment)
    problem.hidden = Boolean(secret)
    if (!room) problem.textContent = sentence("bad-link")
    else if (!secret) problem.textContent = sentence(secret === null ? "key-missing" : "key-cut")
    else if (room.roomId !== this.#roomId) location.assign(roomPath(room.roomId) + room.fragment)
    else {
      field.value = ""
      this.#secret = this.#shelf.secret = secret
      void this.start()
    }
  }

  /** @param {SubmitEvent} event */
  async #join(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"))
    const name = cleanName(/** @type {HTMLInputElement} */ (form.elements.namedItem("name")).value)
    if (name) saveName(name)
    button.disabled = true
    try {
      await this.#comeIn()
    } catch (error) {
      this.#fail(wordOf(error))
    } finally {
      button.disabled = false
    }
  }

  /** Takes the seat, or finds that it is ours: with a wrong key neither. */
  async #comeIn() {
    const secret = this.#isSealed && this.#secret ? this.#secret : null
    const proof = secret ? (await accessOf(secret)).proof : undefined
    await joinRoom(this.#roomId, proof)
    const seal = secret ? await Seal.of(secret, this.#roomId) : null
    const link = location.origin + roomPath(this.#roomId) + (secret ? `#${secret}` : "")
    new Conversation({ roomId: this.#roomId, shelf: this.#shelf, seal, link }).start()
  }
}

const roomId = roomIdOf(location.pathname)
if (roomId) void new Arrival(roomId).start()
else leaveFor("room-not-found")
