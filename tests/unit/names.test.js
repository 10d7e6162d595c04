import assert from "node:assert/strict"
import { test } from "node:test"

import { cleanName, generatedName, shownName } from "../../public/app/model/names.js"

test("a name keeps its letters, whatever the script", () => {
  for (const name of ["Ann", "Zoë O’Brien-Łuk", "李雷", "محمد", "Ann 🎈", "👩‍🚀 Ann"]) {
    assert.equal(cleanName(name), name)
  }
})

test("a name is one line without spaces around it", () => {
  assert.equal(cleanName("  Ann \n\t of   Green\u2028Gables "), "Ann of Green Gables")
})

test("a name cannot change the direction of the text around it", () => {
  assert.equal(cleanName("Ann\u202Etxt.exe\u202C"), "Anntxt.exe")
  assert.equal(cleanName("\u2066\u200F\u061CAnn"), "Ann")
})

test("a name contains no control characters", () => {
  assert.equal(cleanName("A\u0000n\u001Bn\u009F"), "A n n")
})

test("a name has at most 60 characters, and none is cut", () => {
  assert.equal(cleanName("a".repeat(61)), "a".repeat(60))
  assert.equal(cleanName("🎈".repeat(61)), "🎈".repeat(60))
})

test("a name without visible characters is empty", () => {
  for (const raw of ["", "   ", "\n\t", "\u202E\u200F"]) assert.equal(cleanName(raw), "")
})

test("a generated name has two words and is valid", () => {
  const names = Array.from({ length: 200 }, generatedName)

  for (const name of names) {
    assert.match(name, /^[A-Z][a-z]+ [A-Z][a-z]+$/)
    assert.equal(cleanName(name), name)
  }
  assert.ok(new Set(names).size > 20)
})

for (const [what, raw, clean] of [
  ["zero-width spaces and joiners", "A\u200Bn\u200Dn\u2060\uFEFF", "Ann"],
  ["soft hyphens and fillers", "A\u00ADn\u3164n\u115F\uFFA0\u034F", "Ann"],
  ["a blank braille pattern", "\u2800Ann\u2800", "Ann"],
  ["tags", "Ann\u{E0041}\u{E0042}", "Ann"],
  ["loose variation selectors", "An\uFE0Fn\uFE01", "Ann"],
  ["half a surrogate pair", "Ann\uD83D", "Ann"],
  ["what no font draws", "Ann\uE000\u{F0000}\u0378", "Ann"],
  ["every kind of space", "Ann\u00A0\u2003\u3000\u202FLee", "Ann Lee"],
  ["a tower of marks", `A${"\u0301".repeat(40)}nn`, `A${"\u0301".repeat(4)}nn`],
]) {
  test(`a name contains no ${what}`, () => {
    assert.equal(cleanName(raw), clean)
  })
}

test("a name that looks blank is empty", () => {
  for (const raw of ["\u2800", "\u200B\u200D", "\u3164 \u00AD", "\u0301\u0301", "\u{E0041}"])
    assert.equal(cleanName(raw), "", raw)
})

test("a name of joined characters is not cut inside one", () => {
  const name = cleanName("👩‍👩‍👧‍👦".repeat(20))

  assert.equal(name, "👩‍👩‍👧‍👦".repeat(8))
})

test("a name as long as a message is cut quickly", () => {
  const started = performance.now()

  for (const part of ["a", "\u0301", "👩‍👩‍👧‍👦", "\u200B", " "]) cleanName(part.repeat(20_000))

  assert.ok(performance.now() - started < 1_000)
})

test("another person is never shown as “You”, in any alphabet", () => {
  for (const raw of ["You", "you", " YOU ", "Y\u200Bou", "You.", "Yоu", "Υου", "Ｙｏｕ", "Yóu", "𝐘𝐨𝐮", "y0u"]) {
    assert.equal(shownName(raw, "You"), "", raw)
  }
  for (const raw of ["Youssef", "Yolanda", "Lou", "你"]) assert.equal(shownName(raw, "You"), raw)
})

for (const [self, names] of [
  ["Du", ["du", "D\u200Bu", "Dυ", "ԁu", "Dü"]],
  ["Vous", ["VOUS", "Vоuѕ", "νous", "Ѵous"]],
  ["Tú", ["Tu", "Тú", "τυ"]],
  ["Você", ["Voce", "Vосê", "Voсе"]],
  ["あなた", ["あなた", " あなた。"]],
  ["أنت", ["أنت", "أ\u200Fنت"]],
]) {
  test(`another person is never shown as “${self}”`, () => {
    for (const raw of names) assert.equal(shownName(raw, self), "", raw)
    assert.equal(shownName("Ann", self), "Ann")
  })
}
