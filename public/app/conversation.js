// Being inside: the one file that knows all the parts. Sections: talking, sealing, who is here, waking and leaving.

/** @import { ServerFrame, Message, Draft } from "./protocol.js" */
/** @import { Entry, Opened, Pending } from "./messages.js" */
/** @import { Presence } from "./controls.js" */
/** @import { RoomShelf, Seal } from "./local.js" */

import { PAGE_MESSAGES, RoomSocket, listMessages, sentence, socketUrl, wordOf } from "./api.js"
import { Composer, Header, chime, clearShare, company, showShare, wireDestroy, wireMenu, wireShare } from "./controls.js"
import { MAX_PLAINTEXT_BYTES, cleanName, loadName, loadSound, saveName } from "./local.js"
import { MessageList, Timeline, newMessageId } from "./messages.js"

const TYPING_EVERY_MS = 2_500
const TYPING_SHOWN_MS = 4_000
/** Refusals that pass by themselves; the message is sent again after so long. */
const RETRY_MS = new Map([["too-many-requests", 2_000], ["store-unavailable", 3_000]])

const FIRST_READ_MS = 2_500
const LONGEST_READ_MS = 20_000

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

/**
 * Shows one scene and hides the others.
 * @param {string} name
 */
export function showScene(name) {
  for (const element of document.querySelectorAll("[data-scene]")) {
    const scene = /** @type {HTMLElement} */ (element)
    scene.hidden = scene.dataset.scene !== name
  }
}

export class Conversation {
  #roomId
  #shelf
  /** @type {Seal | null} null in a room that is not sealed */
  #seal
  #timeline
  #header = new Header($("[data-header]"))
  #list
  #composer
  #socket
  #name = loadName()
  #self = ""
  #hasEnded = false
  #isCatchingUp = false
  #readPatienceMs = FIRST_READ_MS
  #newestSeq = 0
  #isLoaded = false
  /** @type {Presence} */
  #presence = { participants: [], online: [] }
  /** @type {(Entry & {order: number})[]} what the page itself has to say, at its place */
  #notes = []
  /** Opening and sealing take a moment; what came first is dealt with first. One that fails stops no other. */
  #incoming = Promise.resolve()
  #outgoing = Promise.resolve()
  #typedAt = 0
  /** @type {number | undefined} */
  #typingTimer
  #unread = 0

