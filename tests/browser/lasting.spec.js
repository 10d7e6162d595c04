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
  await bob.joinRoom(await ann.createRoom())
  await ann.sendMessage("before")
  await bob.sendMessage("answer")
  await ann.expectMessage("answer")

  await ann.reload()

  await ann.expectInside()
  await ann.expectStatus("Both here")
  await ann.expectMessage("before")
  await ann.expectMessage("answer")
  await expect(ann.message("before")).toContainText("You")
  await bob.sendMessage("and on it goes")
  await ann.expectMessage("and on it goes")
})

test("a creator who reloads still has the link to share", async ({ ann, bob }) => {
  const link = await ann.createRoom()

  await ann.reload()
  await ann.expectInside()

  await expect(ann.sharePanel).toBeVisible()
  expect(await ann.readLink()).toBe(link)
  await bob.joinRoom(link)
  await ann.expectStatus("Both here")
})

test("a draft survives a reload", async ({ ann }) => {
  await ann.createRoom()
  await ann.fillComposer("half a sen")

  await ann.reload()
  await ann.expectInside()

  await expect(ann.composer).toHaveValue("half a sen")
})

test("a draft that was sent does not come back", async ({ ann }) => {
  await ann.createRoom()
  await ann.sendMessage("a whole sentence")
  await ann.expectMessage("a whole sentence")

  await ann.reload()
  await ann.expectMessage("a whole sentence")

  await expect(ann.composer).toHaveValue("")
})

test("an unsent message survives a reload and is sent once", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  wire.holdMessages()
  await ann.sendMessage("not yet")
  await ann.expectState("not yet", "pending")

  await ann.reload()
  await ann.expectInside()
  await ann.expectState("not yet", "pending")
  wire.release()

  await bob.expectMessage("not yet")
  await ann.expectMessage("not yet")
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
  await bob.joinRoom(await ann.createRoom())
  await ann.sendMessage("one")
  await bob.expectMessage("one")

  await wire.cut()
  await bob.expectStatus("Reconnecting…")
  await ann.expectStatus("The other person is away")
  await ann.sendMessage("two")
  await ann.sendMessage("three")
  await ann.expectMessage("three")
  wire.mend()

  await bob.expectStatus("Both here")
  await bob.expectMessage("three")
  expect(await bob.messageTexts()).toEqual(["one", "two", "three"])
})

test("messages wait while offline and are sent once afterwards", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await bob.sendMessage("while online")
  await ann.expectMessage("while online")

  await bob.goOffline(wire)
  await bob.expectStatus("Offline. Your messages wait here.")
  await bob.sendMessage("first that waits")
  await bob.sendMessage("second that waits")
  await bob.expectState("second that waits", "pending")
  await ann.expectStatus("The other person is away")
  await ann.sendMessage("said meanwhile")
  await ann.expectMessage("said meanwhile")
  await bob.goOnline(wire)

  await bob.expectStatus("Both here")
  for (const person of [ann, bob]) {
    for (const text of ["said meanwhile", "first that waits", "second that waits"]) await person.expectMessage(text)
    expect(await person.messageTexts()).toEqual([
      "while online",
      "said meanwhile",
      "first that waits",
      "second that waits",
    ])
  }
  expect(await storedCount(ann, link)).toBe(4)
})

test("messages written offline are sent even if nothing was missed meanwhile", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)

  await bob.goOffline(wire)
  await bob.expectStatus("Offline. Your messages wait here.")
  await bob.sendMessage("the very first")
  await bob.goOnline(wire)

  await ann.expectMessage("the very first")
  await bob.expectMessage("the very first")
  expect(await storedCount(ann, link)).toBe(1)
})

test("a message whose confirmation was lost is not stored twice", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  wire.holdRoom()

  await bob.sendMessage("did you hear me?")
  await ann.expectMessage("did you hear me?")
  await bob.expectState("did you hear me?", "pending")
  await wire.cut()
  wire.release()
  wire.mend()

  await bob.expectMessage("did you hear me?")
  await ann.sendMessage("yes")
  await bob.expectMessage("yes")
  expect(await ann.messageTexts()).toEqual(["did you hear me?", "yes"])
  expect(await storedCount(ann, link)).toBe(2)
})

test("unknown frames of a newer server are ignored", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joinRoom(await ann.createRoom())
  await bob.expectStatus("Both here")

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
  await ann.sendMessage("as before")

  await bob.expectMessage("as before")
  await bob.sendMessage("yes")
  await ann.expectMessage("yes")
})

// --- Who is here ---

test("a person who closes the page is shown as away and can return", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.expectStatus("Both here")

  await bob.closeTab()

  await ann.expectStatus("The other person is away")
  await expect(ann.log.getByText("The other person left")).toBeVisible()
  await bob.open(link)
  await ann.expectStatus("Both here")
  await expect(ann.log.getByText("The other person left")).toBeHidden()
})

// --- The clock ---

async function secondsLeft(person) {
  const [, minutes, seconds] = /^(\d+):(\d\d) left$/.exec(await person.timeLeft.innerText()) ?? []
  return Number(minutes) * 60 + Number(seconds)
}

test("both see the same time left, and it runs", async ({ ann, bob, request }) => {
  const link = await createPlainRoom(request, { ttlSeconds: 110 })
  await ann.joinRoom(link)
  await bob.joinRoom(link)
  await ann.expectStatus("Both here")

  await expect(ann.timeLeft).toHaveText(/^1:\d\d left$/)
  await expect(bob.timeLeft).toHaveText(/^1:\d\d left$/)
  const [left, same] = await Promise.all([ann, bob].map(secondsLeft))

  expect(Math.abs(left - same)).toBeLessThanOrEqual(2)
  await expect.poll(() => secondsLeft(ann)).toBeLessThan(left)
})

test("a message restores the room's whole lifetime on both sides", async ({ ann, bob, request }) => {
  const link = await createPlainRoom(request, { ttlSeconds: 60 })
  await ann.joinRoom(link)
  await bob.joinRoom(link)
  await expect.poll(() => secondsLeft(ann)).toBeLessThan(56)

  await ann.sendMessage("still here")

  await expect.poll(() => secondsLeft(ann)).toBeGreaterThan(56)
  await expect.poll(() => secondsLeft(bob)).toBeGreaterThan(56)
})

test("reading, reloading and typing alone do not prolong the room", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  const expiresAt = await endOf(ann, link)

  await ann.composer.pressSequentially("hm")
  await expect(bob.typing).toHaveText("The other person is writing…")
  await bob.reload()
  await bob.expectInside()

  expect(await endOf(ann, link)).toBe(expiresAt)
})
