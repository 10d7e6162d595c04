// The environment of a room in the page. Only types: nothing in this file runs.

/** @import { SessionState } from "../crypto/interface.js" */
/** @import { HistoryPage, PageRange } from "../net/wire.js" */
/** @import { RoomSocket, Handlers } from "../net/room-socket.js" */
/** @import { Pending } from "./outbox.js" */
/** @import { Entry } from "./timeline.js" */

/**
 * What the room needs from its environment.
 * @typedef {object} Platform
 * @property {(handlers: Handlers) => RoomSocket} openSocket
 * @property {(range: PageRange) => Promise<HistoryPage>} list
 * @property {() => Promise<string>} whyNot the error code with which the room refuses a call; empty if it answers
 * @property {() => number} now epoch milliseconds
 * @property {(act: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random from 0 up to 1
 * @property {(act: () => void) => void} whenIdle
 * @property {() => boolean} wantsSeenMarks
 */

/**
 * What shows the room.
 * @typedef {object} Listener
 * @property {(changed: number[]) => void} onMessages the timeline has grown, or the entries at these numbers changed
 * @property {(pending: Pending) => void} onPending
 * @property {(entry: Entry) => void} onArrival a new message from the other person
 * @property {(news: "together" | "left" | null) => void} onPresence
 * @property {(wasKept: boolean) => void} onLifetime the end has moved
 * @property {() => void} onConnection
 * @property {(isTyping: boolean) => void} onTyping
 * @property {(state: SessionState) => void} onSession the state of the encryption changed
 * @property {() => void} onOverdue expired by the clock: nothing may be shown until the room has answered
 * @property {() => void} onResume the room is open after all
 * @property {(code: string) => void} onEnd
 */

/** @typedef {"connecting" | "open" | "lost" | "over-quota" | "replaced"} Connection */

export {}
