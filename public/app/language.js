// Which language the page speaks: the chosen one, or the first of the browser's that Duet knows. The page comes in English
// and can be used at once; another language takes its place when its table has come. Every page loads this first.

/** @import { Words } from "./words.js" */

import { readEnglish, sayAgain } from "./view/texts.js"
import { learnEnglish, speak } from "./words.js"

const LANGUAGES = ["en", "de", "fr", "es", "pt-BR", "ja", "zh-Hans", "ar"]
const FROM_RIGHT_TO_LEFT = new Set(["ar"])
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
  speak(
    language,
    table,
    navigator.languages.find((tag) => base(tag) === base(language)),
  )
  document.documentElement.lang = language
  document.documentElement.dir = FROM_RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr"
  sayAgain()
}

/** @returns {string} one of ours */
function preferred() {
  for (const tag of [stored(), ...navigator.languages]) {
    const known = LANGUAGES.find((language) => language === tag) ?? LANGUAGES.find((one) => base(one) === base(tag))
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

function offerChoice() {
  for (const select of selects()) {
    for (const language of LANGUAGES) {
      const option = new Option(nameOf(language), language)
      option.lang = language
      select.add(option)
    }
    select.addEventListener("change", () => choose(select.value))
    select.hidden = false
  }
}

/**
 * A language under its own name, with a capital as in a list.
 * @param {string} language
 */
function nameOf(language) {
  const name = new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}

learnEnglish(readEnglish())
offerChoice()
void change(preferred())
