// The door on a slow network: what the visitor can do before the room has answered.

import { expect, test } from "./test.js"

/** Holds back a person's requests for these addresses. Returns a function that lets them through. */
async function holdBack(person, addresses) {
  const { promise: isLetThrough, resolve: letThrough } = Promise.withResolvers()
  await person.context.route(addresses, async (route) => {
    await isLetThrough
    await route.continue()
  })
  return letThrough
}

test("the door of a complete link is there before the room has answered", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  const answer = await holdBack(bob, /\/api\/room\?/)

  await bob.open(link)
  await bob.expectDoor()
  await bob.button("Join").click()
  await expect(bob.composer).toBeFocused()
  await ann.expectStatus("Waiting for the other person")
  answer()

  await ann.expectStatus("Both here")
})

test("whoever joined a room that is full after all is told so, and took no seat", async ({ ann, bob, chris }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  const answer = await holdBack(chris, /\/api\/room\?/)
  await chris.open(link)
  await chris.button("Join").click()

  answer()

  await chris.expectLobby(/This room is full/)
  await ann.expectStatus("Both here")
})

test("what is written while the room gives the seat is sent afterwards, in order", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  const giveSeat = await holdBack(bob, /\/api\/room\/join/)
  await bob.open(link)
  await bob.button("Join").click()

  await bob.composer.fill("first")
  await bob.composer.press("Enter")
  await bob.composer.fill("second")
  await bob.composer.press("Enter")
  await bob.composer.fill("not finished")
  giveSeat()

  await bob.expectState("second", "sent")
  await expect(bob.composer).toHaveValue("not finished")
  await ann.expectMessage("second")
  expect(await ann.messageTexts()).toEqual(["first", "second"])
})

test("a conversation whose files did not load can be tried again", async ({ ann, bob, baseURL, conduct }) => {
  conduct.allowUnsteady(baseURL)
  const link = await ann.createRoom()
  await bob.context.route("**/app/inside.js", (route) => route.abort())
  await bob.open(link)
  await bob.button("Join").click()
  await expect(bob.page.getByText("The server does not answer. Check your connection and try again.")).toBeVisible()
  await ann.expectStatus("Waiting for the other person")

  await bob.context.unroute("**/app/inside.js")
  await bob.button("Try again").click()
  await bob.button("Join").click()

  await ann.expectStatus("Both here")
})

test("no button of the room is shown before it can do something", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  const giveSeat = await holdBack(bob, /\/api\/room\/join/)
  await bob.open(link)

  await bob.button("Join").click()

  await expect(bob.composer).toBeFocused()
  await expect(bob.button("Menu")).toBeHidden()
  await expect(bob.button("Copy link")).toHaveCount(0)
  giveSeat()
  await expect(bob.button("Menu")).toBeVisible()
})
