// Draws attention to new messages while the user looks elsewhere: a number in the title and on the app's icon, a dot in
// the tab's icon, and, if the user wants them, a sound and a notification. None of them reveals anything of a message.

import { isOn } from "../model/preferences.js"
import { say } from "../words.js"

const ICON = "/favicon.svg"
const ICON_UNREAD = "/favicon-unread.svg"

export class Attention {
  #unread = 0
  /** @type {Notification | null} */
  #notification = null

  /** A message arrived. */
  attract() {
    if (!document.hidden) return
    this.#unread += 1
    document.title = say("title.unread", { count: this.#unread })
    showIcon(ICON_UNREAD)
    void navigator.setAppBadge?.(this.#unread).catch(ignore)
    if (isOn("sound")) chime()
    if (isOn("notifications")) this.#notify()
  }

  /** The user looks at the page, or there is nothing new. */
  rest() {
    this.#unread = 0
    document.title = say("brand")
    showIcon(ICON)
    void navigator.clearAppBadge?.().catch(ignore)
    this.#notification?.close()
    this.#notification = null
  }

  #notify() {
    this.#notification?.close()
    try {
      this.#notification = new Notification(say("notification"), { icon: ICON_UNREAD })
      this.#notification.addEventListener("click", () => window.focus())
    } catch {
      // Browsers on Android allow notifications from service workers only, and Duet has none.
    }
  }
}

/** Asks the user for the permission to notify, unless they have decided. */
export async function mayNotify() {
  return (await Notification.requestPermission()) === "granted"
}

/** The badge is optional, so a failure is ignored. */
function ignore() {}

/** @param {string} path */
function showIcon(path) {
  const link = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"))
  if (link.getAttribute("href") !== path) link.setAttribute("href", path)
}

/** Plays two soft notes. They are synthesised, so that no file has to be loaded. */
function chime() {
  const context = new AudioContext()
  const gain = context.createGain()
  gain.connect(context.destination)
  gain.gain.setValueAtTime(0.08, context.currentTime)
  gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.4)
  for (const [frequency, delay] of [
    [660, 0],
    [880, 0.12],
  ]) {
    const tone = context.createOscillator()
    tone.frequency.value = frequency
    tone.connect(gain)
    tone.start(context.currentTime + delay)
    tone.stop(context.currentTime + 0.4)
  }
  setTimeout(() => context.close(), 1_000)
}
