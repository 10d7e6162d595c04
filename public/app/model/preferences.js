// The user's settings in this browser, for all rooms: a name and switches. No DOM.

import { cleanName, generatedName } from "./names.js"

const NAME_KEY = "duet:name"
/** Switches, and whether each is on until the user decides. */
const SWITCHES = { sound: false, notifications: false, seen: true, shortcuts: true }

/** @typedef {keyof typeof SWITCHES} Switch */

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

/** @param {Switch} name */
export function isOn(name) {
  const stored = read(`duet:${name}`)
  return stored === null ? SWITCHES[name] : stored === "on"
}

/**
 * @param {Switch} name
 * @param {boolean} isOn
 */
export function turn(name, isOn) {
  write(`duet:${name}`, isOn ? "on" : "off")
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
