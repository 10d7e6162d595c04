// The addresses of a room: its page, its socket, and what people paste. No DOM.

const ROOM_ID = /^[A-Za-z0-9_-]{21}$/

/**
 * Finds a room in what somebody pasted: a link, a link with words around it, or a bare id.
 * @param {string} pasted
 * @returns {{roomId: string, fragment: string} | null} the fragment without its `#`; empty where there is none
 */
export function findRoom(pasted) {
  const text = pasted.trim().replaceAll("%23", "#")
  if (ROOM_ID.test(text)) return { roomId: text, fragment: "" }
  const found = /\/room\/([A-Za-z0-9_-]{21})(?![A-Za-z0-9_-])[^\s#]*(#[A-Za-z0-9_-]*)?/.exec(text)
  return found ? { roomId: found[1], fragment: fragmentOf(found[2] ?? "") } : null
}

/**
 * What stands behind the #, without what a mail or a tracker put behind it.
 * @param {string} hash with its #, or empty
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
 * The room that this page's address names.
 * @param {string} pathname
 */
export function roomIdOf(pathname) {
  const roomId = pathname.split("/")[2] ?? ""
  return ROOM_ID.test(roomId) ? roomId : null
}

/**
 * The room's socket.
 * @param {string} roomId
 * @param {{protocol: string, host: string}} location
 */
export function socketUrl(roomId, location) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:"
  return `${scheme}//${location.host}/api/realtime?roomId=${roomId}`
}
