// The end that comes by itself. These rooms live for seconds.

import { BRIEF_SECONDS, expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"

test.use({ areRoomsBrief: true })
// One after the other, in one Worker.
test.describe.configure({ mode: "default" })

test("a room whose time is over ends on both sides, and nothing of it stays", { tag: "@stores" }, async ({ ann, bob, request }) => {
  const link = await ann.creates()
  await bob.joins(link)
  await ann.says("now or never")
  await bob.sees("now or never")
  await expect(bob.timeLeft).toHaveText(/^0:0\d left$/)

  for (const person of [ann, bob]) await person.expectEnded(/Its time was over\. Everything in it is deleted/)

  for (const person of [ann, bob]) {
    await expect(person.page.getByText("now or never")).toHaveCount(0)
    expect(await person.page.evaluate(() => sessionStorage.length)).toBe(0)
  }
  expect(await statusOf(request, roomIdOf(link))).toBe("room-not-found")
})

test("who comes too late finds no room", async ({ ann, bob, request }) => {
  const link = await ann.creates()
  await ann.expectEnded(/Its time was over/)
  expect(await statusOf(request, roomIdOf(link))).toBe("room-not-found")

  await bob.opens(link)

  await bob.expectLobby(/There is no room at this link\. It has ended/)
})

test("who is at the door when the time is over is told so", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.opens(link)
  await bob.expectDoor()
  await ann.expectEnded(/Its time was over/)

  await bob.button("Join").click()

  await bob.expectLobby(/There is no room at this link\. It has ended/)
})

test("as long as somebody talks, the room stays", async ({ ann }) => {
  await ann.creates()

  for (let second = 0; second <= BRIEF_SECONDS; second += 2) {
    await expect(ann.timeLeft).toHaveText(/^0:0[3-6] left$/)
    await ann.says(`after ${second} seconds`)
    await ann.sees(`after ${second} seconds`)
  }

  await expect(ann.composer).toBeVisible()
})
