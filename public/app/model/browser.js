// What this browser can do, and what it stores of rooms.

import { sweep, wipe } from "../crypto/stored.js"

/** The error code that says why this browser cannot encrypt. */
export function whyNotEncrypted() {
  return globalThis.crypto?.subtle === undefined ? "insecure" : "browser-too-old"
}

/** Deletes what this browser stored of rooms that have expired by the clock. */
export function sweepBrowser() {
  for (const storage of bothStorages()) sweep(storage, Date.now())
}

/**
 * Deletes everything that this browser stored of a room that has ended.
 * @param {string} roomId
 */
export function forgetRoom(roomId) {
  for (const storage of bothStorages()) wipe(storage, roomId)
}

function bothStorages() {
  return [storageOf("localStorage"), storageOf("sessionStorage")].filter((storage) => storage !== null)
}

/**
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Storage | null} null if the browser refuses storage
 */
export function storageOf(name) {
  try {
    return globalThis[name]
  } catch {
    return null
  }
}
