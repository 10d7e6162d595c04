// The room page's entry point: everything before the room is entered. Opening the page changes nothing; only Join takes
// a seat.

/** @import { Arrival as LinkArrival } from "./crypto/interface.js" */
/** @import { Session } from "./crypto/session.js" */
/** @import { Joined, RoomStatus } from "./net/wire.js" */

import { arrive, canEncrypt } from "./crypto/session.js"
import { Room } from "./model/room.js"
import { cleanName } from "./model/names.js"
import { isOn, loadName, saveName } from "./model/preferences.js"
import { forgetRoom, linkKind, openSession, storageOf, sweepBrowser, takeSeat, whyNotEncrypted } from "./model/seat.js"
import { findRoom, fragmentOf, roomIdOf, roomPath, socketUrl } from "./net/addresses.js"
import { codeOf, destroyRoom, identifiedStatus, listMessages, roomStatus } from "./net/api.js"
import { RoomSocket } from "./net/room-socket.js"
import { Door, Problem, Rescue } from "./view/door.js"
import { RoomView } from "./view/room-view.js"
import { showScene } from "./view/scenes.js"

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

class Arrival {
  #roomId
  #door
  #rescue
  #problem
  /** @type {LinkArrival} */
  #link = { kind: "key-missing" }
  /** @type {Session | null} kept until the room refuses it, so that a repeated request sends the same keys */
  #session = null
  /** @type {Room | null} */
  #room = null

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#door = new Door($("[data-door]"), (name) => this.#join(name))
    this.#rescue = new Rescue($("[data-rescue]"), (pasted) => this.#takeLink(pasted))
    this.#problem = new Problem($("[data-scene=problem]"), () => this.start())
    // The visitor put another link to this room into the address bar.
    addEventListener("hashchange", () => location.reload())
  }

  /** Gets the room's status and shows what can be done. */
  async start() {
    showScene("loading")
    sweepBrowser()
    try {
      await this.#decide(await identifiedStatus(this.#roomId))
    } catch (error) {
      this.#fail(codeOf(error))
    }
  }

  /** @param {RoomStatus} status */
  async #decide({ status, sealed }) {
    if (status === "full") return leaveFor("room-full")
    const hasSeat = status === "joined"
    const fragment = fragmentOf(location.hash)
    const storage = storageOf("localStorage")
    this.#link = arrive({ roomId: this.#roomId, fragment, isSealed: sealed, hasSeat, storage })
    const { kind } = this.#link
    if (kind === "downgraded") this.#problem.show(kind)
    else if (kind === "key-missing" || kind === "key-cut") this.#rescue.show(kind)
    else if (kind === "encrypted" && !(await canEncrypt())) this.#problem.show(whyNotEncrypted())
    else if (hasSeat) await this.#comeIn()
    else this.#door.show(loadName(), kind === "encrypted")
  }

  /** @param {string} code */
  #fail(code) {
    if (code === "bad-proof") return this.#rescue.show("key-wrong")
    if (code === "room-full") return leaveFor(code)
    if (code === "room-not-found") forgetRoom(this.#roomId)
    if (code === "room-not-found" || code === "bad-request") return leaveFor("room-not-found")
    this.#problem.show(code)
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
      void this.start()
    }
    return ""
  }

  /** @param {string} rawName */
  async #join(rawName) {
    const name = cleanName(rawName)
    if (name) saveName(name)
    try {
      await this.#comeIn()
    } catch (error) {
      this.#fail(codeOf(error))
    }
  }

  /** Takes a seat, or finds that this browser has one. From then on the URL contains no key. */
  async #comeIn() {
    this.#session ??= this.#openSession()
    const session = this.#session
    const joined = await this.#takeSeat(session)
    await session.afterJoin(joined)
    // It decrypts what this browser stores, so only the session may have it.
    delete joined.shelf
    history.replaceState(null, "", roomPath(this.#roomId))
    const [text, unsent] = await Promise.all([session.drafts.loadText(), session.drafts.loadUnsent()])
    enterRoom(this.#roomId, joined, session, { text, unsent }, (room) => (this.#room = room))
  }

  #openSession() {
    return openSession(this.#roomId, this.#link, {
      onChange: (state) => this.#room?.onSession(state),
      onOutcome: (seq, outcome) => this.#room?.onOutcome(seq, outcome),
    })
  }

  /** @param {Session} session */
  async #takeSeat(session) {
    try {
      return await takeSeat(this.#roomId, session)
    } catch (error) {
      // After this refusal another link may be pasted. Without an answer, the next attempt must send the same keys.
      if (codeOf(error) === "bad-proof") this.#session = null
      throw error
    }
  }
}

/**
 * @param {string} roomId
 * @param {Joined} joined
 * @param {Session} session
 * @param {{text: string, unsent: import("./crypto/drafts.js").Draft[]}} kept what survived a reload
 * @param {(room: Room) => void} onRoom
 */
function enterRoom(roomId, joined, session, { text, unsent }, onRoom) {
  /** @type {import("./model/surroundings.js").Platform} */
  const platform = {
    openSocket: (handlers) => new RoomSocket(socketUrl(roomId, location), handlers),
    list: (page) => listMessages(roomId, page),
    whyNot: () => roomStatus(roomId).then(() => "", codeOf),
    now: () => Date.now(),
    setTimeout: (act, ms) => setTimeout(act, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    whenIdle,
    wantsSeenMarks: () => isOn("seen"),
  }
  /** @type {Room} */
  let room
  const view = new RoomView($("[data-scene=inside]"), {
    enter: (listener) => {
      room = new Room(joined, { session, unsent, platform, listener })
      onRoom(room)
      return room
    },
    session,
    text,
    onDestroy: () => destroy(roomId, (code) => room.end(code)),
  })
  wirePage(view, () => {
    room.leave()
    view.clear()
  })
  view.start()
}

/**
 * @param {string} roomId
 * @param {(code: string) => void} end
 * @returns {Promise<string>} an error code if it failed, otherwise empty
 */
async function destroy(roomId, end) {
  try {
    await destroyRoom(roomId)
    end("room-destroyed")
  } catch (error) {
    const code = codeOf(error)
    if (code !== "room-not-found") return code
    end(code)
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
  // The browser may cache the page for its back button beyond the room's end, so the page must be empty.
  addEventListener("pagehide", (event) => {
    if (!event.persisted) return
    forget()
    showScene("loading")
  })
  addEventListener("pageshow", (event) => event.persisted && location.reload())
  // For browsers whose dvh unit ignores the keyboard.
  visualViewport?.addEventListener("resize", () => {
    document.documentElement.style.setProperty("--window-block-size", `${visualViewport?.height}px`)
  })
}

const roomId = roomIdOf(location.pathname)
if (roomId) void new Arrival(roomId).start()
else leaveFor("room-not-found")
