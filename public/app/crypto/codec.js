// What stands between the words and the wire. A room's codec is chosen once: plain or encrypted. No DOM.

/** @import { Message } from "../net/wire.js" */

import { PlainCodec } from "./plain.js"
import { SealedCodec, isSecret } from "./sealed.js"

/**
 * A message before it leaves.
 * @typedef {object} Draft
 * @property {string} id
 * @property {string} sender
 * @property {string} text
 * @property {number} at when it was written, epoch milliseconds of our clock; the same at every attempt
 */

/**
 * What a message turned out to be: words to show, something that opens later, something that is none, or something that
 * only codecs say to each other.
 * @typedef {{kind: "shown", sender: string, text: string} | {kind: "waiting"} | {kind: "refused"} | {kind: "invisible"}} Opened
 */

/**
 * @typedef {object} Codec
 * @property {boolean} isEncrypted
 * @property {string} fragment what the room's link carries, with its #; empty where there is nothing
 * @property {() => Promise<object>} joinFields what `join` sends along
 * @property {(joined: any) => Promise<void>} onJoined the answer to `join`; before anything is sealed or opened
 * @property {(frame: any) => Promise<void>} onSeats a frame that says who has a seat, and with it their keys
 * @property {(draft: {sender: string, text: string}) => number} bytesLeft how much more fits into one message
 * @property {(draft: Draft, self: string) => Promise<{id: string, sender?: string, text: string} | null>} seal the fields of
 *   the frame; null where it cannot leave now
 * @property {(message: Message) => Promise<Opened>} open never fails
 * @property {(participants: string[]) => Promise<string[] | null>} safetyWords null while there are none to compare
 * @property {() => void} forget drops every key
 * @property {() => void} onChange set by the room: what waited may open, what could not leave may be sent
 * @property {(word: string) => void} onStop set by the room: going on would be unsafe, for the reason of this word
 */

/**
 * @param {string} roomId
 * @param {string | null} secret null for a room that is not encrypted
 * @returns {Codec}
 */
export function codecOf(roomId, secret) {
  return secret === null ? new PlainCodec() : new SealedCodec(secret, roomId)
}

/**
 * The secret in a link's fragment, however it was decorated on its way.
 * @param {string} fragment
 * @returns {string | null} null where there is none, empty where it is not whole
 */
export function secretIn(fragment) {
  const bare = fragment.replace(/^#/, "")
  if (!bare) return null
  const run = bare.split(/[^A-Za-z0-9_-]+/).find((part) => part.length === 43)
  return run && isSecret(run) ? run : ""
}
