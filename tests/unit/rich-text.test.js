import assert from "node:assert/strict"
import { test } from "node:test"

import { continues } from "../../public/app/view/message.js"
import { isEmojiOnly, linkPieces, piecesOf } from "../../public/app/view/rich-text.js"

// --- Links ---

test("a text without links stays in one piece", () => {
  assert.deepEqual(linkPieces("just words\nand a line"), [{ kind: "text", text: "just words\nand a line" }])
  assert.deepEqual(linkPieces(""), [])
})

test("a URL becomes a link, and the text around it stays", () => {
  assert.deepEqual(linkPieces("see https://example.com/a?b=c#d now"), [
    { kind: "text", text: "see " },
    { kind: "link", text: "https://example.com/a?b=c#d", href: "https://example.com/a?b=c#d" },
    { kind: "text", text: " now" },
  ])
})

test("several URLs become several links", () => {
  const hrefs = linkPieces("https://a.example http://b.example\nhttps://c.example").map(({ href }) => href)

  assert.deepEqual(hrefs, ["https://a.example/", undefined, "http://b.example/", undefined, "https://c.example/"])
})

for (const text of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "ftp://example.com/",
  "vbscript:x",
  "//example.com/",
  "example.com",
  "https://",
  "https:// example.com",
  '<a href="javascript:alert(1)">x</a>',
]) {
  test(`“${text}” is not a link`, () => {
    assert.ok(linkPieces(text).every(({ href }) => href === undefined))
    assert.equal(
      linkPieces(text)
        .map((part) => part.text)
        .join(""),
      text,
    )
  })
}

for (const [text, shown] of [
  ["https://example.com.", "https://example.com"],
  ["https://example.com/a, and", "https://example.com/a"],
  ["(https://example.com/a)", "https://example.com/a"],
  ["“https://example.com/a”", "https://example.com/a"],
  ["https://example.com/a?!", "https://example.com/a"],
  ["https://example.com/a…", "https://example.com/a"],
  ["https://en.example/wiki/Duet_(music)", "https://en.example/wiki/Duet_(music)"],
  ["(see https://en.example/wiki/Duet_(music))", "https://en.example/wiki/Duet_(music)"],
]) {
  test(`the punctuation around the URL in “${text}” is not part of it`, () => {
    assert.equal(linkPieces(text).find((part) => part.href)?.text, shown)
    assert.equal(
      linkPieces(text)
        .map((part) => part.text)
        .join(""),
      text,
    )
  })
}

test("a URL ends where markup begins", () => {
  const parts = linkPieces('<a href="https://example.com/"onclick=alert(1)>')

  assert.deepEqual(
    parts.map(({ href }) => href),
    [undefined, "https://example.com/", undefined],
  )
})

test("a very long text is split quickly", () => {
  const started = performance.now()

  for (const part of ["https://", "https://a.b/", "`", "```", "`a\n", "(", ")", "!"]) {
    piecesOf(`https://example.com/${part.repeat(16_000 / part.length)}`)
  }

  assert.ok(performance.now() - started < 1000)
})

// --- The host that is shown is the host that is opened ---

for (const [what, text, shown] of [
  ["a name in one alphabet stays as it is", "https://bücher.example/ü", "https://bücher.example/ü"],
  ["so does one all in Cyrillic", "https://пример.рф/", "https://пример.рф/"],
  ["and one all in Chinese", "https://例子.测试/", "https://例子.测试/"],
  ["a name that mixes alphabets is spelt out", "https://раypal.com/", "https://xn--ypal-43d9g.com/"],
  ["so is one in an alphabet that its last part is not in", "https://аррӏе.com/", "https://xn--80ak6aa92e.com/"],
  [
    "a name with a sign that looks like a slash is spelt out",
    "https://google.com∕login.example/",
    "https://google.xn--comlogin-0f7d.example/",
  ],
  ["a name from right to left is spelt out", "https://אבג.example/", "https://xn--4dbcd.example/"],
  ["a number that hides an address is spelt out", "https://0x7f.1/", "https://127.0.0.1/"],
  ["a host in wide letters is spelt out", "https://ｅxample.com/", "https://example.com/"],
  ["a host in capitals stays", "https://EXAMPLE.com/A", "https://EXAMPLE.com/A"],
]) {
  test(what, () => {
    const [piece] = linkPieces(text)

    assert.deepEqual([piece.kind, piece.text], ["link", shown])
    assert.equal(piece.href, new URL(text).href)
  })
}

for (const text of [
  "https://google.com@evil.example/",
  "https://google.com:443@evil.example",
  "https://a:b@evil.example/",
  "https://@evil.example/",
  "https://%65vil.example/",
]) {
  test(`“${text}”, which does not begin with its host, is not a link`, () => {
    assert.deepEqual(linkPieces(text), [{ kind: "text", text }])
  })
}

test("a URL ends at a direction-changing or invisible character", () => {
  for (const sign of ["\u202E", "\u2066", "\u200B", "\u200F", "\u00AD", "\u{E0041}", "\u0007", "\\"]) {
    const [link, rest] = linkPieces(`https://example.com/a${sign}gnp.exe`)

    assert.equal(link.text, "https://example.com/a")
    assert.equal(rest.kind, "text")
  }
})

// --- Code ---

test("text in single backticks is code, text in triple backticks a block with its spaces", () => {
  assert.deepEqual(piecesOf("run `a  b` then\n```\n  if x:\n\ty\n```\ndone"), [
    { kind: "text", text: "run " },
    { kind: "code", text: "a  b" },
    { kind: "text", text: " then" },
    { kind: "block", text: "  if x:\n\ty" },
    { kind: "text", text: "done" },
  ])
})

test("a link in code is code", () => {
  assert.deepEqual(piecesOf("`https://a.example`"), [{ kind: "code", text: "https://a.example" }])
  assert.deepEqual(piecesOf("```https://a.example `b` ```"), [{ kind: "block", text: "https://a.example `b` " }])
})

test("empty or unclosed backticks are shown unchanged", () => {
  for (const text of ["`", "``", "``` open", "a ` b", "`over\ntwo lines`", "*bold* _it_ # no [x](y)"]) {
    assert.deepEqual(piecesOf(text), [{ kind: "text", text }], text)
  }
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
  return { id: "k", isOwn: false, sender: "Bob", text: "hi", at: 100_000, ...changes }
}

test("a message by the same person within a minute continues the group", () => {
  assert.equal(continues(entry(), entry({ at: 159_999 })), true)
})

test("the first message, another person, another name or a minute: a new group", () => {
  assert.equal(continues(undefined, entry()), false)
  assert.equal(continues(entry({ isOwn: true }), entry()), false)
  assert.equal(continues(entry({ sender: "Bobby" }), entry()), false)
  assert.equal(continues(entry(), entry({ at: 160_000 })), false)
})

test("an invalid time starts a new group", () => {
  assert.equal(continues(entry(), entry({ at: NaN })), false)
})
