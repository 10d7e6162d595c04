// The room's entry: the only file that knows all the parts. Sections: scenes, coming in, talking, leaving.

/** @import { ServerFrame, Message } from "./protocol.js" */
/** @import { Entry } from "./message-list.js" */
/** @import { Pending } from "./timeline.js" */

import { ApiError, PAGE_MESSAGES, destroyRoom, joinRoom, listMessages, roomIdOf, roomPath, roomStatus, sentence, socketUrl } from "./api.js"
import { Composer } from "./composer.js"
import { Header, company } from "./header.js"
import { MessageList } from "./message-list.js"
import { RoomSocket } from "./socket.js"
import { RoomShelf, cleanName, loadName, loadSound, saveName, saveSound } from "./storage.js"
import { Timeline, newMessageId } from "./timeline.js"

const TYPING_EVERY_MS = 2_500
const TYPING_SHOWN_MS = 4_000
/** Refusals that pass by themselves; the message is sent again after so long. */
const RETRY_MS = new Map([["too-many-requests", 2_000], ["store-unavailable", 3_000]])

/** @param {string} selector */
function $(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector))
}

/** @param {string} name */
function showScene(name) {
  for (const scene of document.querySelectorAll("[data-scene]")) {
    /** @type {HTMLElement} */ (scene).hidden = /** @type {HTMLElement} */ (scene).dataset.scene !== name
  }
}

/** @param {unknown} error */
function wordOf(error) {
  return error instanceof ApiError ? error.word : "internal"
}

/**
 * Back to the lobby, which says why. Nothing stays behind in the history.
 * @param {string} word
 */
function leaveFor(word) {
  location.replace(`/?error=${word}`)
}

class RoomPage {
  #roomId
  #shelf
  #timeline
  #header = new Header($("[data-header]"))
  #list
  #composer
  #socket
  #name = loadName()
  #self = ""
  #hasEnded = false
  #isCatchingUp = false
  #newestSeq = 0
  #isLoaded = false
  /** @type {import("./header.js").Presence} */
  #presence = { participants: [], online: [] }
  /** @type {(Entry & {afterSeq: number})[]} what the page itself has to say, at its place */
  #notes = []
  #typedAt = 0
  /** @type {number | undefined} */
  #typingTimer
  #unread = 0

