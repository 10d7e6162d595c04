// The entries that this browser stores of rooms, without the keys to read them. docs/sealing.md, "Where keys live in a
// browser".

/**
 * What a shelf needs of `localStorage`.
 * @typedef {Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">} KeyValueStore
 */

/**
 * Whether this browser has entries for a room.
 * @param {KeyValueStore} storage
 * @param {string} roomId
 */
export function hasEntries(storage, roomId) {
  return itemsOf(storage).some((item) => item.startsWith(`duet:${roomId}:`))
}

/**
 * Removes all entries of a room.
 * @param {KeyValueStore} storage
 * @param {string} roomId
 */
export function wipe(storage, roomId) {
  for (const item of itemsOf(storage)) if (item.startsWith(`duet:${roomId}:`)) storage.removeItem(item)
}

/**
 * Removes entries, of all rooms, whose end is past or cannot be read. Every page calls this when it loads.
 * @param {KeyValueStore} storage
 * @param {number} now
 */
export function sweep(storage, now) {
  for (const item of itemsOf(storage)) {
    if (!/^duet:[\w-]{21}:/.test(item)) continue
    const { end } = parseEntry(storage.getItem(item))
    if (typeof end !== "number" || end <= now) storage.removeItem(item)
  }
}

/**
 * A store that works: the one given, or one in memory where the browser refuses.
 * @param {KeyValueStore | null} storage
 * @returns {{storage: KeyValueStore, isLasting: boolean}}
 */
export function usableStorage(storage) {
  try {
    if (storage) {
      storage.setItem("duet:probe", "1")
      storage.removeItem("duet:probe")
      return { storage, isLasting: true }
    }
  } catch {
    // Full or refused.
  }
  return { storage: memoryStorage(), isLasting: false }
}

/** @returns {KeyValueStore} */
function memoryStorage() {
  /** @type {Map<string, string>} */
  const items = new Map()
  return {
    get length() {
      return items.size
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (item) => items.get(item) ?? null,
    setItem: (item, value) => void items.set(item, value),
    removeItem: (item) => void items.delete(item),
  }
}

/** @param {KeyValueStore} storage */
function itemsOf(storage) {
  return Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "")
}

/**
 * Reads an entry. What is no entry has neither part.
 * @param {string | null} text
 * @returns {{end?: unknown, box?: unknown}}
 */
export function parseEntry(text) {
  try {
    return Object(JSON.parse(text ?? ""))
  } catch {
    return {}
  }
}
