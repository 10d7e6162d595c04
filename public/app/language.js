// Chooses the page's language: the one that the visitor chose, or the first of the browser's that Duet has. The page
// arrives in English and works at once; another language replaces it when its table has loaded. Every page loads this
// first.

/** @import { Words } from "./words.js" */

import { readEnglish, sayAgain } from "./view/texts.js"
import { learnEnglish, speak } from "./words.js"

const CHOICE_KEY = "duet:language"

/** The language that was requested last. */
let wanted = "en"

/** @param {string} language */
async function change(language) {
  wanted = language
  const table = language === "en" ? {} : await load(language)
  // The visitor may have chosen another language meanwhile.
  if (table && wanted === language) show(language, table)
  for (const select of selects()) select.value = document.documentElement.lang
}

/**
 * @param {string} language
 * @returns {Promise<Words | null>} null if it does not load: the page stays as it is
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

/** @returns {string} one of Duet's languages */
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

/** The stored choice. A browser may refuse storage; then the choice is not remembered. */
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

/** @returns {HTMLOptionElement[]} the options of all languages */
function offered() {
  return [...selects()[0].options]
}

learnEnglish(readEnglish())
for (const select of selects()) {
  select.hidden = false
  select.addEventListener("change", () => choose(select.value))
}
void change(preferred())
