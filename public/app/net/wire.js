// The types of the protocol in docs/protocol.md. Only types: nothing in this file runs. tests/golden has examples.

/**
 * A stored message.
 * @typedef {object} Message
 * @property {string} id drawn by its sender's page
 * @property {number} seq the sequence number: 1, 2, 3, … without gaps
 * @property {string} participantId
 * @property {string} sender the name that its sender chose; may be empty
 * @property {string} text
 * @property {number} timestamp epoch milliseconds
 */

/**
 * The messages to request: those after a sequence number, at most `limit`, with a timeout for the start of the answer.
 * @typedef {{after: number, limit: number, patienceMs: number}} PageRange
 */
/** @typedef {{messages: Message[], lastSeq: number}} HistoryPage */

/**
 * @typedef {object} RoomStatus
 * @property {"open" | "full" | "joined"} status
 * @property {boolean} sealed the room is encrypted and requires a proof
 * @property {boolean} [identified] the request came with a cookie
 */

/**
 * @typedef {object} Joined
 * @property {string} participantId this browser's id in the room
 * @property {string[]} participants the participants who have a seat
 * @property {number} ttl whole seconds left
 * @property {number} expiresAt epoch milliseconds by the server's clock
 * @property {number} lastSeq
 * @property {Record<string, string>} [hellos] of all seats, in an encrypted room
 * @property {string} [shelf] this seat's, in an encrypted room
 */

/**
 * @typedef {object} Ready
 * @property {"ready"} type always the first frame
 * @property {string} participantId this browser's id in the room
 * @property {string[]} participants the participants who have a seat
 * @property {string[]} online the participants who have an open socket
 * @property {number} lastSeq
 * @property {number} expiresAt epoch milliseconds by the server's clock
 * @property {number} now epoch milliseconds by the server's clock
 * @property {number} ttlSeconds how long the room lives after its last activity
 * @property {number} endsBy it lives no longer than this; epoch milliseconds by the server's clock
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
/** @typedef {{type: "seen", participantId: string, text: string}} SeenFrame */
/** @typedef {{type: "destroy"} | {type: "expire"}} Ending */
/** @typedef {{type: "error", id?: string, error: string, message: string}} ErrorFrame */
/** @typedef {Ready | MessageFrame | Presence | Expiry | Typing | SeenFrame | Ending | ErrorFrame} ServerFrame */

export {}
