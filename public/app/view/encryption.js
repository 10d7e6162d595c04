// Shows the state of the encryption: the safety code, and what stopped the room.

/** @import { SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */

import { say } from "../words.js"
import { put } from "./texts.js"

export class Encryption {
  #root
  #session
  #onStop
  #isAsking = false

  /**
   * @param {HTMLElement} root
   * @param {object} given
   * @param {Session} given.session
   * @param {() => void} given.onStop nothing more may be shown or sent
   * @param {() => void} given.onDestroy
   */
  constructor(root, { session, onStop, onDestroy }) {
    this.#root = root
    this.#session = session
    this.#onStop = onStop
    this.#find("[data-plain]").hidden = session.state.phase !== "plain"
    this.#find("[data-safety-match]").addEventListener("click", () => void this.#confirm())
    this.#find("[data-stopped-destroy]").addEventListener("click", onDestroy)
  }

  /** @param {SessionState} state */
  show(state) {
    this.#find("[data-memory]").hidden = state.survivesReload || state.phase === "plain"
    this.#find("[data-broken]").hidden = !state.isOrderBroken
    this.#find("[data-safety-awaited]").hidden = state.phase !== "both" || state.hasWords || state.wordsUnavailable
    this.#find("[data-safety-unavailable]").hidden = !state.wordsUnavailable
    this.#find("[data-safety-match]").hidden = state.wordsConfirmed
    this.#find("[data-safety-matched]").hidden = !state.wordsConfirmed
    if (state.phase === "stopped" || state.phase === "lost") this.#stop(state)
    else void this.#showWords()
  }

  /** The button goes away, and its mark gets the focus. */
  async #confirm() {
    await this.#session.confirmWords()
    this.#find("[data-safety-matched]").focus()
  }

  /** Removes everything of the room from the page. */
  clear() {
    this.#showSafety(null)
    const names = ["broken", "memory", "safety-awaited", "safety-unavailable", "stopped"]
    for (const name of names) this.#find(`[data-${name}]`).hidden = true
  }

  /** @param {SessionState} state */
  #stop({ phase, reason }) {
    this.#showSafety(null)
    const key = phase === "lost" ? "lost" : reason === "words" ? "words" : "changed"
    const words = this.#find("[data-stopped-reason]")
    if (words.textContent === "") put(words, () => say(`stopped.${key}`))
    this.#find("[data-stopped-new]").hidden = phase !== "lost"
    this.#find("[data-stopped]").hidden = false
    this.#onStop()
  }

  /** A safety code that only one person can see is of no use. */
  get #hasWords() {
    const { phase, hasWords, wordsUnavailable } = this.#session.state
    return phase === "both" && hasWords && !wordsUnavailable
  }

  /** Gets the safety code anew each time, because that also compares the keys behind it. */
  async #showWords() {
    if (!this.#hasWords) return this.#showSafety(null)
    if (this.#isAsking) return
    this.#isAsking = true
    const words = await this.#session.words()
    this.#isAsking = false
    this.#showSafety(this.#hasWords ? words : null)
  }

  /** @param {string[] | null} words */
  #showSafety(words) {
    this.#find("[data-safety-words]").textContent = words?.join(" ") ?? ""
    this.#find("[data-safety]").hidden = words === null
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#root.querySelector(selector))
  }
}
