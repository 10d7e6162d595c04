// Which language the page speaks: the chosen one, or the first of the browser's that Duet knows. The page comes in English
// and can be used at once; another language takes its place when its table has come. Every page loads this first.

/** @import { Words } from "./words.js" */

import { readEnglish, sayAgain } from "./view/texts.js"
import { learnEnglish, speak } from "./words.js"

const CHOICE_KEY = "duet:language"

/** The language that was asked for last. */
let wanted = "en"

/** @param {string} language */
async function change(language) {
  wanted = language
  const table = language === "en" ? {} : await load(language)
  // Another one may have been chosen meanwhile.
  if (table && wanted === language) show(language, table)
  for (const select of selects()) select.value = document.documentElement.lang
}

/**
 * @param {string} language
 * @returns {Promise<Words | null>} null where it does not come: the page stays as it is
 */
async function load(language) {
  try {
    const response = await fetch(`/words/${language}.json`)
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}

/**
 * @param {string} language
 * @param {Words} table
 */
function show(language, table) {
  const asSpokenHere = navigator.languages.find((tag) => base(tag) === base(language))
  speak(language, table, asSpokenHere)
  document.documentElement.lang = language
  document.documentElement.dir = offered().find(({ value }) => value === language)?.dir || "ltr"
  sayAgain()
}

/** @returns {string} one of ours */
function preferred() {
  const languages = offered().map(({ value }) => value)
  for (const tag of [stored(), ...navigator.languages]) {
    const known = languages.find((language) => language === tag) ?? languages.find((one) => base(one) === base(tag))
    if (known) return known
  }
  return "en"
}

/** @param {string} tag */
function base(tag) {
  return tag.split("-")[0]
}

// --- The choice ---

/** A browser may refuse storage altogether: then nothing is remembered. */
function stored() {
  try {
    return localStorage.getItem(CHOICE_KEY) ?? ""
  } catch {
    return ""
  }
}

/** @param {string} language */
function choose(language) {
  try {
    localStorage.setItem(CHOICE_KEY, language)
  } catch {
    // See `stored`.
  }
  void change(language)
}

/** @returns {NodeListOf<HTMLSelectElement>} */
function selects() {
  return document.querySelectorAll("select[data-language]")
}

/** @returns {HTMLOptionElement[]} every language, as the page offers it */
function offered() {
  return [...selects()[0].options]
}

learnEnglish(readEnglish())
for (const select of selects()) {
  select.hidden = false
  select.addEventListener("change", () => choose(select.value))
}
void change(preferred())
