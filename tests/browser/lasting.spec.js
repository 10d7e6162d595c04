// The room survives reloads, lost connections, and people who leave and return.

import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

/** The number of messages that people wrote in a room of two. Each page also sends one message with keys. */
async function storedCount(person, link) {
  const answer = await person.page.request.get(`/api/messages?roomId=${roomIdOf(link)}`)
  return (await answer.json()).messages.length - 2
}

test("a reload keeps the seat and the messages", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.says("before")
  await bob.says("answer")
  await ann.sees("answer")

  await ann.reloads()

  await ann.expectInside()
  await ann.seesStatus("Both here")
  await ann.sees("before")
  await ann.sees("answer")
  await expect(ann.message("before")).toContainText("You")
  await bob.says("and on it goes")
  await ann.sees("and on it goes")
})

test("a creator who reloads still has the link to share", async ({ ann, bob }) => {
  const link = await ann.creates()

  await ann.reloads()
  await ann.expectInside()

  await expect(ann.sharePanel).toBeVisible()
  expect(await ann.readsLink()).toBe(link)
  await bob.joins(link)
  await ann.seesStatus("Both here")
})

test("a draft survives a reload", async ({ ann }) => {
  await ann.creates()
  await ann.writes("half a sen")

  await ann.reloads()
  await ann.expectInside()

  await expect(ann.composer).toHaveValue("half a sen")
})

test("a draft that was sent does not come back", async ({ ann }) => {
  await ann.creates()
  await ann.says("a whole sentence")
  await ann.sees("a whole sentence")

  await ann.reloads()
  await ann.sees("a whole sentence")

  await expect(ann.composer).toHaveValue("")
})

test("an unsent message survives a reload and is sent once", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const link = await ann.creates()
  await bob.joins(link)
  wire.holdMessages()
  await ann.says("not yet")
  await ann.expectState("not yet", "pending")

  await ann.reloads()
  await ann.expectInside()
  await ann.expectState("not yet", "pending")
  wire.letGo()

  await bob.sees("not yet")
  await ann.sees("not yet")
  expect(await storedCount(ann, link)).toBe(1)
})

/** The room's end, as the API returns it to a participant. */
async function endOf(person, link) {
  const answer = await person.page.request.get(`/api/room/ttl?roomId=${roomIdOf(link)}`)
  return (await answer.json()).expiresAt
}

// --- Connections ---

test("a lost connection is shown, reconnects by itself and misses nothing", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  await ann.says("one")
  await bob.sees("one")

  await wire.cut()
  await bob.seesStatus("Reconnecting…")
  await ann.seesStatus("The other person is away")
  await ann.says("two")
  await ann.says("three")
  await ann.sees("three")
  wire.mend()

  await bob.seesStatus("Both here")
  await bob.sees("three")
  expect(await bob.texts()).toEqual(["one", "two", "three"])
})

test("messages wait while offline and are sent once afterwards", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.creates()
  await bob.joins(link)
  await bob.says("while online")
  await ann.sees("while online")

  await bob.goesOffline(wire)
  await bob.seesStatus("Offline. Your messages wait here.")
  await bob.says("first that waits")
  await bob.says("second that waits")
  await bob.expectState("second that waits", "pending")
  await ann.seesStatus("The other person is away")
  await ann.says("said meanwhile")
  await ann.sees("said meanwhile")
  await bob.comesBack(wire)

  await bob.seesStatus("Both here")
  for (const person of [ann, bob]) {
    for (const text of ["said meanwhile", "first that waits", "second that waits"]) await person.sees(text)
    expect(await person.texts()).toEqual(["while online", "said meanwhile", "first that waits", "second that waits"])
  }
  expect(await storedCount(ann, link)).toBe(4)
})

test("messages written offline are sent even if nothing was missed meanwhile", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.creates()
  await bob.joins(link)

  await bob.goesOffline(wire)
  await bob.seesStatus("Offline. Your messages wait here.")
  await bob.says("the very first")
  await bob.comesBack(wire)

  await ann.sees("the very first")
  await bob.sees("the very first")
  expect(await storedCount(ann, link)).toBe(1)
})

test("a message whose confirmation was lost is not stored twice", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.creates()
  await bob.joins(link)
  wire.holdRoom()

  await bob.says("did you hear me?")
  await ann.sees("did you hear me?")
  await bob.expectState("did you hear me?", "pending")
  await wire.cut()
  wire.letGo()
  wire.mend()

  await bob.sees("did you hear me?")
  await ann.says("yes")
  await bob.sees("yes")
  expect(await ann.texts()).toEqual(["did you hear me?", "yes"])
  expect(await storedCount(ann, link)).toBe(2)
})

test("unknown frames of a newer server are ignored", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joins(await ann.creates())
  await bob.seesStatus("Both here")

  for (const frame of [
    '{"type":"reaction","emoji":"🦊"}',
    '{"type":7}',
    '{"no":"type"}',
    "null",
    "[]",
    "",
    "{",
    '"ready"',
  ]) {
    wire.sendToPages(frame)
  }
  wire.sendToPages(`{"type":"expiry","expiresAt":${Date.now() + 60_000},"mood":"new"}`)
  await ann.says("as before")

  await bob.sees("as before")
  await bob.says("yes")
  await ann.sees("yes")
})

// --- Who is here ---

test("a person who closes the page is shown as away and can return", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.joins(link)
  await ann.seesStatus("Both here")

  await bob.leaves()

  await ann.seesStatus("The other person is away")
  await expect(ann.log.getByText("The other person left")).toBeVisible()
  await bob.opens(link)
  await ann.seesStatus("Both here")
  await expect(ann.log.getByText("The other person left")).toBeHidden()
})

// --- The clock ---

async function secondsLeft(person) {
  const [, minutes, seconds] = /^(\d+):(\d\d) left$/.exec(await person.timeLeft.innerText()) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

test("both see the same time left, and it runs", async ({ ann, bob, request }) => {
  const link = await createPlainRoom(request, { ttlSeconds: 110 })
  await ann.joins(link)
  await bob.joins(link)
  await ann.seesStatus("Both here")

  await expect(ann.timeLeft).toHaveText(/^1:\d\d left$/)
  await expect(bob.timeLeft).toHaveText(/^1:\d\d left$/)
  const [left, same] = await Promise.all([ann, bob].map(secondsLeft))

  expect(Math.abs(left - same)).toBeLessThanOrEqual(2)
  await expect.poll(() => secondsLeft(ann)).toBeLessThan(left)
})

test("a message restores the room's whole lifetime on both sides", async ({ ann, bob, request }) => {
  const link = await createPlainRoom(request, { ttlSeconds: 60 })
  await ann.joins(link)
  await bob.joins(link)
  await expect.poll(() => secondsLeft(ann)).toBeLessThan(56)

  await ann.says("still here")

  await expect.poll(() => secondsLeft(ann)).toBeGreaterThan(56)
  await expect.poll(() => secondsLeft(bob)).toBeGreaterThan(56)
})

test("reading, reloading and typing alone do not prolong the room", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.joins(link)
  const expiresAt = await endOf(ann, link)

  await ann.composer.pressSequentially("hm")
  await expect(bob.typing).toHaveText("The other person is writing…")
  await bob.reloads()
  await bob.expectInside()

  expect(await endOf(ann, link)).toBe(expiresAt)
})
