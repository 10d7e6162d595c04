// The core journeys in every engine, and between engines. tests/browser has everything else, in Chromium.

import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"

import { startStack } from "../browser/stack.js"
import { ENGINES } from "./engines.js"
import { Person } from "./person.js"

const PAIRS = [
  ["firefox", "firefox"],
  ["webkit", "webkit"],
  ["firefox", "chromium"],
  ["chromium", "webkit"],
  ["webkit", "firefox"],
]
const BRIEF_SECONDS = 12

let stack
let brief

before(async () => {
  stack = await startStack("embedded")
  brief = await startStack("embedded", { ROOM_TTL_SECONDS: BRIEF_SECONDS })
})

after(async () => {
  for (const started of [stack, brief]) await started?.stop()
})

for (const [first, second] of PAIRS) {
  describe(`${first} and ${second}`, () => {
    let ann
    let bob

    async function within({ baseUrl }, journey) {
      try {
        ann = await Person.in(ENGINES[first], baseUrl)
        bob = await Person.in(ENGINES[second], baseUrl)
        await journey()
      } finally {
        for (const person of [ann, bob]) await person?.close()
        ann = bob = undefined
      }
    }

    test("two meet, talk, reload, open a second tab, and destroy the room", () =>
      within(stack, async () => {
        await bob.joins(await ann.creates())
        await ann.seesStatus("Both here")
        assert.equal(await ann.seesWords(), await bob.seesWords())
        await ann.says("Hello Bob")
        await bob.sees("Hello Bob")
        await bob.says("Hello Ann")
        await ann.sees("Hello Ann")

        await bob.reloads()
        await bob.sees("Hello Ann")
        await bob.says("Still here")
        await ann.sees("Still here")
        await ann.opensTab()
        await ann.sees("Hello Bob")
        assert.equal(await ann.seesWords(), await bob.seesWords())

        await ann.destroys()
        for (const person of [ann, bob]) await person.seesEnd("It was destroyed.")
      }))

    test("two keep a room open, and its time runs out", () =>
      within(brief, async () => {
        await bob.joins(await ann.creates())
        for (const person of [ann, bob]) await person.shows("[data-bar]")
        await ann.keepsOpen()
        for (const person of [ann, bob])
          await person.until("kept open", () => !document.querySelector("[data-bar]").checkVisibility())
        for (const person of [ann, bob]) {
          await person.until(
            "the end",
            () => document.querySelector("[data-scene=ended]").checkVisibility(),
            null,
            40_000,
          )
          await person.seesEnd("Its time ran out.")
        }
      }))
  })
}
