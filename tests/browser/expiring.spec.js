// Rooms that expire. They live for seconds.

import { BRIEF_ROOMS, BRIEF_SECONDS, expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

const WORDS = "the treasure is under the oak"

test.use({ settings: BRIEF_ROOMS })
// In sequence, so that they share one Worker.
test.describe.configure({ mode: "default" })

test("an expired room ends on both sides, and nothing of it stays", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.sendMessage("now or never")
  await bob.expectMessage("now or never")
  await expect(bob.timeLeft).toHaveText(/^0:0\d left$/)

  for (const person of [ann, bob]) await person.expectEnded(/Its time ran out\. Everything in it has been deleted/)

  for (const person of [ann, bob]) {
    await expect(person.page.getByText("now or never")).toHaveCount(0)
    expect(await person.page.evaluate(() => sessionStorage.length)).toBe(0)
  }
  expect(await statusOf(request, roomIdOf(link))).toBe("room-not-found")
})

test("a visitor after the end finds no room", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()
  await ann.expectEnded(/Its time ran out/)
  expect(await statusOf(request, roomIdOf(link))).toBe("room-not-found")

  await bob.open(link)

  await bob.expectLobby(/There is no room at this link\. It has ended/)
})

test("a visitor at the door learns that the room has expired", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open(link)
  await bob.expectDoor()
  await ann.expectEnded(/Its time ran out/)

  await bob.button("Join").click()

  await bob.expectLobby(/There is no room at this link\. It has ended/)
})

test("messages keep the room open", async ({ ann }) => {
  await ann.createRoom()

  for (let second = 0; second <= BRIEF_SECONDS; second += 2) {
    await expect(ann.timeLeft).toHaveText(/^0:0[3-6] left$/)
    await ann.sendMessage(`after ${second} seconds`)
    await ann.expectMessage(`after ${second} seconds`)
  }

  await expect(ann.composer).toBeVisible()
})

// --- The end by the clock ---

test("a room that expires offline shows nothing more, and nothing readable is stored", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.sendMessage(WORDS)
  await bob.expectMessage(WORDS)
  await bob.goOffline(wire)
  await bob.fillComposer("half a sen")

  await expect(bob.page.getByText(WORDS)).toHaveCount(0)
  await expect(bob.composer).toBeHidden()

  await bob.expectEnded(/Its time ran out while this page could not reach it/)
  // The room may still be open, so the keys stay, encrypted with a key that the server deletes together with the room.
  const kept = await bob.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
  for (const trace of [WORDS, "half a sen", new URL(link).hash.slice(2)]) expect(kept).not.toContain(trace)
  expect(await bob.page.evaluate(() => sessionStorage.length)).toBe(0)
})

test("a room that expired by the clock continues if the other person kept it open", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.sendMessage("before")
  await bob.expectMessage("before")
  await bob.goOffline(wire)

  for (let round = 0; await bob.composer.isVisible(); round += 1) {
    await ann.sendMessage(`still here ${round}`)
    await ann.expectMessage(`still here ${round}`)
    await expect(bob.composer)
      .toBeHidden({ timeout: 2_000 })
      .catch(() => {})
  }
  await expect(bob.heading("This room’s time is up")).toBeVisible()
  await bob.goOnline(wire)

  await bob.expectMessage("before")
  await bob.expectMessage("still here 0")
  await bob.expectStatus("Both here")
})
