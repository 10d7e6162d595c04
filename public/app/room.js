// The room's entry: what happens before one is inside. Looking changes nothing; only Join takes a seat.

/** @import { Arrival as LinkArrival } from "./crypto/interface.js" */
/** @import { Session } from "./crypto/session.js" */
/** @import { Joined, RoomStatus } from "./net/wire.js" */

import { arrive, canEncrypt } from "./crypto/session.js"
import { Room } from "./model/room.js"
import { cleanName } from "./model/names.js"
import { loadName, saveName } from "./model/preferences.js"
import { forgetRoom, linkKind, openSession, storageOf, sweepBrowser, takeSeat, whyNotEncrypted } from "./model/seat.js"
import { findRoom, fragmentOf, roomIdOf, roomPath, socketUrl } from "./net/addresses.js"
import { destroyRoom, identifiedStatus, listMessages, roomStatus, wordOf } from "./net/api.js"
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
  #door
  #rescue
  #problem
  /** @type {LinkArrival} */
  #link = { kind: "key-missing" }
  /** @type {Session | null} the same until the room refuses it: a repeated request sends the same keys */
  #session = null
  /** @type {Room | null} */
  #room = null

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#door = new Door($("[data-door]"), (name) => this.#join(name))
    this.#rescue = new Rescue($("[data-rescue]"), (pasted) => this.#takeLink(pasted))
    this.#problem = new Problem($("[data-scene=problem]"), () => this.start())
    // Somebody put another link for this room into the address bar.
    addEventListener("hashchange", () => location.reload())
  }

  /** Looks at the room, and shows what there is to do. */
  async start() {
    showScene("loading")
    sweepBrowser()
    try {
      await this.#decide(await identifiedStatus(this.#roomId))
    } catch (error) {
      this.#fail(wordOf(error))
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
    if (kind === "downgraded") this.#problem.show(sentence(kind))
    else if (kind === "key-missing" || kind === "key-cut") this.#rescue.show(sentence(kind))
    else if (kind === "encrypted" && !(await canEncrypt())) this.#problem.show(sentence(whyNotEncrypted()))
    else if (hasSeat) await this.#comeIn()
    else this.#door.show(loadName(), kind === "encrypted")
  }

  /** @param {string} word */
  #fail(word) {
    if (word === "bad-proof") return this.#rescue.show(sentence("key-wrong"))
    if (word === "room-full") return leaveFor(word)
    if (word === "room-not-found") forgetRoom(this.#roomId)
    if (word === "room-not-found" || word === "bad-request") return leaveFor("room-not-found")
    this.#problem.show(sentence(word))
  }

  /**
   * @param {string} pasted
   * @returns {string} what is wrong with it, as a sentence
   */
  #takeLink(pasted) {
    const room = findRoom(pasted)
    if (!room) return sentence("bad-link")
    const kind = linkKind(room.roomId, room.fragment)
    if (kind !== "encrypted") return sentence(kind)
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
      this.#fail(wordOf(error))
    }
  }

  /** Takes the seat, or finds that it is ours. From then on the address holds no key. */
  async #comeIn() {
    this.#session ??= this.#openSession()
    const session = this.#session
    const joined = await this.#takeSeat(session)
    await session.afterJoin(joined)
    // It opens what this browser keeps, and only the session is to have it.
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
      // Another link may be pasted now; without an answer, the next attempt has to send the same keys.
      if (wordOf(error) === "bad-proof") this.#session = null
      throw error
    }
  }
}

/**
 * @param {string} roomId
 * @param {Joined} joined
 * @param {Session} session
 * @param {{text: string, unsent: import("./crypto/drafts.js").Draft[]}} kept from before a reload
 * @param {(room: Room) => void} onRoom
 */
function enterRoom(roomId, joined, session, { text, unsent }, onRoom) {
  /** @type {import("./model/surroundings.js").Platform} */
  const platform = {
    openSocket: (handlers) => new RoomSocket(socketUrl(roomId, location), handlers),
    list: (page) => listMessages(roomId, page),
    whyNot: () => roomStatus(roomId).then(() => "", wordOf),
    now: () => Date.now(),
    setTimeout: (act, ms) => setTimeout(act, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    whenIdle,
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
