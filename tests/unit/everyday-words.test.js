// Texts for people use everyday words. Protocol terms stay in the code and its documents.

import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { test } from "node:test"

import { WORDS as SAFETY_WORDS } from "../../public/app/crypto/words.js"

const PUBLIC = new URL("../../public/", import.meta.url)
const OF_THE_PROTOCOL =
  /\b(un)?seal(s|ed|ing)?\b|\bhello'?s?\b|\bshel(f|ves)\b|\bnonce|\bciphertext|\bhandshake|\bpsk\b|\bkid\b/i
const SEEN_ATTRIBUTES = / (?:title|placeholder|aria-label|aria-description|alt|content|value)="([^"]*)"/g

/** Every text of a page that a person can see or hear, or that the browser shows for it. */
function textsOf(html) {
  const shown = html.replace(/<!--.*?-->|<(script|style)\b.*?<\/\1>/gs, "")
  const attributes = [...shown.matchAll(SEEN_ATTRIBUTES)].map(([, text]) => text)
  return [...shown.split(/<[^>]*>/).map((text) => text.trim()), ...attributes].filter((text) => text !== "")
}

function pages() {
  const names = readdirSync(PUBLIC).filter((name) => name.endsWith(".html"))
  return names.map((name) => [name, textsOf(readFileSync(new URL(name, PUBLIC), "utf8"))])
}

test("no text of a page contains a protocol term", () => {
  const read = pages()

  assert.ok(read.length >= 4, `${read.length} pages`)
  for (const [name, texts] of read) {
    assert.ok(texts.length > 3, `${name}: ${texts.length} texts`)
    for (const text of texts) assert.doesNotMatch(text, OF_THE_PROTOCOL, name)
  }
})

test("no text of a module contains a protocol term", () => {
  const english = JSON.parse(readFileSync(new URL("words/en.json", PUBLIC), "utf8"))
  assert.ok(Object.keys(english).length > 100)
  for (const [key, text] of Object.entries(english)) assert.doesNotMatch(text, OF_THE_PROTOCOL, key)
})

test("protocol terms are found in every part of a page", () => {
  const html = '<p title="a sealed room">fine<!-- shelf --></p><script>const hello = 1</script>'

  assert.deepEqual(textsOf(html), ["fine", "a sealed room"])
  for (const word of ["sealed", "Hello", "a shelf", "the nonce"]) assert.match(word, OF_THE_PROTOCOL)
})

test("the words of the safety code are no protocol terms", () => {
  for (const word of [...SAFETY_WORDS]) assert.doesNotMatch(word, /^(sealed|hello|shelf)$/)
})
