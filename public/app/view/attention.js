// Draws attention to new messages while the user looks elsewhere: a number in the title, and a sound.

import { say } from "../words.js"

export class Attention {
  #unread = 0
  #hasSound

  /** @param {() => boolean} hasSound */
  constructor(hasSound) {
    this.#hasSound = hasSound
  }

  /** A message arrived. */
  attract() {
    if (!document.hidden) return
    this.#unread += 1
    document.title = say("title.unread", { count: this.#unread })
    if (this.#hasSound()) chime()
  }

  /** The user looks at the page, or there is nothing to look at. */
  rest() {
    this.#unread = 0
    document.title = say("brand")
  }
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
