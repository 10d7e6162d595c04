// The inside of a room: combines its views and shows what the model reports.

/** @import { SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */
/** @import { Room } from "../model/room.js" */
/** @import { Listener } from "../model/surroundings.js" */
/** @import { Composer } from "./composer.js" */

import { clock, isSameDay } from "../model/dates.js"
import { cleanName } from "../model/names.js"
import { isOn, loadName, saveName } from "../model/preferences.js"
import { endReason, say } from "../words.js"
import { Attention } from "./attention.js"
import { Bar } from "./bar.js"
import { DestroyDialog } from "./dialogs.js"
import { Encryption } from "./encryption.js"
import { Header } from "./header.js"
import { Menu } from "./menu.js"
import { MessageList } from "./message-list.js"
import { showScene } from "./scenes.js"
import { Share } from "./share.js"
import { Shortcuts } from "./shortcuts.js"
import { put, silence } from "./texts.js"

const CONNECTION_KEYS = {
  connecting: "header.connecting",
  open: "",
  lost: "header.reconnecting",
  "over-quota": "header.over-quota",
  replaced: "header.replaced",
}

/** Long enough for every screen reader to notice. */
const ANNOUNCED_MS = 5_000

/** @implements {Listener} */
export class RoomView {
  #root
  #room
  #session
  #name = loadName()
  #day = new Date()
  #hasWarned = false
  #header
  #bar
  #list
  #composer
  #share
  #dialog
  #encryption
  #shortcuts
  #attention = new Attention()
  /** @type {number} */
  #clock

