// The tables of public/words/. Pages show no text that is not in them.

import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { test } from "node:test"

import {
  LANGUAGES,
  PAGES,
  keysOfModules,
  keysOfPage,
  readPublic,
  tableOf,
  withWords,
  withoutPlural,
} from "../../scripts/words.js"

const PUBLIC = new URL("../../public/", import.meta.url)
const MODULES = readdirSync(new URL("app/", PUBLIC), { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => `app/${name}`)
const ENGLISH = tableOf("en")
const COUNTED = new Set(
  Object.keys(ENGLISH)
    .filter((key) => key.endsWith(".one"))
    .map(withoutPlural),
)

/** Texts that are rightly the same as in English. */
const SAME = {
  everywhere: ["brand", "title.unread", "list.dated"],
  de: ["shortcuts.key.escape"],
  fr: ["lobby.lifetime.minutes", "header.menu", "list.conversation", "list.messages", "composer.label", "faq.title"],
  "pt-BR": ["header.menu"],
}

function pluralCategories(language) {
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories
}

/** The keys that a language needs: those of English, with the language's own plural forms. */
function keysFor(language) {
  const asked = Object.keys(ENGLISH).map((key) => (COUNTED.has(withoutPlural(key)) ? withoutPlural(key) : key))
  return [...new Set(asked)].flatMap((key) =>
    COUNTED.has(key) ? pluralCategories(language).map((category) => `${key}.${category}`) : [key],
  )
}

function placeholdersOf(text) {
  return (text.match(/\{\w+\}/g) ?? []).sort()
}

/** The English text of a key, for any plural form. */
function englishOf(key) {
  return ENGLISH[key] ?? ENGLISH[`${withoutPlural(key)}.other`]
}

test("there are eight languages, English among them", () => {
  assert.deepEqual([...LANGUAGES].sort(), ["ar", "de", "en", "es", "fr", "ja", "pt-BR", "zh-Hans"])
})

for (const language of LANGUAGES) {
  test(`${language} has every text and every plural form, and nothing else, in the order of English`, () => {
    const keys = Object.keys(tableOf(language))

    assert.deepEqual([...keys].sort(), keysFor(language).sort())
    assert.deepEqual([...new Set(keys.map(withoutPlural))], [...new Set(keysFor(language).map(withoutPlural))])
  })

  test(`${language} has the same placeholders as English`, () => {
    for (const [key, text] of Object.entries(tableOf(language))) {
      const [own, english] = [placeholdersOf(text), placeholdersOf(englishOf(key))]
      // A plural form for a single number may spell the number out.
      if (/\.(zero|one|two)$/.test(key) && own.length === 0) continue
      assert.deepEqual(own, english, key)
      assert.doesNotMatch(text.replace(/\{\w+\}/g, ""), /[{}]/, key)
    }
  })

  test(`${language} has no stray spaces or marks`, () => {
    for (const [key, text] of Object.entries(tableOf(language))) {
      assert.ok(text.length > 0 && text === text.trim(), key)
      assert.doesNotMatch(text, / {2}|!|\.\.\.|"|'/, key)
      assert.equal(/[.。]$/.test(text), /\.$/.test(englishOf(key)), `the full stop of ${key}`)
    }
  })

  if (language === "en") continue

  test(`${language} is translated`, () => {
    const allowed = [...SAME.everywhere, ...(SAME[language] ?? [])]
    const same = Object.entries(tableOf(language)).filter(([key, text]) => text === ENGLISH[key])

    assert.deepEqual(
      same.map(([key]) => key).filter((key) => !allowed.includes(key)),
      [],
    )
  })
}

test("every text is used, and every used text exists", () => {
  const used = keysOfModules(MODULES, Object.keys(ENGLISH))
  for (const page of PAGES) for (const key of keysOfPage(readPublic(page))) used.add(key)

  assert.deepEqual([...used].sort(), Object.keys(ENGLISH).sort())
})

test("modules use no text that does not exist", () => {
  const source = MODULES.map(readPublic).join("\n")
  const asked = [...source.matchAll(/\bsay(Count)?\("([^"]+)"/g)]

  assert.ok(asked.length > 10)
  for (const [, counts, key] of asked) assert.ok(Object.hasOwn(ENGLISH, counts ? `${key}.other` : key), key)
})

// --- English in the pages ---

for (const page of PAGES) {
  test(`${page} contains English and the list of languages, as \`node scripts/words.js\` writes them`, () => {
    assert.equal(readPublic(page), withWords(readPublic(page), ENGLISH))
  })

  test(`every text of ${page} has a key`, () => {
    const html = readPublic(page)
    const body = html
      .slice(html.indexOf("<title"))
      .replace(/<!--.*?-->|<svg.*?<\/svg>|<script.*?<\/script>|<option.*?<\/option>/gs, "")
    const loose = [...body.matchAll(/<(\w+)([^<>]*)>([^<>]*\p{L}[^<>]*)</gu)].filter(
      ([, , attributes]) => !attributes.includes("data-words="),
    )
    const attributes = body.match(/ (placeholder|aria-label|title|alt)="/g)?.length

    assert.deepEqual(
      loose.map(([, , , text]) => text.trim()),
      [],
    )
    assert.equal(attributes, body.match(/ data-words-(placeholder|label)="/g)?.length)
  })
}

/** Modules that show texts, except the one that splits messages. */
const SHOWING = MODULES.filter((path) => /^app\/(view\/(?!rich-text)|[a-z]+\.js)/.test(path))
/** Texts for the browser that no person sees. */
const UNSEEN = new Set(["Enter", "Notification"])

for (const path of SHOWING) {
  test(`${path} contains no text outside the tables`, () => {
    const code = readPublic(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    // A capital, or words with a space between them: no key, selector or class name looks like that.
    const literals = [...code.matchAll(/(["`])([^"`\n]*)\1/g)].map(([, , text]) => text)
    const speaking = literals.filter((text) => /^\p{Lu}\p{Ll}+|\p{L}{2} \p{L}{2}/u.test(text) && !UNSEEN.has(text))

    assert.deepEqual(speaking, [])
    assert.doesNotMatch(code, /\.(textContent|innerText|placeholder|ariaLabel|title) = (?!"")["`]/)
    assert.doesNotMatch(code, /setAttribute\("(aria-label|placeholder|title|alt)", ["`]/)
  })
}
