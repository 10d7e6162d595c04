// What a page needs to know of the encryption: the interface of session.js, one object for a room, the same for
// encrypted and plain rooms. Types and words only: nothing of this file runs, and no browser loads it.
//
// When a page loads, before anything else:
//
//   for (const storage of [localStorage, sessionStorage]) sweep(storage, Date.now())
//   const arrival = arrive({ roomId, fragment: location.hash.slice(1), isSealed, hasSeat, storage: localStorage })
//
// `isSealed` and `hasSeat` are `sealed` and `status === "joined"` of GET /api/room. `arrival.kind` is
//
//   plain, encrypted   go on
//   key-missing        nothing stands behind the #, and this browser has no keys: ask for the whole link
//   key-cut            what stands behind the # is damaged, or of another version
//   downgraded         the server calls a room plain that is not: refuse, and send nothing
//
// If an encrypted room is to be opened and `canEncrypt()` is false, say that the browser is too old or that https is
// missing. Otherwise:
//
//   const session = createSession({
//     roomId, arrival, storage: localStorage, tabStorage: sessionStorage, locks: navigator.locks, events: window,
//     onChange, onOutcome,
//   })
//
// To take a seat, once per press of Join or Create. Whoever has a seat does the same when the page loads:
//
//   const answer = await joinRoom(roomId, await session.joinFields())
//   await session.afterJoin(answer)
//
// The fields stay the same however often the request is repeated; they are {} with a seat and in a plain room. Then
// take the fragment out of the address. Where the room refused (400, 403, 409), call `session.joinRefused()` instead:
// the next press draws anew.
//
// The lobby makes a room with `accessOf(secret)` of a `newLinkSecret()`, and a session with the arrival `{ kind:
// "encrypted", secret }`. It joins before it goes to the room's page, but only if `session.state.survivesReload`.
// Otherwise it goes to `/room/<id>#<fragmentOf(secret)>` without joining, since the next page would not have the keys.
//
// While the room is open. Calls may overlap; they take effect in the order in which they are made:
//
//   session.onHellos(frame.hellos)    for each `ready` and `presence`
//   await session.keysMessage()       right after that, and when `phase` becomes "both". `{id, text}` is to be sent
//                                     before anything that waits, and is never shown; null where there is nothing to
//                                     send, also once it is in the history
//   session.keysRefused()             the room answered it with 400 or 409
//   await session.seal(draft)         `{id, text}` (in a plain room `sender` too), to be sent at once; null after a
//                                     stop. A retry is sealed anew
//   await session.sealMark(seq)       the `text` of a `seen` frame: read up to `seq`; null until the other's key is known
//   await session.takeMark(text)      for each `seen` frame
//   session.bytesLeft(draft)          how many more bytes fit into it; negative for too many
//   await session.open(messages)      one Outcome for each; for a whole page of the history at once
//   await session.noteHole()          the room was asked for a number below its newest, and has no message there
//   await session.words()             four words or null; asked for each time before they are shown
//   await session.confirmWords()      the person pressed "They match"
//   session.drafts                    what is not sent yet: see drafts.js. Works once `afterJoin` is done
//   session.link                      path and fragment of the room's link, once `afterJoin` is done
//   session.destroy()                 for destroy, expire, 404, 4404, 4410, 4411: empties memory and removes all
//                                     entries of the room, at once and for good
//   session.forget()                  for every other end of the page: empties memory. The entries stay, since the room
//                                     may live on; they do not open without what the server keeps with the seat
//
// `onChange(state)` is called with every new SessionState. `onOutcome(seq, outcome)` is called when a message that was
// opened before becomes something else: one that waited opens, or one turns out to be a repetition.
//
// An Outcome is what the page draws at a message's place:
//
//   shown      sender, text, at and isOwn. `isEarly`: written before its sender knew the other. Where it is one's own
//              and `phase` is "alone", the page says that it is read once both are here
//   waiting    a quiet line: it opens when the other person is back
//   refused    a quiet line. If it has the id of an unsent message, that message did not arrive as it was sent
//   keys       nothing, never unread
//   stopped    nothing: see `phase`
//
// SessionState:
//
//   phase              "plain"; "joining" until afterJoin; "alone" until the other's key is known; "both"; and three
//                      ends: "stopped": `reason` is "words" for "The safety words cannot be trusted: somebody may be
//                      between you". For any other reason: somebody without this link is in the other seat, or the
//                      server changed a key. Show no words and nothing new, send nothing, offer Destroy. "lost": this
//                      browser has a seat but no keys. Offer Destroy or a new room. Nothing was removed. "ended":
//                      after destroy() or forget()
//   hasWords           words() has words. Until then, and unless `wordsUnavailable`, they are on their way
//   wordsConfirmed     somebody at this browser pressed "They match"
//   wordsUnavailable   the room refused the message that the words need: say that they cannot be shown, and go on
//   isOrderBroken      "The two of you were not shown the same conversation." It stays, also after a reload
//   otherHasSeen       up to which seq the other has seen the same as this page; 0 in a plain room
//   otherHasRead       up to which seq the other has read, by their marks
//   survivesReload     false where the browser stores nothing: say that a reload loses the room
//
// Where there is no session, `wipe(storage, roomId)` removes all entries of a room that has ended.
//
// docs/sealing.md describes the format, and the rules behind all this.

