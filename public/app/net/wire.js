// The shapes on the wire, the mirror of docs/protocol.md. Types only: nothing of this file runs. tests/golden holds examples.

/**
 * A stored message.
 * @typedef {object} Message
 * @property {string} id made by its sender's page
 * @property {number} seq its place in the room: 1, 2, 3, … without holes
 * @property {string} participantId
 * @property {string} sender the name its sender gave; may be empty
 * @property {string} text
 * @property {number} timestamp epoch milliseconds
 */

/**
 * @typedef {object} RoomStatus
 * @property {"open" | "full" | "joined"} status
 * @property {boolean} sealed it is encrypted, and asks for a proof
 * @property {boolean} [identified] the request came with a cookie
 */

/**
 * @typedef {object} Joined
 * @property {string} participantId who we are in this room
 * @property {string[]} participants who has a seat
 * @property {number} ttl whole seconds left
 * @property {number} expiresAt epoch milliseconds of the server's clock
 * @property {number} lastSeq
 * @property {Record<string, string>} [hellos] of all seats, in an encrypted room
 * @property {string} [shelf] ours, in an encrypted room
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
 * @property {Record<string, string>} [hellos] of all seats, in an encrypted room
 */

/** @typedef {{type: "message", message: Message, expiresAt: number}} MessageFrame */
/**
 * @typedef {object} Presence
 * @property {"presence"} type
 * @property {string[]} participants
 * @property {string[]} online
 * @property {number} expiresAt
 * @property {number} [lastSeq]
 * @property {Record<string, string>} [hellos] of all seats, in an encrypted room
 */
/** @typedef {{type: "expiry", expiresAt: number}} Expiry */
/** @typedef {{type: "typing", participantId: string}} Typing */
/** @typedef {{type: "destroy"} | {type: "expire"}} Ending */
/** @typedef {{type: "error", id?: string, error: string, message: string}} ErrorFrame */
/** @typedef {Ready | MessageFrame | Presence | Expiry | Typing | Ending | ErrorFrame} ServerFrame */

export {}
