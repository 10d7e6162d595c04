// The room's entry: what happens before one is inside. Looking changes nothing; only Join takes a seat.

/** @import { Joined, RoomStatus } from "./net/wire.js" */

import { codecOf, secretIn } from "./crypto/codec.js"
import { canSeal } from "./crypto/sealed.js"
import { Room } from "./model/room.js"
import { cleanName } from "./model/names.js"
import { RoomShelf, loadName, saveName, sweepShelves } from "./model/shelf.js"
import { findRoom, roomIdOf, roomPath, socketUrl } from "./net/addresses.js"
import { destroyRoom, identifiedStatus, joinRoom, listMessages, wordOf } from "./net/api.js"
import { RoomSocket } from "./net/room-socket.js"
import { Door, Problem, Rescue } from "./view/door.js"
import { RoomView } from "./view/room-view.js"
import { showScene } from "./view/scenes.js"
import { sentence } from "./words.js"

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

class Arrival {
  #roomId
  #shelf
  /** @type {string | null} null where there is none, empty where it is not whole */
  #secret
  #isSealed = false
  #door
  #rescue
  #problem

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#shelf = new RoomShelf(roomId)
    this.#secret = this.#takeSecret()
    this.#door = new Door($("[data-door]"), (name) => this.#join(name))
    this.#rescue = new Rescue($("[data-rescue]"), (pasted) => this.#takeLink(pasted))
    this.#problem = new Problem($("[data-scene=problem]"), () => this.start())
    // Somebody put another link for this room into the address bar.
    addEventListener("hashchange", () => location.reload())
  }

  /** Looks at the room, and shows what there is to do. */
  async start() {
    showScene("loading")
    try {
      await this.#decide(await identifiedStatus(this.#roomId))
    } catch (error) {
      this.#fail(wordOf(error))
    }
  }

  /** @param {RoomStatus} status */
  async #decide({ status, sealed }) {
    this.#isSealed = sealed
    const problem = this.#keyProblem()
    if (status === "full") this.#giveUp("room-full")
    else if (problem) this.#rescue.show(sentence(problem))
    else if (status === "joined") await this.#comeIn()
    else if (this.#shelf.self) this.#giveUp("identity-changed")
    else this.#door.show(loadName(), this.#isSealed)
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
    if (word === "room-full" || word === "room-not-found") return this.#giveUp(word)
    if (word === "bad-request") return this.#giveUp("room-not-found")
    if (word === "bad-proof") return this.#rescue.show(sentence("key-wrong"))
    // Without an answer the clock decides what may still be kept.
    if (word === "offline") sweepShelves()
    this.#problem.show(sentence(word))
  }

  /**
   * There is nothing here for us: what this tab kept of the room goes.
   * @param {string} word
   */
  #giveUp(word) {
    this.#shelf.clear()
    leaveFor(word)
  }

  /**
   * @param {string} pasted
   * @returns {string} what is wrong with it, as a sentence
   */
  #takeLink(pasted) {
    const room = findRoom(pasted)
    const secret = room && secretIn(room.fragment)
    if (!room) return sentence("bad-link")
    if (!secret) return sentence(secret === null ? "key-missing" : "key-cut")
    const isOther = room.roomId !== this.#roomId
    const shelf = isOther ? new RoomShelf(room.roomId) : this.#shelf
    shelf.secret = secret
    this.#secret = secret
    if (isOther) location.assign(roomPath(room.roomId) + (shelf.isKept ? "" : room.fragment))
    else void this.start()
    return ""
  }

  /** @param {string} rawName */
  async #join(rawName) {
    const name = cleanName(rawName)
    if (name) saveName(name)
    try {
      await this.#comeIn()
    } catch (error) {
      this.#fail(wordOf(error))
    }
  }

  /** Takes the seat, or finds that it is ours: with a wrong key neither. */
  async #comeIn() {
    const codec = codecOf(this.#roomId, this.#isSealed ? this.#secret : null)
    const joined = await joinRoom(this.#roomId, await codec.joinFields())
    // Under another identity, what one said oneself would seem to be said by somebody else.
    if (this.#shelf.self && this.#shelf.self !== joined.participantId) return this.#giveUp("identity-changed")
    this.#shelf.self = joined.participantId
    this.#shelf.endsAt = Date.now() + joined.ttl * 1000
    await codec.onJoined(joined)
    enterRoom(this.#roomId, joined, codec, this.#shelf)
  }
}

/**
 * @param {string} roomId
 * @param {Joined} joined
 * @param {import("./crypto/codec.js").Codec} codec
 * @param {RoomShelf} shelf
 */
function enterRoom(roomId, joined, codec, shelf) {
  /** @type {import("./model/room.js").Platform} */
  const platform = {
    openSocket: (handlers) => new RoomSocket(socketUrl(roomId, location), handlers),
    list: (page) => listMessages(roomId, page),
    now: () => Date.now(),
    setTimeout: (act, ms) => setTimeout(act, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    whenIdle,
  }
  /** @type {Room} */
  let room
  const view = new RoomView($("[data-scene=inside]"), {
    enter: (listener) => (room = new Room(joined, { codec, shelf, platform, listener })),
    codec,
    shelf,
    link: location.origin + roomPath(roomId) + codec.fragment,
    onDestroy: () => destroy(roomId, (word) => room.end(word)),
  })
  wirePage(view, () => {
    room.leave()
    view.clear()
  })
  view.start()
}

/**
 * @param {string} roomId
 * @param {(word: string) => void} end
 * @returns {Promise<string>} a sentence, if it failed
 */
async function destroy(roomId, end) {
  try {
    await destroyRoom(roomId)
    end("room-destroyed")
  } catch (error) {
    const word = wordOf(error)
    if (word !== "room-not-found") return sentence(word)
    end(word)
  }
  return ""
}

/** @param {() => void} act */
function whenIdle(act) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: 2_000 })
  else setTimeout(act, 200)
}

/**
 * @param {RoomView} view
 * @param {() => void} forget
 */
function wirePage(view, forget) {
  document.addEventListener("visibilitychange", () => view.wake())
  for (const change of ["online", "offline"]) addEventListener(change, () => view.wake())
  // The browser may keep the page as it is for the way back, beyond the room's end: so there is nothing in it.
  addEventListener("pagehide", (event) => {
    if (!event.persisted) return
    forget()
    showScene("loading")
  })
  addEventListener("pageshow", (event) => event.persisted && location.reload())
  // Where dvh does not know of the keyboard.
  visualViewport?.addEventListener("resize", () => {
    document.documentElement.style.setProperty("--window-block-size", `${visualViewport?.height}px`)
  })
}

const roomId = roomIdOf(location.pathname)
if (roomId) void new Arrival(roomId).start()
else leaveFor("room-not-found")
