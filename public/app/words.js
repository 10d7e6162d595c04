// The texts that people see, by key. Each language has a table in public/words/. A page contains its English texts;
// `language.js` loads other languages. No DOM.

/** @typedef {Record<string, string>} Words */

/** @type {Words} */
let english = {}
/** @type {Words} the chosen language; texts that it lacks appear in English */
let words = {}
let language = "en"
let locale = "en"
/** @type {ReturnType<typeof newFormats> | null} created on first use */
let formats = null

/** @param {Words} table the English texts of the page */
export function learnEnglish(table) {
  english = table
}

/**
 * Uses this language from now on.
 * @param {string} chosen the name of its table
 * @param {Words} table
 * @param {string} [spoken] the language tag with the reader's region, which numbers and times follow
 */
export function speak(chosen, table, spoken = chosen) {
  language = chosen
  words = table
  locale = spoken
  formats = null
}

/** Formats for numbers and times in the chosen language. */
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
 * The text of a key with plural forms: `<key>.one`, `<key>.other` and whatever else the language distinguishes.
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
 * The sentence for an error code. An unknown code, perhaps of a newer server, has a general sentence.
 * @param {string} code
 */
export function sentence(code) {
  return say(isKey(`error.${code}`) ? `error.${code}` : "error.any")
}

/**
 * The sentence for the end of a room.
 * @param {string} code
 */
export function endReason(code) {
  return isKey(`ended.${code}`) ? say(`ended.${code}`) : sentence(code)
}
