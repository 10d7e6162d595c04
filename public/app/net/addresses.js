// The URLs of a room: its page and its socket, and rooms in pasted text. No DOM.

const ROOM_ID = /^[A-Za-z0-9_-]{21}$/

/**
 * Finds a room in pasted text: a link, a link within other text, or a bare id.
 * @param {string} pasted
 * @returns {{roomId: string, fragment: string} | null} the fragment without its `#`; empty if there is none
 */
export function findRoom(pasted) {
  const text = pasted.trim().replaceAll("%23", "#")
  if (ROOM_ID.test(text)) return { roomId: text, fragment: "" }
  const found = /\/room\/([A-Za-z0-9_-]{21})(?![A-Za-z0-9_-])[^\s#]*(#[A-Za-z0-9_-]*)?/.exec(text)
  return found ? { roomId: found[1], fragment: fragmentOf(found[2] ?? "") } : null
}

/**
 * The fragment without the parameters that a mail program or a tracker appended.
 * @param {string} hash with its `#`, or empty
 */
export function fragmentOf(hash) {
  const bare = hash.replace(/^#/, "")
  return /^[A-Za-z0-9_-]+/.exec(bare)?.[0] ?? bare
}

/** @param {string} roomId */
export function roomPath(roomId) {
  return `/room/${roomId}`
}

/**
 * The room in the path of this page.
 * @param {string} pathname
 */
export function roomIdOf(pathname) {
  const roomId = pathname.split("/")[2] ?? ""
  return ROOM_ID.test(roomId) ? roomId : null
}

/**
 * The URL of the room's socket.
 * @param {string} roomId
 * @param {{protocol: string, host: string}} location
 */
export function socketUrl(roomId, location) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:"
  return `${scheme}//${location.host}/api/realtime?roomId=${roomId}`
}
