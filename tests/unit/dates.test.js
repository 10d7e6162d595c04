import "./english.js"

import assert from "node:assert/strict"
import { afterEach, test } from "node:test"

import { clock, machineTime, spokenMinutes, spokenTime } from "../../public/app/model/dates.js"
import { speak } from "../../public/app/words.js"
import { tableOf } from "../../scripts/words.js"

afterEach(() => speak("en", {}))

/** Half past nine in the morning in any time zone. */
const NOW = new Date(2026, 2, 30, 9, 30).getTime()
const at = (...parts) => new Date(...parts).getTime()

test("a time today has no date", () => {
  for (const time of [at(2026, 2, 30, 0, 0), NOW, at(2026, 2, 30, 23, 59)]) {
    assert.match(spokenTime(time, NOW), /^\d{2}:\d{2}( [AP]M)?$/)
  }
})

test("yesterday lasts from its first minute to its last", () => {
  for (const time of [at(2026, 2, 29, 0, 0), at(2026, 2, 29, 23, 59, 59)])
    assert.match(spokenTime(time, NOW), /^yesterday, /)
  for (const time of [at(2026, 2, 28, 23, 59), at(2026, 2, 31, 0, 0), at(2025, 2, 29), at(2026, 3, 29)]) {
    assert.doesNotMatch(spokenTime(time, NOW), /yesterday/)
  }
})

test("any other day is shown with its date", () => {
  assert.match(spokenTime(at(2026, 2, 28, 12, 0), NOW), /28.*2026|2026.*28/)
  assert.match(spokenTime(at(1999, 0, 5), NOW), /1999/)
})

test("an invalid time has an empty text", () => {
  for (const time of [NaN, Infinity, -Infinity, 8.64e15 + 1, -9e15, 1e300, undefined, null, "soon", {}]) {
    assert.deepEqual([spokenTime(time, NOW), machineTime(time)], ["", ""], String(time))
  }
  assert.equal(machineTime(8.64e15), "+275760-09-13T00:00:00.000Z")
})

for (const [language, yesterday, minutes, left] of [
  ["en", /^yesterday, 12:00 PM$/, "1 hr 5 min", "1:05"],
  ["de", /^gestern, 12:00$/, "1 Std., 5 Min.", "1:05"],
  ["ja", /^昨日 12:00$/, "1 時間5 分", "1:05"],
  ["ar", /^أمس، 12:00 م$/, "1 س و5 د", "1:05"],
]) {
  test(`times and durations are formatted for ${language}`, () => {
    speak(language, tableOf(language))

    assert.match(spokenTime(at(2026, 2, 29, 12, 0), NOW), yesterday)
    assert.equal(spokenMinutes(65), minutes)
    assert.equal(clock(65), left)
  })
}

test("a clock uses the digits of the reader's country", () => {
  speak("ar", {}, "ar-EG")

  assert.equal(clock(65), "١:٠٥")
})
