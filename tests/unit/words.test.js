import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { WORDS, endReason, say, sayCount, sentence } from "../../public/app/words.js"

const PAGES = ["index.html", "room.html"].map((name) =>
  readFileSync(new URL(`../../public/${name}`, import.meta.url), "utf8"),
)

// --- Error words ---

const OUTCOMES = [
  "bad-link",
  "bad-origin",
  "bad-proof",
  "browser-too-old",
  "changed",
  "downgraded",
  "insecure",
  "identity-changed",
  "key-cut",
  "key-missing",
  "key-wrong",
  "misconfigured",
  "no-cookies",
  "not-a-participant",
  "offline",
  "over-quota",
  "room-destroyed",
  "room-expired",
  "room-full",
  "room-history-full",
  "room-not-found",
  "store-unavailable",
  "too-large",
  "too-many-requests",
]

test("every outcome that a person can meet has a sentence of its own", () => {
  const general = sentence("no-such-word")

  for (const word of OUTCOMES) {
    assert.notEqual(sentence(word), general, word)
    assert.match(sentence(word), /^[A-Z].*\.$/, word)
  }
})

test("the sentences speak without exclamation marks and without jargon", () => {
  for (const word of [...OUTCOMES, "no-such-word"]) {
    assert.doesNotMatch(sentence(word), /!|HTTP\b|error|WebSocket|token|cookie|\b\d{3}\b/i, word)
  }
})

test("an unknown word gives a general sentence, whatever the word is", () => {
  const general = sentence("no-such-word")

  assert.match(general, /Try again/)
  for (const word of ["", "<b>", "constructor", "toString", "__proto__"]) assert.equal(sentence(word), general, word)
})

test("the end of a room has a reason, whatever the word", () => {
  for (const word of ["room-destroyed", "room-expired", "room-not-found", "unconfirmed", "identity-changed"]) {
    assert.match(endReason(word), /^[A-Z].*\.$/, word)
  }
  assert.equal(endReason("constructor"), sentence("no-such-word"))
})

// --- The table ---

test("placeholders are filled, and what is filled in is not looked at again", () => {
  assert.equal(say("composer.left", { count: 12 }), "12 left")
  assert.equal(say("list.failed", { reason: "{reason} $&" }), "Not sent. {reason} $&")
  assert.equal(say("time.minutes"), "{minutes} min left")
})

test("one is told apart from several", () => {
  assert.equal(sayCount("list.new", 1), "1 new message")
  assert.equal(sayCount("list.new", 2), "2 new messages")
})

test("the texts in the pages are those of the table", () => {
  let checked = 0
  for (const page of PAGES) {
    for (const [, key, text] of page.matchAll(/ data-words="([^"]+)"[^<>]*>([^<]*)</g)) {
      assert.equal(text, WORDS[key], key)
      checked += 1
    }
    for (const [, text, what, key] of page.matchAll(
      / (?:placeholder|aria-label)="([^"]*)" data-words-(placeholder|label)="([^"]+)"/g,
    )) {
      assert.equal(text, WORDS[key], `${what} ${key}`)
      checked += 1
    }
  }
  assert.ok(checked > 40, `${checked} texts`)
})

test("no text in the pages is without a key", () => {
  for (const page of PAGES) {
    const body = page.slice(page.indexOf("<body>")).replace(/<!--.*?-->|<svg.*?<\/svg>/gs, "")
    const loose = [...body.matchAll(/<(\w+)([^<>]*)>([^<>]*[A-Za-z]{2}[^<>]*)</g)].filter(
      ([, , attributes]) => !attributes.includes("data-words="),
    )
    assert.deepEqual(
      loose.map(([, , , text]) => text),
      [],
    )
    assert.equal(
      body.match(/ (placeholder|aria-label)="/g)?.length,
      body.match(/data-words-(placeholder|label)="/g)?.length,
    )
  }
})