  /**
   * @param {HTMLElement} root
   * @param {object} given
   * @param {(listener: Listener) => Room} given.enter
   * @param {Session} given.session
   * @param {Composer} given.composer
   * @param {string} given.text the composer's text from before a reload
   * @param {() => Promise<string>} given.onDestroy returns an error code if it failed
   */
  constructor(root, { enter, session, composer, text, onDestroy }) {
    this.#root = root
    this.#session = session
    this.#header = new Header(this.#find("[data-header]"))
    this.#bar = new Bar(this.#find("[data-bar]"))
    this.#share = new Share(root, announce)
    this.#share.link = session.link && location.origin + session.link
    this.#dialog = new DestroyDialog(/** @type {HTMLDialogElement} */ (this.#find("[data-destroy-dialog]")), onDestroy)
    this.#room = enter(this)
    this.#list = new MessageList(this.#find("[data-talk]"), {
      template: /** @type {HTMLTemplateElement} */ (document.querySelector("#message")),
      timeline: this.#room.timeline,
      onRetry: (id) => this.#room.outbox.retry(id),
      onNeedOlder: () => this.#room.wantOlder(),
      onRead: (seq) => document.hidden || this.#room.seen.note(seq),
      isFirst: () => this.#room.presence.isFirst,
    })
    for (const pending of this.#room.outbox.pending) this.#list.updatePending(pending, true)
    this.#composer = composer
    if (text) composer.text = text
    composer.begin({
      onSend: (text) => this.#write(text),
      onInput: (text) => this.#room.noteDraft(text),
      bytesLeft: (text) => session.bytesLeft({ sender: this.#name, text }),
    })
    this.#wireMenu()
    this.#shortcuts = new Shortcuts(root, () => this.#composer.focus())
    this.#encryption = new Encryption(root, {
      session,
      onStop: () => this.#onStop(),
      onDestroy: () => this.#dialog.open(),
    })
    this.#clock = setInterval(() => this.#onTick(), 1_000)
  }

  /** Shows the room and connects. */
  start() {
    showScene("inside")
    this.#list.toEnd()
    this.onSession(this.#session.state)
    this.#room.connect()
    this.#composer.focusOnArrival()
  }

  /** The page is visible again, or the network is back. */
  wake() {
    this.onConnection()
    if (document.hidden || this.#room.hasEnded) return
    this.#attention.rest()
    this.#list.noteRead()
    this.#onTick()
    this.#room.wake()
  }

  /** Removes everything of the room from the page. */
  clear() {
    clearInterval(this.#clock)
    this.#list.clear()
    this.#composer.text = ""
    this.#share.link = ""
    this.#share.isShown = false
    this.#bar.show(null)
    this.onTyping(false)
    this.#encryption.clear()
    this.#find("[data-early]").hidden = true
    this.#dialog.close()
    this.#shortcuts.close()
    this.#attention.rest()
    announce("")
  }

  // --- What the room says ---

  /** @param {number[]} changed */
  onMessages(changed) {
    this.#list.update(changed)
    this.#showShare()
  }

  /** @param {import("../model/outbox.js").Pending} pending */
  onPending(pending) {
    this.#list.updatePending(pending, this.#room.outbox.has(pending.id))
    this.#showShare()
  }

  onArrival() {
    if (this.#room.isLoaded) this.#attention.attract()
  }

  /** @param {"together" | "left" | null} news */
  onPresence(news) {
    this.#showStatus()
    this.#showShare()
    if (news) this.#list.addNote(`note.${news}`)
  }

  /** @param {SessionState} state */
  onSession(state) {
    this.#encryption.show(state)
    this.#showProgress()
    this.#showShare()
  }

  /** @param {boolean} wasKept */
  onLifetime(wasKept) {
    if (wasKept) announce(say("note.kept"))
    this.#showClock()
  }

  onConnection() {
    this.#showStatus()
    this.#showBar()
  }

  /** @param {boolean} isTyping */
  onTyping(isTyping) {
    put(this.#find("[data-typing]"), isTyping ? () => say("typing") : silence)
  }

  onOverdue() {
    this.#list.clear()
    this.onTyping(false)
    this.#attention.rest()
    this.#dialog.close()
    this.#shortcuts.close()
    showScene("overdue")
  }

  onResume() {
    this.#room.leave()
    this.clear()
    location.reload()
  }

  /** @param {string} code the reason */
  onEnd(code) {
    this.clear()
    history.replaceState(null, "", "/")
    const scene = showScene("ended")
    const reason = /** @type {HTMLElement} */ (scene.querySelector("[data-ended-reason]"))
    put(reason, () => endReason(code))
  }

  // --- Showing ---

  #onTick() {
    this.#room.checkExpiry()
    if (this.#room.hasEnded) return
    this.#showClock()
    const today = new Date()
    if (isSameDay(today, this.#day)) return
    this.#day = today
    this.#list.refreshTimes()
  }

  #showClock() {
    this.#header.showTime(this.#room.lifetime, Date.now())
    this.#showBar()
  }

  #showStatus() {
    const { presence, connection } = this.#room
    const key = connection !== "replaced" && !navigator.onLine ? "header.offline" : CONNECTION_KEYS[connection]
    this.#header.showStatus(presence.company, key)
  }

  #showBar() {
    const { connection, lifetime } = this.#room
    const now = Date.now()
    if (connection === "replaced") {
      this.#bar.show({
        text: () => say("bar.replaced"),
        button: () => say("bar.continue"),
        onPress: () => this.#room.connect(),
      })
    } else if (connection === "open" && lifetime.isEnding(now) && lifetime.msLeft(now) > 0) {
      this.#bar.show(this.#endingOffer(Math.ceil(lifetime.msLeft(now) / 1000)))
      this.#warn(true)
    } else {
      this.#bar.show(null)
      this.#warn(false)
    }
  }

  /**
   * @param {number} seconds left
   * @returns {import("./bar.js").Offer}
   */
  #endingOffer(seconds) {
    if (this.#room.lifetime.isLast) return { text: () => say("bar.last", { time: clock(seconds) }) }
    return {
      text: () => say("bar.ends", { time: clock(seconds) }),
      button: () => say("bar.keep"),
      onPress: () => {
        this.#room.keepOpen()
        // The button goes away.
        this.#composer.focus()
      },
    }
  }

  /**
   * Tells screen readers once that the room ends soon.
   * @param {boolean} isEnding
   */
  #warn(isEnding) {
    if (isEnding && !this.#hasWarned) announce(say(this.#room.lifetime.isLast ? "bar.last.aloud" : "bar.ends.aloud"))
    this.#hasWarned = isEnding
  }

  #showShare() {
    const { presence, isEmpty, isStopped } = this.#room
    this.#share.isShown = presence.isKnown && presence.company === "alone" && isEmpty && !isStopped
    this.#find("[data-early]").hidden = this.#session.state.phase !== "alone" || !this.#room.hasMessages
  }

  #showProgress() {
    const { otherHasSeen, otherHasRead } = this.#session.state
    this.#list.showProgress({ received: otherHasSeen, read: isOn("seen") ? otherHasRead : 0 })
  }

  /** Nothing more can be written. What is shown stays. */
  #onStop() {
    this.#composer.isShown = false
    this.onTyping(false)
    this.#showShare()
  }

  // --- Doing ---

  /** @param {string} text */
  #write(text) {
    this.#room.write(text, this.#name)
    this.#list.toEnd()
  }

  #wireMenu() {
    new Menu(this.#find("#menu"), {
      name: () => this.#name,
      onName: (raw) => this.#rename(cleanName(raw)),
      onSeenMarks: () => {
        this.#showProgress()
        this.#room.seen.repeat()
      },
      onDestroy: () => this.#dialog.open(),
    })
  }

  /** @param {string} name empty: nothing changes */
  #rename(name) {
    if (!name) return
    this.#name = name
    saveName(name)
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(selector))
  }
}

/** @type {number} */
let announced

/**
 * Tells screen readers something. The text is removed afterwards, so that the same one can be told again.
 * @param {string} words
 */
function announce(words) {
  const place = /** @type {HTMLElement} */ (document.querySelector("[data-announce]"))
  place.textContent = words
  clearTimeout(announced)
  announced = setTimeout(() => (place.textContent = ""), ANNOUNCED_MS)
}
