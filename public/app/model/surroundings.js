// What a room of the page needs around it. Types only: nothing of this file runs.

/** @import { SessionState } from "../crypto/interface.js" */
/** @import { Message } from "../net/wire.js" */
/** @import { RoomSocket, Handlers } from "../net/room-socket.js" */
/** @import { Pending } from "./outbox.js" */
/** @import { Entry } from "./timeline.js" */

/**
 * What the room needs of its surroundings.
 * @typedef {object} Platform
 * @property {(handlers: Handlers) => RoomSocket} openSocket
 * @property {(page: {after: number, limit: number, patienceMs: number}) => Promise<{messages: Message[], lastSeq: number}>} list
 * @property {() => Promise<string>} whyNot the word with which a call is refused; empty if it is answered
 * @property {() => number} now epoch milliseconds
 * @property {(act: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 * @property {(act: () => void) => void} whenIdle
 */

/**
 * Whoever shows the room.
 * @typedef {object} Listener
 * @property {(changed: number[]) => void} onMessages the timeline has grown, or shows something else at these numbers
 * @property {(pending: Pending) => void} onPending
 * @property {(entry: Entry) => void} onArrival the other person has just said something
 * @property {(news: "together" | "left" | null) => void} onPresence
 * @property {(wasKept: boolean) => void} onLifetime the end has moved
 * @property {() => void} onConnection
 * @property {(isTyping: boolean) => void} onTyping
 * @property {(state: SessionState) => void} onSession what is to be said of the encryption
 * @property {() => void} onOverdue its time is over by the clock: nothing of it may be shown until the room has answered
 * @property {() => void} onResume it lives after all
 * @property {(word: string) => void} onEnd
 */

/** @typedef {"connecting" | "open" | "lost" | "over-quota" | "replaced"} Connection */

export {}
