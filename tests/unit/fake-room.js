// The environment of a page's encryption, in memory: browsers with tabs, and the parts of a room that matter to it.

import { arrive } from "../../public/app/crypto/arrival.js"
import { newLinkSecret } from "../../public/app/crypto/link.js"
import { createSession } from "../../public/app/crypto/session.js"

export const ROOM_ID = "V1StGXR8_Z5jdHi6B-myT"

/** localStorage of one browser, seen from a tab. A change fires an event in all other tabs. */
class TabStorage {
  #browser
  #tab

  constructor(browser, tab) {
    this.#browser = browser
    this.#tab = tab
  }

  get length() {
    return this.#browser.items.size
  }

  key(index) {
    return [...this.#browser.items.keys()][index] ?? null
  }

  getItem(item) {
    return this.#browser.items.get(item) ?? null
  }

  setItem(item, value) {
    if (this.#browser.isFull) throw new DOMException("full", "QuotaExceededError")
    this.#browser.items.set(item, value)
    this.#notify(item)
  }

  removeItem(item) {
    this.#browser.items.delete(item)
    this.#notify(item)
  }

  #notify(key) {
    for (const tab of this.#browser.tabs) {
      const event = Object.assign(new Event("storage"), { key })
      if (tab !== this.#tab) queueMicrotask(() => tab.events.dispatchEvent(event))
    }
  }
}

class Locks {
  #tails = new Map()

  request(name, task) {
    const done = (this.#tails.get(name) ?? Promise.resolve()).then(task)
    this.#tails.set(
      name,
      done.catch(() => {}),
    )
    return done
  }
}

/** A browser profile: one storage, one identity, any number of tabs. */
export class Browser {
  items = new Map()
  tabs = []
  locks = new Locks()
  isFull = false
  nowMs = 1_795_461_754_129

  constructor(participantId) {
    this.participantId = participantId
  }

  /** Loads a page: everything that it needs to make a session. */
  openTab() {
    const tab = { events: new EventTarget() }
    tab.storage = new TabStorage(this, tab)
    this.tabs.push(tab)
    return tab
  }

  /** The names of a room's entries in storage. */
  entryNames() {
    return [...this.items.keys()].map((item) => item.split(":")[3]).sort()
  }
}

/** The room on an honest server. */
export class Room {
  seats = new Map()
  messages = []

  constructor(secret = newLinkSecret()) {
    this.secret = secret
  }

  join(participantId, { hello, shelf }) {
    if (!this.seats.has(participantId)) this.seats.set(participantId, { hello, shelf })
    return { participantId, hellos: this.hellos, shelf: this.seats.get(participantId).shelf, expiresAt: 0 }
  }

  get hellos() {
    return Object.fromEntries([...this.seats].map(([id, { hello }]) => [id, hello]))
  }

  /** Stores a message like the room: a known id is not stored again. */
  store(participantId, outgoing) {
    if (!outgoing || this.messages.some(({ id }) => id === outgoing.id)) return
    const { id, text } = outgoing
    this.messages.push({ seq: this.messages.length + 1, id, participantId, sender: "", text, timestamp: 0 })
  }
}

/** A page in one tab of a browser. */
export class Page {
  states = []
  laterOutcomes = new Map()

  constructor(browser, room, options = {}) {
    this.browser = browser
    this.room = room
    const tab = browser.openTab()
    const hasSeat = room.seats.has(browser.participantId)
    this.session = createSession({
      roomId: ROOM_ID,
      arrival: { kind: "encrypted", secret: hasSeat ? null : room.secret.slice() },
      storage: tab.storage,
      tabStorage: null,
      locks: browser.locks,
      events: tab.events,
      onChange: (state) => this.states.push(state),
      onOutcome: (seq, outcome) => this.laterOutcomes.set(seq, outcome),
      now: () => browser.nowMs,
      wait: async (ms) => {
        browser.nowMs += ms
      },
      ...options,
    })
  }

  get state() {
    return this.session.state
  }

  async join() {
    const answer = this.room.join(this.browser.participantId, await this.session.joinFields())
    await this.session.afterJoin(answer)
    return this
  }

  /** What a page does on `ready`: handle hellos, send keys, read the history. */
  async ready() {
    await this.session.onHellos(this.room.hellos)
    this.room.store(this.browser.participantId, await this.session.keysMessage())
    return this.session.open(this.room.messages)
  }

  async say(text) {
    const draft = { id: newId(), sender: this.browser.participantId, text, at: this.browser.nowMs }
    this.room.store(this.browser.participantId, await this.session.seal(draft))
    return draft
  }
}

let lastId = 0

export function newId() {
  lastId += 1
  return `message-${String(lastId).padStart(13, "0")}`
}

export const ANN = "aaaaaaaaaaaaaaaa"
export const BEN = "bbbbbbbbbbbbbbbb"

/** Two browsers in one room that know each other's keys. */
export async function twoPeople() {
  const room = new Room()
  const [ann, ben] = [new Browser(ANN), new Browser(BEN)]
  const annPage = await new Page(ann, room).join()
  const benPage = await new Page(ben, room).join()
  for (const page of [annPage, benPage, annPage, benPage]) await page.ready()
  return { room, ann, ben, annPage, benPage }
}

export function arriveWith(storage, { fragment = "", isSealed = true, hasSeat = false }) {
  return arrive({ roomId: ROOM_ID, fragment, isSealed, hasSeat, storage }).kind
}