  /** @param {string} roomId */
  constructor(roomId) {
    this.#roomId = roomId
    this.#shelf = new RoomShelf(roomId)
    this.#timeline = new Timeline(this.#shelf)
    const template = /** @type {HTMLTemplateElement} */ ($("#message"))
    this.#list = new MessageList($("[data-talk]"), template, (id) => this.#sendAgain(id))
    this.#composer = new Composer(/** @type {HTMLFormElement} */ ($("[data-composer]")), {
      onSend: (text) => this.#write(text),
      onInput: (text) => this.#noteInput(text),
      senderOf: () => this.#name,
    })
    this.#socket = new RoomSocket(socketUrl(roomId, location), {
      onFrame: (frame) => this.#hear(frame),
      onChange: (isOpen) => this.#noteConnection(isOpen),
      onEnd: (word) => this.#end(word),
    })
    this.#wireControls()
    this.#wireWaking()
  }

  // --- Coming in ---

  /** Looks at the room. Changes nothing in it. */
  async arrive() {
    try {
      const { status } = await roomStatus(this.#roomId)
      if (status === "joined") this.#enter()
      else if (status === "open") this.#showDoor()
      else leaveFor("room-full")
    } catch (error) {
      const word = wordOf(error)
      if (word === "room-not-found" || word === "bad-request") leaveFor("room-not-found")
      else this.#showProblem(word)
    }
  }

  #showDoor() {
    showScene("door")
    const field = /** @type {HTMLInputElement} */ ($("#door-name"))
    field.value = this.#name
  }

  /** @param {string} word */
  #showProblem(word) {
    showScene("problem")
    $("[data-problem]").textContent = sentence(word)
  }

  /** @param {SubmitEvent} event */
  async #join(event) {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"))
    this.#rename(/** @type {HTMLInputElement} */ (form.elements.namedItem("name")).value)
    button.disabled = true
    try {
      await joinRoom(this.#roomId)
      this.#enter()
    } catch (error) {
      const word = wordOf(error)
      if (word === "room-full" || word === "room-not-found") return leaveFor(word)
      const problem = $("[data-door-problem]")
      problem.textContent = sentence(word)
      problem.hidden = false
      button.disabled = false
    }
  }

  #enter() {
    showScene("inside")
    this.#composer.text = this.#shelf.draft
    this.#show()
    this.#socket.connect()
    // On a phone the keyboard would cover the room before one has seen it.
    if (matchMedia("(hover: hover)").matches) this.#composer.focus()
  }

  // --- Talking ---

  /** @param {ServerFrame} frame */
  #hear(frame) {
    switch (frame.type) {
      case "ready":
        this.#self = frame.participantId
        this.#header.setClock(frame.now, frame.ttlSeconds)
        this.#header.expiresAt = frame.expiresAt
        this.#notePresence(frame)
        return void this.#catchUp(frame.lastSeq)
      case "message":
        this.#header.expiresAt = frame.expiresAt
        return this.#receive(frame.message)
      case "presence":
        this.#header.expiresAt = frame.expiresAt
        return this.#notePresence(frame)
      case "typing":
        return this.#showTyping()
      case "destroy":
        return this.#end("room-destroyed")
      case "expire":
        return this.#end("room-expired")
      case "error":
        return this.#noteRefusal(frame.id, frame.error)
    }
  }

  /** @param {Message} message */
  #receive(message) {
    const isNew = this.#timeline.add(message)
    if (message.seq > this.#timeline.completeTo) void this.#catchUp(message.seq)
    if (!isNew) return
    if (message.participantId !== this.#self) this.#attend()
    this.#show()
  }

  /**
   * Asks for what is missing up to `seq`, page by page, and then sends what waited.
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
      this.#sendPending()
    } catch (error) {
      const word = wordOf(error)
      if (word === "room-not-found" || word === "not-a-participant") this.#end(word)
      else setTimeout(() => this.#socket.isReady && this.#catchUp(seq), 2_000)
    } finally {
      this.#isCatchingUp = false
    }
  }

  async #readPage() {
    const { messages, lastSeq } = await listMessages(this.#roomId, this.#timeline.completeTo)
    messages.forEach((message) => this.#timeline.add(message))
    // A number that is not in the answer does not exist; a full page says nothing about what is behind it.
    const isFull = messages.length === PAGE_MESSAGES
    this.#timeline.settle(isFull ? (messages.at(-1)?.seq ?? 0) : lastSeq)
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

  /** @param {import("./protocol.js").Draft} draft */
  #send(draft) {
    this.#socket.send({ type: "message", ...draft })
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

  #show() {
    this.#list.show(this.#entries(), !this.#isLoaded)
    const isAlone = company(this.#presence, this.#self) === "alone"
    $("[data-share]").hidden = !isAlone || this.#timeline.messages.length + this.#timeline.pending.length > 0
  }

  /** @returns {Entry[]} */
  #entries() {
    const sent = this.#timeline.messages.map((message) => this.#entryOf(message))
    const notes = this.#notes.map((note) => ({ ...note, order: note.afterSeq + 0.5 }))
    const settled = [...sent, ...notes].sort((a, b) => a.order - b.order)
    return [...settled, ...this.#timeline.pending.map(pendingEntry)]
  }

  /** @param {Message} message */
  #entryOf(message) {
    const { id, seq, sender, text, timestamp } = message
    const isOwn = message.participantId === this.#self
    return { key: id, order: seq, isOwn, sender, text, timestamp, state: /** @type {const} */ ("sent") }
  }

  // --- Who is here ---

  /** @param {{participants: string[], online: string[]}} presence */
  #notePresence({ participants, online }) {
    const before = company(this.#presence, this.#self)
    const isFirst = this.#presence.participants.length === 0
    this.#presence = { participants, online }
    const now = company(this.#presence, this.#self)
    this.#header.company = now
    if (!isFirst && now !== before) this.#addNote(now === "together" ? "Both here" : "The other person left")
    this.#show()
  }

  /** @param {string} text */
  #addNote(text) {
    const afterSeq = this.#timeline.completeTo
    // Coming and going says only how it stands now.
    this.#notes = this.#notes.filter((note) => note.afterSeq !== afterSeq)
    this.#notes.push({ key: `note-${Date.now()}-${afterSeq}`, isOwn: false, sender: "", text, timestamp: Date.now(), state: "note", afterSeq })
  }

  #showTyping() {
    const element = $("[data-typing]")
    element.textContent = "The other person is writing…"
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
    this.#header.connection = isOpen ? "" : navigator.onLine ? "Reconnecting…" : "Offline, your messages wait here"
  }

  // --- Controls ---

  #wireControls() {
    $("[data-door]").addEventListener("submit", (event) => this.#join(/** @type {SubmitEvent} */ (event)))
    $("[data-again]").addEventListener("click", () => {
      showScene("loading")
      void this.arrive()
    })
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.addEventListener("click", () => this.#copyLink(/** @type {HTMLElement} */ (button)))
    }
    /** @type {HTMLInputElement} */ ($("[data-share-link]")).value = this.#link
    const share = $("[data-system-share]")
    share.hidden = !("share" in navigator)
    share.addEventListener("click", () => navigator.share({ url: this.#link }).catch(() => {}))
    this.#wireMenu()
    this.#wireDestroy()
  }

  #wireMenu() {
    const field = /** @type {HTMLInputElement} */ ($("#name"))
    $("#menu").addEventListener("beforetoggle", () => (field.value = this.#name))
    field.addEventListener("change", () => this.#rename(field.value))
    $("[data-name-form]").addEventListener("submit", (event) => {
      event.preventDefault()
      this.#rename(field.value)
      $("#menu").hidePopover()
    })
    const sound = /** @type {HTMLInputElement} */ ($("[data-sound]"))
    sound.checked = loadSound()
    sound.addEventListener("change", () => saveSound(sound.checked))
  }

  #wireDestroy() {
    const dialog = /** @type {HTMLDialogElement} */ ($("[data-destroy-dialog]"))
    $("[data-destroy]").addEventListener("click", () => {
      $("#menu").hidePopover()
      dialog.showModal()
    })
    $("[data-destroy-keep]").addEventListener("click", () => dialog.close())
    $("[data-destroy-now]").addEventListener("click", () => this.#destroy(dialog))
  }

  /** @param {HTMLDialogElement} dialog */
  async #destroy(dialog) {
    try {
      await destroyRoom(this.#roomId)
      dialog.close()
      this.#end("room-destroyed")
    } catch (error) {
      const problem = $("[data-destroy-problem]")
      problem.textContent = sentence(wordOf(error))
      problem.hidden = false
    }
  }

  /** @param {string} raw */
  #rename(raw) {
    const name = cleanName(raw)
    if (!name) return
    this.#name = name
    saveName(name)
  }

  get #link() {
    return location.origin + roomPath(this.#roomId)
  }

  /** @param {HTMLElement} button */
  async #copyLink(button) {
    const label = /** @type {HTMLElement} */ (button.querySelector("[data-copy-label]"))
    const hasCopied = await copy(this.#link)
    label.textContent = hasCopied ? "Copied" : "Press Ctrl+C"
    $("[data-announce]").textContent = hasCopied ? "The link is copied." : "Copying is not allowed here."
    setTimeout(() => (label.textContent = "Copy link"), 2_000)
  }

  // --- Waking and leaving ---

  #wireWaking() {
    const wake = () => {
      if (document.hidden) return
      this.#header.tick()
      this.#unread = 0
      if (!this.#hasEnded) document.title = "Duet"
      if (this.#self) this.#socket.check()
    }
    document.addEventListener("visibilitychange", wake)
    addEventListener("pageshow", wake)
    addEventListener("online", () => {
      this.#noteConnection(this.#socket.isReady)
      wake()
    })
    addEventListener("offline", () => this.#noteConnection(this.#socket.isReady))
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
    this.#socket.end()
    this.#timeline.clear()
    this.#notes = []
    this.#shelf.clear()
    this.#composer.text = ""
    this.#list.show([])
    for (const dialog of document.querySelectorAll("dialog")) dialog.close()
    history.replaceState(null, "", "/")
    document.title = "Duet"
    showScene("ended")
    $("[data-ended-reason]").textContent = endReason(word)
    $("[data-ended-title]").focus()
  }
}

/** @param {string} word */
function endReason(word) {
  if (word === "room-destroyed") return "It was destroyed. Everything in it is deleted, for both of you."
  if (word === "room-expired") return "Its time was over. Everything in it is deleted, for both of you."
  if (word === "room-not-found") return "It ended while you were away. Everything in it is deleted, for both of you."
  return sentence(word)
}

/** @param {Pending} pending */
function pendingEntry({ draft, timestamp, problem }) {
  const state = problem === null ? /** @type {const} */ ("pending") : /** @type {const} */ ("failed")
  return { key: draft.id, isOwn: true, sender: draft.sender, text: draft.text, timestamp, state, problem: problem ?? "" }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No clipboard without https, or without leave: the field that shows the link can be copied from by hand.
    const field = /** @type {HTMLInputElement} */ ($("[data-share-link]"))
    field.select()
    return document.execCommand("copy")
  }
}

/** Two soft notes, drawn and not loaded. */
function chime() {
  const context = new AudioContext()
  const gain = context.createGain()
  gain.connect(context.destination)
  gain.gain.setValueAtTime(0.08, context.currentTime)
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.4)
  for (const [frequency, delay] of [[660, 0], [880, 0.12]]) {
    const tone = context.createOscillator()
    tone.frequency.value = frequency
    tone.connect(gain)
    tone.start(context.currentTime + delay)
    tone.stop(context.currentTime + 0.4)
  }
  setTimeout(() => context.close(), 1_000)
}

const roomId = roomIdOf(location.pathname)
if (roomId) void new RoomPage(roomId).arrive()
else leaveFor("room-not-found")
