// The shapes on the wire, the mirror of src/protocol.rs. Types only: nothing of this file runs.

/**
 * A stored message.
 * @typedef {object} Message
 * @property {string} id made by its sender's page
 * @property {number} seq its place in the room; the only order that counts
 * @property {string} participantId
 * @property {string} sender the name its sender gave; may be empty
 * @property {string} text
 * @property {number} timestamp epoch milliseconds
 */

/**
 * A message on its way out.
 * @typedef {object} Draft
 * @property {string} id
 * @property {string} sender
 * @property {string} text
 */

/**
 * @typedef {object} Ready
 * @property {"ready"} type always the first frame
 * @property {string} participantId who we are in this room
 * @property {string[]} participants who has a seat
 * @property {string[]} online who has an open socket
 * @property {number} lastSeq
 * @property {number} expiresAt epoch milliseconds of the server's clock
 * @property {number} now epoch milliseconds of the server's clock
 * @property {number} ttlSeconds how long the room lives after its last activity
 */

/** @typedef {{type: "message", message: Message, expiresAt: number}} MessageFrame */
/** @typedef {{type: "presence", participants: string[], online: string[], expiresAt: number}} Presence */
/** @typedef {{type: "typing", participantId: string}} Typing */
/** @typedef {{type: "destroy"} | {type: "expire"}} Ending */
/** @typedef {{type: "error", id?: string, error: string, message: string}} ErrorFrame */
/** @typedef {Ready | MessageFrame | Presence | Typing | Ending | ErrorFrame} ServerFrame */

export {}