/** @import { Bytes } from "./bytes.js" */
/** @import { KeyValueStore } from "./stored.js" */

/**
 * A message as the room hands it out.
 * @typedef {object} Message
 * @property {string} id
 * @property {number} seq
 * @property {string} participantId
 * @property {string} sender
 * @property {string} text
 * @property {number} timestamp epoch milliseconds
 */

/**
 * @typedef {{kind: "shown", isOwn: boolean, isEarly: boolean, sender: string, text: string, at: number}
 *   | {kind: "waiting" | "refused" | "keys" | "stopped"}} Outcome
 */

/** @typedef {"hello" | "own-hello" | "changed" | "third" | "words"} StopReason */

/**
 * @typedef {object} SessionState
 * @property {"plain" | "joining" | "alone" | "both" | "stopped" | "lost" | "ended"} phase
 * @property {StopReason | null} reason
 * @property {boolean} hasWords
 * @property {boolean} wordsConfirmed
 * @property {boolean} wordsUnavailable
 * @property {boolean} isOrderBroken
 * @property {number} otherHasSeen
 * @property {number} otherHasRead
 * @property {boolean} survivesReload
 */

/** @typedef {{proof?: string, hello?: string, shelf?: string}} JoinFields */

/**
 * What a session reads in the answer to `join`.
 * @typedef {object} JoinAnswer
 * @property {string} participantId
 * @property {number} expiresAt
 * @property {Record<string, string>} [hellos]
 * @property {string} [shelf]
 */

/** @typedef {{id: string, text: string, sender?: string}} Outgoing */

/**
 * @typedef {{kind: "plain"} | {kind: "encrypted", secret: Bytes | null}
 *   | {kind: "key-missing" | "key-cut" | "downgraded"}} Arrival
 */

/**
 * What a session needs of the browser.
 * @typedef {object} SessionOptions
 * @property {string} roomId
 * @property {Arrival} arrival
 * @property {KeyValueStore | null} storage `localStorage`, or null where reading it throws
 * @property {KeyValueStore | null} tabStorage `sessionStorage`, for plain rooms
 * @property {{request: <T>(name: string, task: () => Promise<T>) => Promise<T>}} locks `navigator.locks`
 * @property {Pick<EventTarget, "addEventListener" | "removeEventListener">} events where "storage" is dispatched
 * @property {(state: SessionState) => void} onChange
 * @property {(seq: number, outcome: Outcome) => void} onOutcome
 * @property {() => number} [now] epoch milliseconds
 * @property {(ms: number) => Promise<void>} [wait]
 */

export {}
