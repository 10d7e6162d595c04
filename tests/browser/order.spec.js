// What somebody writes is said in the order in which it was written, whatever is refused or lost on the way.

import { expect, test } from "./test.js"
import { Wire } from "./wire.js"

/** The same texts in the same order on both screens, and again from the history. */
async function expectOrder(ann, bob, texts) {
  for (const person of [ann, bob]) {
    await person.sees(texts.at(-1))
    await expect.poll(() => person.texts()).toEqual(texts)
  }
  await ann.reloads()
  await expect.poll(() => ann.texts(), "the history").toEqual(texts)
}

test("a message that is refused for a while does not let the next ones overtake it", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  wire.refuseNext("too-many-requests", "store-unavailable")

  for (const text of ["first", "second", "third"]) await bob.says(text)

  await expectOrder(ann, bob, ["first", "second", "third"])
})

test("a message that is refused for good stays where it was, and holds up nothing", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  wire.refuseNext("too-large")

  for (const text of ["too much", "second"]) await bob.says(text)

  await ann.sees("second")
  await bob.expectState("too much", "failed")
  await bob.message("too much").getByRole("button", { name: "Send again" }).click()
  await expectOrder(ann, bob, ["second", "too much"])
})

test("more than the room takes at once, written offline, is said in its order", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  const texts = Array.from({ length: 30 }, (_, index) => `number ${index}`)

  await bob.goesOffline(wire)
  for (const text of texts) await bob.says(text)
  await bob.comesBack(wire)

  await expectOrder(ann, bob, texts)
})

test("a connection that is lost with every other message loses no order", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  const texts = ["one", "two", "three", "four"]

  for (const text of texts) {
    await bob.says(text)
    await wire.cut()
    wire.mend()
  }

  await expectOrder(ann, bob, texts)
})

test("a tab that others replaced says so, keeps what is written, and goes on when it is told to", async ({
  ann,
  bob,
}) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  await bob.seesStatus("Both here")

  await wire.closeWith(4408)
  await bob.seesStatus("Open in another tab")
  await bob.says("still mine")
  await bob.expectState("still mine", "pending")
  await bob.button("Continue here").click()

  await bob.seesStatus("Both here")
  await ann.sees("still mine")
  await expect(bob.button("Continue here")).toBeHidden()
})
