// The room page from Join on: takes a seat and shows the conversation. Its modules load while the visitor is still at the
// door.

/** @import { Arrival } from "./crypto/interface.js" */
/** @import { Session } from "./crypto/session.js" */
/** @import { Joined } from "./net/wire.js" */
/** @import { Composer } from "./view/composer.js" */

import { Room } from "./model/room.js"
import { isOn } from "./model/preferences.js"
import { openSession, takeSeat } from "./model/seat.js"
import { roomPath, socketUrl } from "./net/addresses.js"
import { codeOf, destroyRoom, listMessages, roomStatus } from "./net/api.js"
import { RoomSocket } from "./net/room-socket.js"
import { RoomView } from "./view/room-view.js"
import { showScene } from "./view/scenes.js"

/** An attempt to enter. It may be repeated, and then sends the same keys. */
export class Entrance {
  #roomId
  #composer
  #session
  /** @type {Room | null} */
  #room = null

  /**
   * @param {string} roomId
   * @param {Arrival} link
   * @param {Composer} composer
   */
  constructor(roomId, link, composer) {
    this.#roomId = roomId
    this.#composer = composer
    this.#session = openSession(roomId, link, {
      onChange: (state) => this.#room?.onSession(state),
      onOutcome: (seq, outcome) => this.#room?.onOutcome(seq, outcome),
    })
  }

  /** Takes a seat, or finds that this browser has one. From then on the URL contains no key. */
  async comeIn() {
    const session = this.#session
    const joined = await takeSeat(this.#roomId, session)
    await session.afterJoin(joined)
    // It decrypts what this browser stores, so only the session may have it.
    delete joined.shelf
    history.replaceState(null, "", roomPath(this.#roomId))
    await enterRoom(this.#roomId, joined, session, this.#composer, (room) => (this.#room = room))
  }
}

/**
 * @param {string} roomId
 * @param {Joined} joined
 * @param {Session} session
 * @param {Composer} composer
 * @param {(room: Room) => void} onRoom
 */
async function enterRoom(roomId, joined, session, composer, onRoom) {
  const [text, unsent] = await Promise.all([session.drafts.loadText(), session.drafts.loadUnsent()])
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
  const view = new RoomView(/** @type {HTMLElement} */ (document.querySelector("[data-scene=inside]")), {
    enter: (listener) => {
      room = new Room(joined, { session, unsent, platform, listener })
      onRoom(room)
      return room
    },
    session,
    composer,
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
