// Messages are sent in the order in which they were written, even if some are refused or lost.

import { expect, test } from "./test.js"
import { meet } from "./encrypted-room.js"
import { Wire } from "./wire.js"

/** Checks that both screens show the same texts in the same order, and that the history has it, too. */
async function expectOrder(ann, bob, texts) {
  for (const person of [ann, bob]) {
    await person.expectMessage(texts.at(-1))
    await expect.poll(() => person.messageTexts()).toEqual(texts)
  }
  await ann.reload()
  await expect.poll(() => ann.messageTexts(), "the history").toEqual(texts)
}

test("a temporarily refused message is not overtaken by later ones", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  // Before the four words are there, the first message that the wire refuses may be one with keys.
  await meet(ann, bob)
  wire.refuseNext("too-many-requests", "store-unavailable")

  for (const text of ["first", "second", "third"]) await bob.sendMessage(text)

  await expectOrder(ann, bob, ["first", "second", "third"])
})

test("a permanently refused message keeps its position and does not block others", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  // Before the four words are there, the first message that the wire refuses may be one with keys.
  await meet(ann, bob)
  wire.refuseNext("too-large")

  for (const text of ["too much", "second"]) await bob.sendMessage(text)

  await ann.expectMessage("second")
  await bob.expectState("too much", "failed")
  await bob.message("too much").getByRole("button", { name: "Send again" }).click()
  await expectOrder(ann, bob, ["second", "too much"])
})

test("many messages written offline are sent in order in spite of the rate limit", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joinRoom(await ann.createRoom())
  const texts = Array.from({ length: 30 }, (_, index) => `number ${index}`)

  await bob.goOffline(wire)
  for (const text of texts) await bob.sendMessage(text)
  await bob.goOnline(wire)

  await expectOrder(ann, bob, texts)
})

test("the order survives a connection that breaks at every other message", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joinRoom(await ann.createRoom())
  const texts = ["one", "two", "three", "four"]

  for (const text of texts) {
    await bob.sendMessage(text)
    await wire.cut()
    wire.mend()
  }

  await expectOrder(ann, bob, texts)
})

test("a replaced tab says so, keeps drafts, and continues on request", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joinRoom(await ann.createRoom())
  await bob.expectStatus("Both here")

  await wire.closeWith(4408)
  await bob.expectStatus("Open in another tab")
  await bob.sendMessage("still mine")
  await bob.expectState("still mine", "pending")
  await bob.button("Continue here").click()

  await bob.expectStatus("Both here")
  await ann.expectMessage("still mine")
  await expect(bob.button("Continue here")).toBeHidden()
})
