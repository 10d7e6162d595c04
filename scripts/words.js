// Writes texts from public/words/ into the pages: English at each key and a table of the texts that the modules use, so
// that English needs no request of its own; and the list of languages. Part of `npm run format`; a test compares the
// result.

import { readFileSync, readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const PUBLIC = new URL("../public/", import.meta.url)
const ATTRIBUTES = { placeholder: "placeholder", label: "aria-label" }

export const PAGES = ["index.html", "room.html", "promises.html", "404.html"]

/** @param {string} path in `public/` */
export function readPublic(path) {
  return readFileSync(new URL(path, PUBLIC), "utf8")
}

/** Every language that has a table: English first, the others by name. */
export const LANGUAGES = readdirSync(new URL("words/", PUBLIC))
  .map((name) => name.replace(/\.json$/, ""))
  .sort((one, other) => Number(other === "en") - Number(one === "en") || nameOf(one).localeCompare(nameOf(other), "en"))

/**
 * A language's own name, capitalised as in a list.
 * @param {string} language
 */
function nameOf(language) {
  const name = new Intl.DisplayNames(language, { type: "language" }).of(language) ?? language
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
}

/** @param {string} language */
function optionOf(language) {
  const { direction } = new Intl.Locale(language).getTextInfo()
  return `<option value="${language}" lang="${language}" dir="${direction}">${nameOf(language)}</option>`
}

/**
 * @param {string} language
 * @returns {Record<string, string>}
 */
export function tableOf(language) {
  return JSON.parse(readPublic(`words/${language}.json`))
}

/**
 * The page with the English texts of its keys and the list of languages.
 * @param {string} html
 * @param {Record<string, string>} english
 */
export function withWords(html, english) {
  const withContent = html.replace(
    /( data-words="([^"]+)"[^<>]*>)[^<]*(?=<)/g,
    (_, before, key) => before + escape(textOf(english, key)),
  )
  const withAttributes = withContent.replace(
    / (placeholder|aria-label)="[^"]*" data-words-(placeholder|label)="([^"]+)"/g,
    (_, _name, kind, key) => ` ${ATTRIBUTES[kind]}="${escape(textOf(english, key))}" data-words-${kind}="${key}"`,
  )
  const withLanguages = withAttributes.replace(
    /(<select [^>]*data-language[^>]*>).*?(?=<\/select>)/gs,
    (_, before) => before + LANGUAGES.map(optionOf).join(""),
  )
  return withLanguages.replace(
    /(<script type="application\/json" id="words">).*?(?=<\/script>)/s,
    (_, before) => `${before}\n${tableFor(withAttributes, english)}\n`,
  )
}

/** @param {Record<string, string>} english */
function textOf(english, key) {
  if (!Object.hasOwn(english, key)) throw new Error(`public/words/en.json has no ${key}`)
  return english[key]
}

/** @param {string} text */
function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;")
}

/**
 * The texts that the page's modules use and its HTML does not contain, one per line.
 * @param {string} html
 * @param {Record<string, string>} english
 */
function tableFor(html, english) {
  const inHtml = keysOfPage(html)
  const used = keysOfModules(modulesOf(html), Object.keys(english))
  const missing = Object.keys(english).filter((key) => used.has(key) && !inHtml.has(key))
  const lines = missing.map((key) => `${JSON.stringify(key)}:${JSON.stringify(english[key]).replace(/</g, "\\u003c")}`)
  return `{${lines.join(",\n")}}`
}

/**
 * The keys that occur in a page's HTML.
 * @param {string} html
 * @returns {Set<string>}
 */
export function keysOfPage(html) {
  return new Set([...html.matchAll(/ data-words(?:-\w+)?="([^"]+)"/g)].map(([, key]) => key))
}

/**
 * All modules of a page, as paths in `public/`.
 * @param {string} html
 */
function modulesOf(html) {
  return [...html.matchAll(/(?:modulepreload" href|type="module" src)="\/([^"]+)"/g)].map(([, path]) => path)
}

/**
 * The keys that modules use: arguments of `say` and similar functions, all other literals that look like a key, and, for
 * a key that is put together, all keys with the same beginning.
 * @param {string[]} paths in `public/`
 * @param {string[]} keys all existing keys
 * @returns {Set<string>}
 */
export function keysOfModules(paths, keys) {
  const source = paths.map(readPublic).join("\n")
  const literals = new Set([...source.matchAll(/"([a-z-]+(?:\.[a-z-]+)+)"/g)].map(([, literal]) => literal))
  for (const [, literal] of source.matchAll(/\bsay(?:Count)?\("([^"]+)"/g)) literals.add(literal)
  const starts = [...source.matchAll(/`([a-z-]+\.)\$\{/g)].map(([, start]) => start)
  const isSaid = (/** @type {string} */ key) =>
    literals.has(key) || literals.has(withoutPlural(key)) || starts.some((start) => key.startsWith(start))
  return new Set(keys.filter(isSaid))
}

/**
 * The key without its plural form, as it is passed to `sayCount`.
 * @param {string} key
 */
export function withoutPlural(key) {
  return key.replace(/\.(zero|one|two|few|many|other)$/, "")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const page of PAGES) {
    writeFileSync(new URL(page, PUBLIC), withWords(readPublic(page), tableOf("en")))
  }
}
