// “Seen” marks, and who joined when.

import { expect, test } from "./test.js"
import { SEEN, meet } from "./encrypted-room.js"

const SWITCH = "Show each other what was seen"

/** The marks in a person's page, one at most. */
function marksOf(person) {
  return person.log.getByText("Seen", { exact: true }).filter({ visible: true })
}

async function seesMarkAt(person, text) {
  await expect(person.message(text).getByText("Seen", { exact: true })).toBeVisible()
  await expect(marksOf(person)).toHaveCount(1)
}

/** Lets the person's page do all that it would do in the next seconds. */
async function waitsIn(person) {
  await person.page.clock.fastForward(5_000)
}

test("one mark follows what the other person has seen", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.says("first")
  await seesMarkAt(ann, "first")

  await ann.says("second")

  await seesMarkAt(ann, "second")
  await expect(bob.log.getByText(SEEN).filter({ visible: true })).toHaveCount(0)
})

test("a page in the background has seen nothing until its user looks at it", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await bob.looksAway()
  await waitsIn(bob)
  const sent = bob.sentFrames("seen")
  await ann.says("are you there?")
  await bob.sees("are you there?")
  await waitsIn(bob)
  await bob.says("fence")
  await ann.sees("fence")
  expect(sent).toEqual([])
  await expect(marksOf(ann)).toHaveCount(0)

  await bob.looksBack()

  await seesMarkAt(ann, "are you there?")
})

test("what is below the screen has not been seen", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await ann.says(Array.from({ length: 80 }, (_, line) => `line ${line}`).join("\n"))
  await expect(marksOf(ann)).toHaveCount(1)
  await bob.scroller.evaluate((scroller) => scroller.scrollTo(0, 0))
  await expect(bob.scroller).toHaveJSProperty("scrollTop", 0)

  const sent = bob.sentFrames("seen")
  await ann.says("below")
  await expect(bob.button("1 new message")).toBeVisible()
  await bob.looksAway()
  await bob.looksBack()
  await waitsIn(bob)
  await expect(ann.message("below").getByText(SEEN)).toBeHidden()
  expect(sent).toEqual([])
  await bob.button("1 new message").click()

  await seesMarkAt(ann, "below")
})

test("a mark survives a reload of either page", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.says("hello")
  await seesMarkAt(ann, "hello")

  await ann.reloads()
  await seesMarkAt(ann, "hello")
  await bob.reloads()

  await ann.says("again")
  await seesMarkAt(ann, "again")
})

test("whoever switches the marks off sends none and sees none", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await ann.says("one")
  await seesMarkAt(ann, "one")
  await bob.says("two")
  await seesMarkAt(bob, "two")

  await bob.switches(SWITCH)
  await expect(marksOf(bob)).toHaveCount(0)
  const sent = bob.sentFrames("seen")
  await ann.says("three")
  await bob.sees("three")
  await waitsIn(bob)
  await bob.says("four")
  await ann.sees("four")

  await expect(ann.message("three").getByText("The other person has this")).toBeVisible()
  await expect(marksOf(ann)).toHaveCount(0)
  await expect(marksOf(bob)).toHaveCount(0)
  expect(sent).toEqual([])
  await bob.switches(SWITCH)
  await seesMarkAt(ann, "three")
  await seesMarkAt(bob, "four")
})

test("a mark travels encrypted", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.opens(link)
  const sent = bob.sentFrames("seen")
  await bob.joins(link)
  await ann.says("hello")
  await seesMarkAt(ann, "hello")

  expect(sent.length).toBeGreaterThan(0)
  for (const { text } of sent) expect(text).toMatch(/^duet2\./)
})

test("whoever made the room is told when the other person joined, also after a reload", async ({ ann, bob }) => {
  await meet(ann, bob)
  const joined = /^Joined at \d\d:\d\d.*\. Is it them\?$/
  await expect(ann.log.getByText(joined)).toBeVisible()

  await ann.reloads()

  await expect(ann.log.getByText(joined)).toHaveCount(1)
  await expect(bob.page.getByText("Is it them?")).toHaveCount(0)
})
