// The room page's entry point: everything before the room is entered. Opening the page changes nothing; only Join takes
// a seat. The conversation's modules, which are most of the page, load afterwards.

/** @import { Arrival as LinkArrival } from "./crypto/interface.js" */
/** @import { Entrance } from "./inside.js" */
/** @import { RoomStatus } from "./net/wire.js" */

import { arrive, canEncrypt, linkKind } from "./crypto/arrival.js"
import { hasEntries } from "./crypto/stored.js"
import { forgetRoom, storageOf, sweepBrowser, whyNotEncrypted } from "./model/browser.js"
import { cleanName } from "./model/names.js"
import { loadName, saveName } from "./model/preferences.js"
import { findRoom, fragmentOf, roomIdOf, roomPath } from "./net/addresses.js"
import { ApiError, checkCookie, codeOf, roomStatus } from "./net/api.js"
import { Composer } from "./view/composer.js"
import { Door, Problem, Rescue } from "./view/door.js"
import { showScene } from "./view/scenes.js"

/** How long the door has the processor of a slow phone for itself. */
const DOOR_ALONE_MS = 500

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

/**
 * Goes to the lobby, which shows why. Leaves no entry in the browser's history.
 * @param {string} code
 */
function leaveFor(code) {
  location.replace(`/?error=${code}`)
}

/** Loads the conversation's modules, all at once: the page lists them. */
function loadInside() {
  const list = /** @type {HTMLTemplateElement} */ (document.querySelector("#inside-modules"))
  document.head.append(list.content)
  return import("./inside.js")
}

/** Starts to load what the visitor needs next. A failure shows when it is used. */
function prepareInside() {
  loadInside().catch(() => {})
}

class Arrival {
  #roomId
  #door
  #rescue
  #problem
  #composer = new Composer(/** @type {HTMLFormElement} */ ($("[data-composer]")))
  /** @type {LinkArrival} */
  #link = { kind: "key-missing" }
  /** Whether the door is shown, or was left by Join. */
  #isAtDoor = false
  #mayJoin = Promise.resolve(false)
  /** @type {Entrance | null} kept until the room refuses its keys */
  #entrance = null
  /** Whether modules did not load. Only a reload asks for them again. */
  #isIncomplete = false

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#door = new Door($("[data-door]"), (name) => this.#join(name))
    this.#rescue = new Rescue($("[data-rescue]"), (pasted) => this.#takeLink(pasted))
    this.#problem = new Problem($("[data-scene=problem]"), () => this.#again())
    // The visitor put another link to this room into the address bar.
    addEventListener("hashchange", () => location.reload())
  }

  /** Gets the room's status and shows what can be done. */
  start() {
    showScene("loading")
    sweepBrowser()
    this.#isAtDoor = false
    const storage = storageOf("localStorage")
    if (storage && hasEntries(storage, this.#roomId)) prepareInside()
    // A complete link that is new here almost always leads to a free seat, so the visitor need not wait for the answer.
    else if (linkKind(this.#roomId, fragmentOf(location.hash)) === "encrypted") this.#openDoor(true)
    this.#mayJoin = this.#check()
  }

  /** @param {boolean} isEncrypted */
  #openDoor(isEncrypted) {
    if (!this.#isAtDoor) this.#door.show(loadName(), isEncrypted)
    this.#isAtDoor = true
  }

  /** @returns {Promise<boolean>} whether the visitor may join */
  async #check() {
    try {
      const status = await roomStatus(this.#roomId)
      const mayJoin = await this.#decide(status)
      // The visitor reads the door meanwhile. A seat taken without cookies would be lost.
      if (status.identified === false) await checkCookie(this.#roomId)
      return mayJoin
    } catch (error) {
      this.#fail(codeOf(error))
      return false
    }
  }

  /**
   * @param {RoomStatus} status
   * @returns {Promise<boolean>} whether the visitor may join
   */
  async #decide({ status, sealed }) {
    const hasSeat = status === "joined"
    const fragment = fragmentOf(location.hash)
    const storage = storageOf("localStorage")
    this.#link = arrive({ roomId: this.#roomId, fragment, isSealed: sealed, hasSeat, storage })
    const { kind } = this.#link
    if (status === "full") leaveFor("room-full")
    else if (kind === "downgraded") this.#problem.show(kind)
    else if (kind === "key-missing" || kind === "key-cut") this.#rescue.show(kind)
    else if (kind === "encrypted" && !(await canEncrypt())) this.#problem.show(whyNotEncrypted())
    else if (hasSeat) await this.#comeIn()
    else {
      this.#openDoor(kind === "encrypted")
      setTimeout(prepareInside, DOOR_ALONE_MS)
      return true
    }
    return false
  }

  /** @param {string} code */
  #fail(code) {
    if (code === "bad-proof") {
      // Another link may be pasted. After any other failure, the next attempt must send the same keys.
      this.#entrance = null
      return this.#rescue.show("key-wrong")
    }
    if (code === "room-full") return leaveFor(code)
    if (code === "room-not-found") forgetRoom(this.#roomId)
    if (code === "room-not-found" || code === "bad-request") return leaveFor("room-not-found")
    this.#problem.show(code)
  }

  #again() {
    if (this.#isIncomplete) location.reload()
    else this.start()
  }

  /**
   * @param {string} pasted
   * @returns {string} the error code of what is wrong with it; empty if nothing is
   */
  #takeLink(pasted) {
    const room = findRoom(pasted)
    if (!room) return "bad-link"
    const kind = linkKind(room.roomId, room.fragment)
    if (kind !== "encrypted") return kind
    const link = `${roomPath(room.roomId)}#${room.fragment}`
    if (room.roomId !== this.#roomId) location.assign(link)
    else {
      history.replaceState(null, "", link)
      this.start()
    }
    return ""
  }

  /** @param {string} rawName */
  async #join(rawName) {
    // The visitor can write while the room gives the seat.
    showScene("inside")
    this.#composer.focusOnArrival()
    if (!(await this.#mayJoin)) return
    const name = cleanName(rawName)
    if (name) saveName(name)
    try {
      await this.#comeIn()
    } catch (error) {
      this.#fail(codeOf(error))
    }
  }

  /** Takes a seat, or finds that this browser has one, and shows the conversation. */
  async #comeIn() {
    const { Entrance } = await loadInside().catch(() => {
      this.#isIncomplete = true
      throw new ApiError("offline")
    })
    this.#entrance ??= new Entrance(this.#roomId, this.#link, this.#composer)
    await this.#entrance.comeIn()
  }
}

const roomId = roomIdOf(location.pathname)
if (roomId) new Arrival(roomId).start()
else leaveFor("room-not-found")
