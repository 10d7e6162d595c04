import assert from "node:assert/strict"
import { test } from "node:test"

import { continues, isEmojiOnly, linkParts } from "../../public/app/messages.js"

// --- Links ---

test("a text without links stays one piece", () => {
  assert.deepEqual(linkParts("just words\nand a line"), [{ text: "just words\nand a line" }])
  assert.deepEqual(linkParts(""), [])
})

test("an https address becomes a link, and the words around it stay", () => {
  assert.deepEqual(linkParts("see https://example.com/a?b=c#d now"), [
    { text: "see " },
    { text: "https://example.com/a?b=c#d", href: "https://example.com/a?b=c#d" },
    { text: " now" },
  ])
})

test("several addresses become several links", () => {
  const hrefs = linkParts("https://a.example https://b.example\nhttps://c.example").map(({ href }) => href)

  assert.deepEqual(hrefs, ["https://a.example", undefined, "https://b.example", undefined, "https://c.example"])
})

for (const text of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "http://example.com/",
  "ftp://example.com/",
  "vbscript:x",
  "//example.com/",
  "example.com",
  "https://",
  "https:// example.com",
  '<a href="javascript:alert(1)">x</a>',
]) {
  test(`“${text}” is no link`, () => {
    assert.ok(linkParts(text).every(({ href }) => href === undefined))
    assert.equal(linkParts(text).map((part) => part.text).join(""), text)
  })
}

for (const [text, href] of [
  ["https://example.com.", "https://example.com"],
  ["https://example.com/a, and", "https://example.com/a"],
  ["(https://example.com/a)", "https://example.com/a"],
  ["“https://example.com/a”", "https://example.com/a"],
  ["https://example.com/a?!", "https://example.com/a"],
  ["https://example.com/a…", "https://example.com/a"],
]) {
  test(`the punctuation around the address in “${text}” is not part of it`, () => {
    assert.equal(linkParts(text).find((part) => part.href)?.href, href)
    assert.equal(linkParts(text).map((part) => part.text).join(""), text)
  })
}

test("an address ends where markup begins", () => {
  const parts = linkParts('<a href="https://example.com/"onclick=alert(1)>')

  assert.deepEqual(parts.map(({ href }) => href), [undefined, "https://example.com/", undefined])
})

test("a very long text is cut in no time", () => {
  const text = "https://".repeat(2000) + "!".repeat(10_000)
  const started = performance.now()

  linkParts(text)

  assert.ok(performance.now() - started < 1000)
})

// --- Emoji ---

for (const text of ["👍", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "1️⃣", "😀😀 😀", " 🎉 "]) {
  test(`“${text}” is emoji and nothing else`, () => {
    assert.equal(isEmojiOnly(text), true)
  })
}

for (const text of ["", " ", "a", "👍 ok", "1", "#", "😀".repeat(7), "🎉".repeat(5000)]) {
  test(`“${text.slice(0, 20)}” is not only a few emoji`, () => {
    assert.equal(isEmojiOnly(text), false)
  })
}

// --- Groups ---

function entry(changes = {}) {
  return { key: "k", isOwn: false, sender: "Bob", text: "hi", timestamp: 100_000, state: "sent", ...changes }
}

test("the same person within a minute goes on", () => {
  assert.equal(continues(entry(), entry({ timestamp: 159_999 })), true)
})

test("a message on its way goes on where a sent one stopped", () => {
  assert.equal(continues(entry({ isOwn: true }), entry({ isOwn: true, state: "pending" })), true)
})

test("the first message, another person, another name, a minute or a line of the room's own: a new group", () => {
  assert.equal(continues(undefined, entry()), false)
  assert.equal(continues(entry({ isOwn: true }), entry()), false)
  assert.equal(continues(entry({ sender: "Bobby" }), entry()), false)
  assert.equal(continues(entry(), entry({ timestamp: 160_000 })), false)
  assert.equal(continues(entry({ state: "note" }), entry()), false)
})
