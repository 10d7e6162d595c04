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
        await bob.joinRoom(await ann.createRoom())
        await ann.expectStatus("Both here")
        assert.equal(await ann.readFourWords(), await bob.readFourWords())
        await ann.sendMessage("Hello Bob")
        await bob.expectMessage("Hello Bob")
        await bob.sendMessage("Hello Ann")
        await ann.expectMessage("Hello Ann")

        await bob.reload()
        await bob.expectMessage("Hello Ann")
        await bob.sendMessage("Still here")
        await ann.expectMessage("Still here")
        await ann.openTab()
        await ann.expectMessage("Hello Bob")
        assert.equal(await ann.readFourWords(), await bob.readFourWords())

        await ann.destroyRoom()
        for (const person of [ann, bob]) await person.expectEnded("It was destroyed.")
      }))

    test("two keep a room open, and its time runs out", () =>
      within(brief, async () => {
        await bob.joinRoom(await ann.createRoom())
        for (const person of [ann, bob]) await person.waitUntilVisible("[data-bar]")
        await ann.keepOpen()
        for (const person of [ann, bob])
          await person.until("kept open", () => !document.querySelector("[data-bar]").checkVisibility())
        for (const person of [ann, bob]) {
          await person.until(
            "the end",
            () => document.querySelector("[data-scene=ended]").checkVisibility(),
            null,
            40_000,
          )
          await person.expectEnded("Its time ran out.")
        }
      }))
  })
}