  /** @param {{roomId: string, shelf: RoomShelf, seal: Seal | null, link: string}} given the link is the whole one */
  constructor({ roomId, shelf, seal, link }) {
    this.#roomId = roomId
    this.#shelf = shelf
    this.#seal = seal
    this.#timeline = new Timeline(shelf)
    const template = /** @type {HTMLTemplateElement} */ ($("#message"))
    this.#list = new MessageList($("[data-talk]"), template, (id) => this.#sendAgain(id))
    this.#composer = new Composer(/** @type {HTMLFormElement} */ ($("[data-composer]")), {
      onSend: (text) => this.#write(text),
      onInput: (text) => this.#noteInput(text),
      senderOf: () => this.#name,
      maxBytes: MAX_PLAINTEXT_BYTES,
    })
    this.#socket = new RoomSocket(socketUrl(roomId, location), {
      onFrame: (frame) => this.#queue(frame),
      onChange: (isOpen) => this.#noteConnection(isOpen),
      onEnd: (word) => this.#end(word),
    })
    wireShare(link)
    wireMenu(this)
    wireDestroy(roomId, (word) => this.#end(word))
    this.#wireWaking()
  }

  /** Shows the room and connects. */
  start() {
    showScene("inside")
    $("[data-plain]").hidden = this.#seal !== null
    this.#composer.text = this.#shelf.draft
    this.#show()
    this.#socket.connect()
    // On a phone the keyboard would cover the room before one has seen it.
    if (matchMedia("(hover: hover)").matches) this.#composer.focus()
  }

  get name() {
    return this.#name
  }

  /** @param {string} raw an empty one changes nothing */
  set name(raw) {
    const name = cleanName(raw)
    if (!name) return
    this.#name = name
    saveName(name)
  }

  // --- Talking ---

  /** @param {ServerFrame} frame */
  #queue(frame) {
    // The end does not wait for anything.
    if (frame.type === "destroy") return this.#end("room-destroyed")
    if (frame.type === "expire") return this.#end("room-expired")
    this.#incoming = this.#incoming.then(() => this.#hear(frame)).catch(reportError)
  }

  /** @param {ServerFrame} frame */
  async #hear(frame) {
    switch (frame.type) {
      case "ready":
        this.#self = frame.participantId
        this.#header.setClock(frame.now, frame.ttlSeconds)
        this.#header.expiresAt = frame.expiresAt
        this.#notePresence(frame)
        this.#sendPending()
        return void this.#catchUp(frame.lastSeq)
      case "message":
        this.#header.expiresAt = frame.expiresAt
        return this.#receive(frame.message)
      case "presence":
        this.#header.expiresAt = frame.expiresAt
        return this.#notePresence(frame)
      case "typing":
        return this.#showTyping()
      case "error":
        return this.#noteRefusal(frame.id, frame.error)
    }
  }

  /** @param {Message} message */
  async #receive(message) {
    const isNew = await this.#take(message)
    if (message.seq > this.#timeline.completeTo) void this.#catchUp(message.seq)
    if (!isNew) return
    if (message.participantId !== this.#self) this.#attend()
    this.#show()
  }

  /**
   * Asks for what is missing up to `seq`, page by page.
   * @param {number} seq
   */
  async #catchUp(seq) {
    this.#newestSeq = Math.max(this.#newestSeq, seq)
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    try {
      while (this.#timeline.completeTo < this.#newestSeq) await this.#readPage()
      this.#show()
      this.#isLoaded = true
    } catch (error) {
      const word = wordOf(error)
      if (word === "room-not-found" || word === "not-a-participant") this.#end(word)
      else this.#catchUpLater(seq)
    } finally {
      this.#isCatchingUp = false
    }
  }

  /**
   * After a silent network the browser may hold several dead connections, and each is found out by asking.
   * @param {number} seq
   */
  #catchUpLater(seq) {
    this.#readPatienceMs = Math.min(this.#readPatienceMs * 1.25, LONGEST_READ_MS)
    setTimeout(() => this.#socket.isReady && this.#catchUp(seq), 500)
  }

  async #readPage() {
    const after = this.#timeline.completeTo
    const { messages, lastSeq } = await listMessages(this.#roomId, after, this.#readPatienceMs)
    this.#readPatienceMs = FIRST_READ_MS
    for (const message of messages) await this.#take(message)
    // A number that was asked for and did not come does not exist.
    this.#timeline.settle(Math.min(after + PAGE_MESSAGES, lastSeq))
    this.#newestSeq = Math.max(this.#newestSeq, lastSeq)
  }

  /** @param {string} text */
  #write(text) {
    const draft = { id: newMessageId(), sender: this.#name, text }
    this.#timeline.write(draft, Date.now())
    this.#shelf.draft = ""
    this.#typedAt = 0
    this.#show()
    this.#list.toEnd()
    this.#send(draft)
  }

  /** After a reconnect the room may or may not have these: the same id makes sending again harmless. */
  #sendPending() {
    for (const { draft, problem } of this.#timeline.pending) if (problem === null) this.#send(draft)
  }

  /** @param {string} id */
  #sendAgain(id) {
    this.#timeline.mark(id, null)
    this.#show()
    const pending = this.#timeline.pending.find(({ draft }) => draft.id === id)
    if (pending) this.#send(pending.draft)
  }

  /**
   * @param {string | undefined} id
   * @param {string} word
   */
  #noteRefusal(id, word) {
    if (id === undefined) return
    const retryMs = RETRY_MS.get(word)
    if (retryMs) {
      setTimeout(() => this.#sendAgain(id), retryMs * (1 + Math.random()))
    } else {
      this.#timeline.mark(id, sentence(word))
      this.#show()
    }
  }

  // --- Sealing ---

  /**
   * Sends a draft, sealed where the room is. Without a connection nothing happens: it is pending and goes out later.
   * @param {Draft} draft
   */
  #send(draft) {
    if (!this.#socket.isReady) return
    this.#outgoing = this.#outgoing.then(async () => {
      const sealed = this.#seal ? await this.#seal.seal(draft, this.#self) : draft
      this.#socket.send({ type: "message", ...sealed })
    }).catch(reportError)
  }

  /**
   * Opens a message and takes it in. What does not open is never shown as if it were one.
   * @param {Message} message
   * @returns {Promise<boolean>} whether there is something new to show
   */
  async #take(message) {
    const opened = this.#seal ? await this.#seal.open(message) : message
    if (this.#hasEnded) return false
    if (opened) return this.#timeline.add({ ...message, sender: opened.sender, text: opened.text, isRefused: false })
    this.#timeline.mark(message.id, sentence("changed"))
    return this.#timeline.add({ ...message, sender: "", text: "", isRefused: true })
  }

  async #showSafetyCode() {
    const { participants } = this.#presence
    if (!this.#seal || participants.length < 2) return
    const words = await this.#seal.safetyCode(participants)
    $("[data-safety-code]").textContent = words.join(" ")
    $("[data-safety]").hidden = this.#hasEnded
  }

  // --- Showing ---

  #show() {
    this.#list.show(this.#entries(), !this.#isLoaded)
    const isAlone = this.#self !== "" && company(this.#presence, this.#self) === "alone"
    showShare(isAlone && this.#timeline.messages.length + this.#timeline.pending.length === 0)
  }

  /** @returns {Entry[]} */
  #entries() {
    const sent = this.#timeline.messages.map((message) => this.#entryOf(message))
    const settled = [...sent, ...this.#notes].sort((a, b) => a.order - b.order)
    return [...settled, ...this.#timeline.pending.map(pendingEntry)]
  }

  /**
   * @param {Opened} message
   * @returns {Entry & {order: number}}
   */
  #entryOf({ id, seq, participantId, sender, text, timestamp, isRefused }) {
    if (isRefused) return note(`refused-${seq}`, REFUSED, seq)
    return { key: id, order: seq, isOwn: participantId === this.#self, sender, text, timestamp, state: "sent" }
  }

  // --- Who is here ---

  /** @param {Presence} presence */
  #notePresence({ participants, online }) {
    const before = company(this.#presence, this.#self)
    const isFirst = this.#presence.participants.length === 0
    this.#presence = { participants, online }
    const now = company(this.#presence, this.#self)
    this.#header.company = now
    if (!isFirst && now !== before) this.#addNote(now === "together" ? "Both here" : "The other person left")
    void this.#showSafetyCode()
    this.#show()
  }

  /** @param {string} text */
  #addNote(text) {
    const order = this.#timeline.completeTo + 0.5
    // Coming and going says only how it stands now.
    this.#notes = this.#notes.filter((note) => note.order !== order)
    this.#notes.push(note(`note-${Date.now()}`, text, order))
  }

  #showTyping() {
    $("[data-typing]").textContent = "The other person is writing…"
    clearTimeout(this.#typingTimer)
    this.#typingTimer = setTimeout(() => this.#hideTyping(), TYPING_SHOWN_MS)
  }

  #hideTyping() {
    $("[data-typing]").textContent = ""
  }

  /** @param {string} text */
  #noteInput(text) {
    this.#shelf.draft = text
    if (text === "" || Date.now() - this.#typedAt < TYPING_EVERY_MS) return
    this.#typedAt = Date.now()
    this.#socket.send({ type: "typing" })
  }

  /** Somebody said something: a number in the title and a sound, if nobody is looking. */
  #attend() {
    this.#hideTyping()
    if (!document.hidden || !this.#isLoaded) return
    this.#unread += 1
    document.title = `(${this.#unread}) Duet`
    if (loadSound()) chime()
  }

  /** @param {boolean} isOpen */
  #noteConnection(isOpen) {
    if (!navigator.onLine) this.#header.connection = "Offline, your messages wait here"
    else this.#header.connection = isOpen ? "" : "Reconnecting…"
  }

  // --- Waking and leaving ---

  #wireWaking() {
    const wake = () => {
      if (document.hidden || this.#hasEnded) return
      this.#header.tick()
      this.#unread = 0
      document.title = "Duet"
      this.#socket.check()
    }
    document.addEventListener("visibilitychange", wake)
    addEventListener("pageshow", wake)
    for (const change of ["online", "offline"]) {
      addEventListener(change, () => {
        this.#noteConnection(this.#socket.isReady)
        wake()
      })
    }
    // Where dvh does not know of the keyboard.
    visualViewport?.addEventListener("resize", () => {
      document.documentElement.style.setProperty("--window-block-size", `${visualViewport?.height}px`)
    })
  }

  /**
   * The room is over for us: nothing of it stays in the page, in this tab's memory, or behind the back button.
   * @param {string} word
   */
  #end(word) {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#seal = null
    this.#socket.end()
    this.#timeline.clear()
    this.#notes = []
    this.#shelf.clear()
    this.#composer.text = ""
    this.#list.show([])
    this.#hideTyping()
    clearShare()
    $("[data-safety-code]").textContent = ""
    for (const dialog of document.querySelectorAll("dialog")) dialog.close()
    history.replaceState(null, "", "/")
    document.title = "Duet"
    showScene("ended")
    $("[data-ended-reason]").textContent = endReason(word)
    $("[data-ended-title]").focus()
  }
}

const REFUSED = "Something was refused here: it was not sealed in this room, or was changed on its way."

/**
 * A line of the page's own.
 * @param {string} key
 * @param {string} text
 * @param {number} order
 * @returns {Entry & {order: number}}
 */
function note(key, text, order) {
  return { key, order, isOwn: false, sender: "", text, timestamp: 0, state: "note" }
}

/** @param {string} word */
function endReason(word) {
  if (word === "room-destroyed") return "It was destroyed. Everything in it is deleted, for both of you."
  if (word === "room-expired") return "Its time was over. Everything in it is deleted, for both of you."
  if (word === "room-not-found") return "It ended while you were away. Everything in it is deleted, for both of you."
  return sentence(word)
}

/**
 * @param {Pending} pending
 * @returns {Entry}
 */
function pendingEntry({ draft, timestamp, problem }) {
  const state = problem === null ? "pending" : "failed"
  return { key: draft.id, isOwn: true, sender: draft.sender, text: draft.text, timestamp, state, problem: problem ?? "" }
}
