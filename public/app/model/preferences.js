// The user's settings in this browser, for all rooms: a name, and whether sounds are on. No DOM.

import { cleanName, generatedName } from "./names.js"

const NAME_KEY = "duet:name"
const SOUND_KEY = "duet:sound"

/** @returns {string} the user's name */
export function loadName() {
  const stored = cleanName(read(NAME_KEY) ?? "")
  if (stored) return stored
  const name = generatedName()
  saveName(name)
  return name
}

/** @param {string} name */
export function saveName(name) {
  write(NAME_KEY, name)
}

export function loadSound() {
  return read(SOUND_KEY) === "on"
}

/** @param {boolean} isOn */
export function saveSound(isOn) {
  write(SOUND_KEY, isOn ? "on" : "off")
}

/**
 * A browser may refuse storage. Then nothing is remembered and everything else works.
 * @param {string} key
 */
function read(key) {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
function write(key, value) {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Full or refused: see `read`.
  }
}
