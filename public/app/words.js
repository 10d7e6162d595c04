// The texts that a person sees, by their keys. The tables are in public/words/, a language each. A page holds its English
// itself; `language.js` brings in another language. No DOM.

/** @typedef {Record<string, string>} Words */

/** @type {Words} */
let english = {}
/** @type {Words} the chosen language; what it lacks is said in English */
let words = {}
let language = "en"
let locale = "en"
/** @type {ReturnType<typeof newFormats> | null} made when they are needed */
let formats = null

/** @param {Words} table what stands in the page */
export function learnEnglish(table) {
  english = table
}

/**
 * From now on everything is said in this language.
 * @param {string} chosen as its table is called
 * @param {Words} table
 * @param {string} [spoken] as it is spoken where the reader lives: numbers and times follow it
 */
export function speak(chosen, table, spoken = chosen) {
  language = chosen
  words = table
  locale = spoken
  formats = null
}

/** How numbers and times are written in the chosen language. */
export function written() {
  formats ??= newFormats()
  return formats
}

function newFormats() {
  const [hour, minute] = ["hour", "minute"].map((unit) => new Intl.NumberFormat(locale, { style: "unit", unit }))
  return {
    number: new Intl.NumberFormat(locale),
    twoDigits: new Intl.NumberFormat(locale, { minimumIntegerDigits: 2 }),
    hour,
    minute,
    parts: new Intl.ListFormat(locale, { type: "unit", style: "narrow" }),
    time: new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }),
    date: new Intl.DateTimeFormat(locale, { dateStyle: "medium" }),
    day: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
  }
}

/**
 * The text of a key, with its placeholders filled.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  const text = words[key] ?? english[key] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? write(values[name]) : whole))
}

/** @param {string | number} value */
function write(value) {
  return typeof value === "number" ? written().number.format(value) : value
}

/**
 * The text of a key that counts: `<key>.one`, `<key>.other` and whatever else the language tells apart.
 * @param {string} key
 * @param {number} count
 */
export function sayCount(key, count) {
  const rules = new Intl.PluralRules(Object.hasOwn(words, `${key}.other`) ? language : "en")
  return say(`${key}.${rules.select(count)}`, { count })
}

/** @param {string} key */
function isKey(key) {
  return Object.hasOwn(words, key) || Object.hasOwn(english, key)
}

/**
 * What to say about an error word, also about one that only a newer server knows.
 * @param {string} word
 */
export function sentence(word) {
  return say(isKey(`error.${word}`) ? `error.${word}` : "error.any")
}

/**
 * Why the room is over.
 * @param {string} word
 */
export function endReason(word) {
  return isKey(`ended.${word}`) ? say(`ended.${word}`) : sentence(word)
}
