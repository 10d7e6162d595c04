// “Seen” marks, and who joined when.

import { expect, test } from "./test.js"
import { SEEN, meet } from "./encrypted-room.js"

const SWITCH = "Show each other what was seen"

/** The marks in a person's page, one at most. */
function marksOf(person) {
  return person.log.getByText("Seen", { exact: true }).filter({ visible: true })
}

async function expectMarkAt(person, text) {
  await expect(person.message(text).getByText("Seen", { exact: true })).toBeVisible()
  await expect(marksOf(person)).toHaveCount(1)
}

/** Advances the page's clock by some seconds, so that its timers run. */
async function advanceClock(person) {
  await person.page.clock.fastForward(5_000)
}

test("one mark follows what the other person has seen", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.sendMessage("first")
  await expectMarkAt(ann, "first")

  await ann.sendMessage("second")

  await expectMarkAt(ann, "second")
  await expect(bob.log.getByText(SEEN).filter({ visible: true })).toHaveCount(0)
})

test("a page in the background has seen nothing until its user looks at it", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await bob.hidePage()
  await advanceClock(bob)
  const sent = bob.sentFrames("seen")
  await ann.sendMessage("are you there?")
  await bob.expectMessage("are you there?")
  await advanceClock(bob)
  await bob.sendMessage("fence")
  await ann.expectMessage("fence")
  expect(sent).toEqual([])
  await expect(marksOf(ann)).toHaveCount(0)

  await bob.showPage()

  await expectMarkAt(ann, "are you there?")
})

test("what is below the screen has not been seen", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await ann.sendMessage(Array.from({ length: 80 }, (_, line) => `line ${line}`).join("\n"))
  await expect(marksOf(ann)).toHaveCount(1)
  await bob.scroller.evaluate((scroller) => scroller.scrollTo(0, 0))
  await expect(bob.scroller).toHaveJSProperty("scrollTop", 0)

  const sent = bob.sentFrames("seen")
  await ann.sendMessage("below")
  await expect(bob.button("1 new message")).toBeVisible()
  await bob.hidePage()
  await bob.showPage()
  await advanceClock(bob)
  await expect(ann.message("below").getByText(SEEN)).toBeHidden()
  expect(sent).toEqual([])
  await bob.button("1 new message").click()

  await expectMarkAt(ann, "below")
})

test("a mark survives a reload of either page", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.sendMessage("hello")
  await expectMarkAt(ann, "hello")

  await ann.reload()
  await expectMarkAt(ann, "hello")
  await bob.reload()

  await ann.sendMessage("again")
  await expectMarkAt(ann, "again")
})

test("a mark stays when the other person leaves", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.sendMessage("hello")
  await expectMarkAt(ann, "hello")
  const message = await ann.message("hello").elementHandle()

  await bob.closeTab()

  await expect(ann.log.getByText("The other person left")).toBeVisible()
  await expectMarkAt(ann, "hello")
  // A new element would show its mark only after a second.
  expect(await message.evaluate((element) => element.isConnected)).toBe(true)
})

test("whoever switches the marks off sends none and sees none", async ({ ann, bob }) => {
  await bob.context.clock.install()
  await meet(ann, bob)
  await ann.sendMessage("one")
  await expectMarkAt(ann, "one")
  await bob.sendMessage("two")
  await expectMarkAt(bob, "two")

  await bob.toggleSwitch(SWITCH)
  await expect(marksOf(bob)).toHaveCount(0)
  const sent = bob.sentFrames("seen")
  await ann.sendMessage("three")
  await bob.expectMessage("three")
  await advanceClock(bob)
  await bob.sendMessage("four")
  await ann.expectMessage("four")

  await expect(ann.message("three").getByText("The other person has this")).toBeVisible()
  await expect(marksOf(ann)).toHaveCount(0)
  await expect(marksOf(bob)).toHaveCount(0)
  expect(sent).toEqual([])
  await bob.toggleSwitch(SWITCH)
  await expectMarkAt(ann, "three")
  await expectMarkAt(bob, "four")
})

test("a mark travels encrypted", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open(link)
  const sent = bob.sentFrames("seen")
  await bob.joinRoom(link)
  await ann.sendMessage("hello")
  await expectMarkAt(ann, "hello")

  expect(sent.length).toBeGreaterThan(0)
  for (const { text } of sent) expect(text).toMatch(/^duet2\./)
})

test("whoever made the room is told when the other person joined, also after a reload", async ({ ann, bob }) => {
  await meet(ann, bob)
  const joined = /^Joined at \d\d:\d\d.*\. Is it them\?$/
  await expect(ann.log.getByText(joined)).toBeVisible()

  await ann.reload()

  await expect(ann.log.getByText(joined)).toHaveCount(1)
  await expect(bob.page.getByText("Is it them?")).toHaveCount(0)
})
