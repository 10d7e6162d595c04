// Texts in the page: those of its HTML, and those that are put into it. Each can be said again in another language.

/** @import { Words } from "../words.js" */

import { say } from "../words.js"

/** The attributes that hold a key, and where its text stands: in the element, or in another attribute. */
const PLACES = { "data-words": "", "data-words-placeholder": "placeholder", "data-words-label": "aria-label" }

/** @type {WeakMap<Element, () => string>} */
const sayings = new WeakMap()

/**
 * Puts a text into an element, and anew when the language changes. A text that stays the same is not touched: it would be
 * read out again.
 * @param {Element} element
 * @param {() => string} saying
 */
export function put(element, saying) {
  element.removeAttribute("data-words")
  element.toggleAttribute("data-said", true)
  sayings.set(element, saying)
  const text = saying()
  if (element.textContent !== text) element.textContent = text
}

/** What to put where nothing is to be said. */
export function silence() {
  return ""
}

/** Says everything again, in the language that is spoken now. */
export function sayAgain() {
  for (const { element, target, key } of places()) {
    if (target) element.setAttribute(target, say(key))
    else element.textContent = say(key)
  }
  for (const element of document.querySelectorAll("[data-said]")) {
    const saying = sayings.get(element)
    if (saying) put(element, saying)
  }
}

/**
 * The English of this page: what its modules say, and what stands in its HTML.
 * @returns {Words}
 */
export function readEnglish() {
  const english = JSON.parse(document.querySelector("#words")?.textContent ?? "{}")
  for (const { element, target, key } of places()) {
    english[key] = target ? element.getAttribute(target) : element.textContent
  }
  return english
}

/** Every text of the HTML, those in templates included. */
function places() {
  const templates = [...document.querySelectorAll("template")].map((template) => template.content)
  return [document, ...templates].flatMap((root) =>
    Object.entries(PLACES).flatMap(([name, target]) =>
      [...root.querySelectorAll(`[${name}]`)].map((element) => {
        return { element, target, key: element.getAttribute(name) ?? "" }
      }),
    ),
  )
}
