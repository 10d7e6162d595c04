// A room that is not encrypted: what is written is what travels. No DOM.

/** @import { Codec, Draft, Opened } from "./codec.js" */

/** As many bytes as a room takes in one text. */
const MAX_TEXT_BYTES = 16_384

/** @implements {Codec} */
export class PlainCodec {
  isEncrypted = false
  fragment = ""
  onChange = () => {}
  /** @type {(word: string) => void} */
  onStop = () => {}

  async joinFields() {
    return {}
  }

  async onJoined() {}

  async onSeats() {}

  /** @param {{text: string}} draft */
  bytesLeft({ text }) {
    return MAX_TEXT_BYTES - new TextEncoder().encode(text).length
  }

  /** @param {Draft} draft */
  async seal({ id, sender, text }) {
    return { id, sender, text }
  }

  /**
   * @param {{sender: string, text: string}} message
   * @returns {Promise<Opened>}
   */
  async open({ sender, text }) {
    return { kind: "shown", sender, text }
  }

  async safetyWords() {
    return null
  }

  forget() {}
}
