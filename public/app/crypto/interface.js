// The interface of session.js, which is all that a page needs of the encryption: one object for each room, the same for
// encrypted and plain rooms. This file has only types and comments. Nothing in it runs, and no browser loads it.
//
// When a page loads, before anything else:
//
//   for (const storage of [localStorage, sessionStorage]) sweep(storage, Date.now())
//   const arrival = arrive({ roomId, fragment: location.hash.slice(1), isSealed, hasSeat, storage: localStorage })
//
// `isSealed` and `hasSeat` are `sealed` and `status === "joined"` of GET /api/room. `arrival.kind` is
//
//   plain, encrypted   continue
//   key-missing        the link has nothing after the #, and this browser has no keys: ask for the complete link
//   key-cut            the part after the # is damaged, or has another version
//   downgraded         the server calls an encrypted room plain: refuse, and send nothing
//
// If an encrypted room is to be opened and `canEncrypt()` is false, say that the browser is too old or that https is
// missing. Otherwise:
//
//   const session = createSession({
//     roomId, arrival, storage: localStorage, tabStorage: sessionStorage, locks: navigator.locks, events: window,
//     onChange, onOutcome,
//   })
//
// To take a seat, once per press of Join or Create. A person who has a seat does the same when the page loads:
//
//   const answer = await joinRoom(roomId, await session.joinFields())
//   await session.afterJoin(answer)
//
// The fields stay the same however often the request is repeated; they are {} with a seat and in a plain room. Then
// remove the fragment from the address. If the room refused (400, 403, 409), call `session.joinRefused()` instead: the
// next press draws new secrets.
//
// The lobby makes a room with `accessOf(secret)` of a `newLinkSecret()`, and a session with the arrival `{ kind:
// "encrypted", secret }`. It joins before it goes to the room's page, but only if `session.state.survivesReload`.
// Otherwise it goes to `/room/<id>#<fragmentOf(secret)>` without joining, since the next page would not have the keys.
//
// While the room is open. Calls may overlap; they take effect in the order in which they are made:
//
//   session.onHellos(frame.hellos)    for each `ready` and `presence`
//   await session.keysMessage()       right after that, and when `phase` becomes "both". Returns `{id, text}`, to be
//                                     sent before any waiting message and never shown; null if there is nothing to
//                                     send, for example because it is in the history already
//   session.keysRefused()             when the room answered the keys message with 400 or 409
//   await session.seal(draft)         returns `{id, text}` (in a plain room `sender` too), which must be sent at once;
//                                     null after a stop. Encrypt again for a retry
//   await session.sealMark(seq)       returns the `text` of a `seen` frame, "read up to `seq`"; null until the other's
//                                     key is known
//   await session.takeMark(text)      for each `seen` frame
//   session.bytesLeft(draft)          how many more bytes fit into the message; negative if it is too long
//   await session.open(messages)      one Outcome for each; pass a whole page of the history at once
//   await session.noteHole()          when the room has no message at a sequence number below its newest
//   await session.words()             four words or null; call it each time before they are shown
//   await session.confirmWords()      when the person pressed "They match"
//   session.drafts                    what is not sent yet: see drafts.js. Works once `afterJoin` is done
//   session.link                      path and fragment of the room's link, once `afterJoin` is done
//   session.destroy()                 at destroy, expire, 404, 4404, 4410, 4411: erases the keys from memory and
//                                     removes all entries of the room, at once and for good
//   session.forget()                  at every other end of the page: erases the keys from memory. The entries remain,
//                                     since the room may still exist. Only what the server stores with the seat opens
//                                     them
//
// `onChange(state)` is called with every new SessionState. `onOutcome(seq, outcome)` is called when the outcome of a
// message changes later: a waiting message opens, or one turns out to be a repetition.
//
// An Outcome says what the page shows for a message:
//
//   shown      sender, text, at and isOwn. `isEarly`: written before its sender knew the other. If it is one's own and
//              `phase` is "alone", the page says that it can be read once both are here
//   waiting    an unobtrusive line: it opens when the other person is back
//   refused    an unobtrusive line. If it has the id of an unsent message, that message did not arrive as it was sent
//   keys       nothing; it never counts as unread
//   stopped    nothing: see `phase`
//
// SessionState:
//
//   phase              "plain"; "joining" until afterJoin; "alone" until the other's key is known; "both"; or an end:
//                      "stopped": if `reason` is "words", "The safety words cannot be trusted: somebody may be between
//                      you". For any other reason, somebody without this link has the other seat, or the server changed
//                      a key. Show no words and nothing new, send nothing, offer Destroy. "lost": this browser has a
//                      seat but no keys. Offer Destroy or a new room. Nothing was removed. "ended": after destroy() or
//                      forget()
//   hasWords           words() returns words. Until then, and unless `wordsUnavailable`, they are still to come
//   wordsConfirmed     somebody at this browser pressed "They match"
//   wordsUnavailable   the room refused the message that the words need: say that they cannot be shown, and continue
//   isOrderBroken      "The two of you were not shown the same conversation." It stays true, also after a reload
//   otherHasSeen       up to which seq the other has seen the same as this page; 0 in a plain room
//   otherHasRead       up to which seq the other has read, according to their marks
//   survivesReload     false if the browser stores nothing: say that a reload loses the room
//
// Without a session, `wipe(storage, roomId)` removes all entries of a room that has ended.
//
// docs/sealing.md describes the format and the rules.

/** @import { Bytes } from "./bytes.js" */
/** @import { KeyValueStore } from "./stored.js" */

/**
 * A message as received from the room.
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
 * The part of the answer to `join` that a session reads.
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
 * What a session needs from the browser.
 * @typedef {object} SessionOptions
 * @property {string} roomId
 * @property {Arrival} arrival
 * @property {KeyValueStore | null} storage `localStorage`, or null if reading it throws
 * @property {KeyValueStore | null} tabStorage `sessionStorage`, for plain rooms
 * @property {{request: <T>(name: string, task: () => Promise<T>) => Promise<T>}} locks `navigator.locks`
 * @property {Pick<EventTarget, "addEventListener" | "removeEventListener">} events the target of "storage" events
 * @property {(state: SessionState) => void} onChange
 * @property {(seq: number, outcome: Outcome) => void} onOutcome
 * @property {() => number} [now] epoch milliseconds
 * @property {(ms: number) => Promise<void>} [wait]
 */

export {}
