// The texts in the page, from its HTML or inserted later. Each can be shown again in another language.

/** @import { Words } from "../words.js" */

import { say } from "../words.js"

/** Attributes that contain a key, and where its text goes: into the element, or into another attribute. */
const PLACES = { "data-words": "", "data-words-placeholder": "placeholder", "data-words-label": "aria-label" }

/** @type {WeakMap<Element, () => string>} */
const sayings = new WeakMap()

/**
 * Puts a text into an element, and again when the language changes. An unchanged text is not touched, because a screen
 * reader would read it again.
 * @param {Element} element
 * @param {() => string} saying
 */
export function put(element, saying) {
  element.removeAttribute("data-words")
  element.toggleAttribute("data-put", true)
  sayings.set(element, saying)
  const text = saying()
  if (element.textContent !== text) element.textContent = text
}

/** The text for an element that shows nothing. */
export function silence() {
  return ""
}

/** Shows every text again in the current language. */
export function sayAgain() {
  for (const { element, target, key } of places()) {
    if (target) element.setAttribute(target, say(key))
    else element.textContent = say(key)
  }
  for (const element of document.querySelectorAll("[data-put]")) {
    const saying = sayings.get(element)
    if (saying) put(element, saying)
  }
}

/**
 * The English texts of this page: those of its modules and those of its HTML.
 * @returns {Words}
 */
export function readEnglish() {
  const english = JSON.parse(document.querySelector("#words")?.textContent ?? "{}")
  for (const { element, target, key } of places()) {
    english[key] = target ? element.getAttribute(target) : element.textContent
  }
  return english
}

/** Every place of a text in the HTML, including those in templates. */
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
