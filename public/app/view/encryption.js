// What the room's page says of the encryption: the words to compare, what went wrong, and why it stopped.

/** @import { SessionState } from "../crypto/interface.js" */
/** @import { Session } from "../crypto/session.js" */

import { say } from "../words.js"

export class Encryption {
  #root
  #session
  #onStop
  #isAsking = false

  /**
   * @param {HTMLElement} root
   * @param {object} given
   * @param {Session} given.session
   * @param {() => void} given.onStop nothing more is to be shown or sent
   * @param {() => void} given.onDestroy
   */
  constructor(root, { session, onStop, onDestroy }) {
    this.#root = root
    this.#session = session
    this.#onStop = onStop
    this.#find("[data-plain]").hidden = session.state.phase !== "plain"
    this.#find("[data-safety-match]").addEventListener("click", () => session.confirmWords())
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

  /** Takes everything of the room out of the page. */
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
    if (words.textContent === "") words.textContent = say(`stopped.${key}`)
    this.#find("[data-stopped-new]").hidden = phase !== "lost"
    this.#find("[data-stopped]").hidden = false
    this.#onStop()
  }

  /** Words that only one of the two can see are none. */
  get #hasWords() {
    const { phase, hasWords, wordsUnavailable } = this.#session.state
    return phase === "both" && hasWords && !wordsUnavailable
  }

  /** The words are asked for each time before they are shown, since asking compares what they stand for. */
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
