import "./english.js"

import assert from "node:assert/strict"
import { afterEach, test } from "node:test"

import { endReason, say, sayCount, sentence, speak, written } from "../../public/app/words.js"

afterEach(() => speak("en", {}))

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

test("every error code that a person can meet has its own sentence", () => {
  const general = sentence("no-such-word")

  for (const word of OUTCOMES) {
    assert.notEqual(sentence(word), general, word)
    assert.match(sentence(word), /^[A-Z].*\.$/, word)
  }
})

test("the sentences have no exclamation marks and no jargon", () => {
  for (const word of [...OUTCOMES, "no-such-word"]) {
    assert.doesNotMatch(sentence(word), /!|HTTP\b|error|WebSocket|token|cookie|\b\d{3}\b/i, word)
  }
})

test("an unknown error code has a general sentence, whatever it is", () => {
  const general = sentence("no-such-word")

  assert.match(general, /Try again/)
  for (const word of ["", "<b>", "constructor", "toString", "__proto__"]) assert.equal(sentence(word), general, word)
})

test("every end of a room has a reason, whatever the code", () => {
  for (const word of ["room-destroyed", "room-expired", "room-not-found", "unconfirmed", "identity-changed"]) {
    assert.match(endReason(word), /^[A-Z].*\.$/, word)
  }
  assert.equal(endReason("constructor"), sentence("no-such-word"))
})

// --- One language ---

test("placeholders are filled, and inserted values are not processed again", () => {
  assert.equal(say("bar.ends", { time: "1:05" }), "Ends in 1:05")
  assert.equal(say("list.failed", { reason: "{reason} $&" }), "Not sent. {reason} $&")
  assert.equal(say("time.left"), "{time} left")
})

test("singular and plural differ", () => {
  assert.equal(sayCount("list.new", 1), "1 new message")
  assert.equal(sayCount("list.new", 2), "2 new messages")
})

test("numbers are written as in English", () => {
  assert.equal(sayCount("composer.left", 1_000), "1,000 left")
})

// --- Another one ---

test("another language is used, and texts that it lacks appear in English", () => {
  speak("de", { "share.copy": "Link kopieren" })

  assert.equal(say("share.copy"), "Link kopieren")
  assert.equal(say("share.copied"), "Copied")
})

test("after a return to English nothing of the other language is left", () => {
  speak("de", { "share.copy": "Link kopieren" })
  speak("en", {})

  assert.equal(say("share.copy"), "Copy link")
})

test("a language uses its own plural forms", () => {
  const table = { "list.new.two": "رسالتان", "list.new.few": "{count} رسائل", "list.new.other": "{count} رسالة" }
  speak("ar", table)

  assert.equal(sayCount("list.new", 2), "رسالتان")
  assert.equal(sayCount("list.new", 3), "3 رسائل")
})

test("a plural text that a language lacks uses the English plural forms", () => {
  speak("ar", {})

  assert.equal(sayCount("list.new", 2), "2 new messages")
})

test("numbers and times follow the reader's region", () => {
  speak("en", {}, "en-GB")
  const british = written().date.format(new Date(2026, 10, 27))
  speak("ar", {}, "ar-EG")

  assert.equal(british, "27 Nov 2026")
  assert.equal(sayCount("composer.left", 1_000), "١٬٠٠٠ left")
})
