// Destroying a room: for both people, at once, and without a trace.

import { expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"

const SECRET = "the treasure is under the oak"

/** Two people who have exchanged messages and have the lobby in their browser's history. */
async function exchangeMessages(ann, bob) {
  const link = await ann.createRoom()
  await bob.open("/")
  await bob.joinRoom(link)
  await ann.sendMessage(SECRET)
  await bob.expectMessage(SECRET)
  return link
}

async function expectForgotten(person, link) {
  const { texts, values, storage } = await person.page.evaluate(() => ({
    texts: document.documentElement.textContent,
    values: [...document.querySelectorAll("input, textarea")].map((field) => field.value).join("\n"),
    storage: JSON.stringify([{ ...sessionStorage }, { ...localStorage }]),
  }))
  for (const place of [texts, values, storage, person.page.url(), await person.page.title()]) {
    expect(place).not.toContain(SECRET)
    expect(place).not.toContain(roomIdOf(link))
  }
}

test("destroying needs a second press, and “Keep it” or Escape keeps the room", async ({ ann, bob }) => {
  await exchangeMessages(ann, bob)

  await ann.openDestroyDialog()
  await ann.button("Keep it").click()

  await expect(ann.dialog).toBeHidden()
  await ann.openDestroyDialog()
  await ann.page.keyboard.press("Escape")

  await expect(ann.dialog).toBeHidden()
  await bob.sendMessage("still here")
  await ann.expectMessage("still here")
})

test("“Destroy for both” ends the room on both sides at once, with the reason", { tag: "@stores" }, async ({
  ann,
  bob,
  request,
}) => {
  const link = await exchangeMessages(ann, bob)

  await ann.destroyRoom()

  await ann.expectEnded(/It was destroyed\. Everything in it has been deleted, for both of you\./)
  await bob.expectEnded(/It was destroyed\. Everything in it has been deleted, for both of you\./)
  expect(await statusOf(request, roomIdOf(link))).toBe("room-not-found")
})

test("the second person can destroy the room, too", async ({ ann, bob }) => {
  await exchangeMessages(ann, bob)

  await bob.destroyRoom()

  await ann.expectEnded(/It was destroyed/)
  await bob.expectEnded(/It was destroyed/)
})

test("nothing of a destroyed room stays in the page, in the tab's storage or in the URL", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  await bob.fillComposer("a draft about the oak")

  await ann.destroyRoom()

  for (const person of [ann, bob]) {
    await person.expectEnded(/destroyed/)
    await expectForgotten(person, link)
    await expect(person.page).toHaveURL("/")
    expect(await person.page.evaluate(() => sessionStorage.length)).toBe(0)
  }
})

test("the browser's back and forward buttons show no message", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  await ann.destroyRoom()

  for (const person of [ann, bob]) {
    await person.expectEnded(/destroyed/)
    await person.page.goBack()
    await expect(person.button("Create a private room")).toBeVisible()
    await expectForgotten(person, link)
    await person.page.goForward()
    await expectForgotten(person, link)
  }
})

test("a participant who was offline when the room was destroyed learns it on returning", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  await bob.closeTab()
  await ann.expectStatus("The other person is away")
  await ann.destroyRoom()
  await ann.expectEnded(/destroyed/)

  await bob.open(link)

  await bob.expectLobby(/There is no room at this link\. It has ended/)
})

test("the back button shows nothing of a room that was destroyed while the tab was elsewhere", async ({ ann, bob }) => {
  await exchangeMessages(ann, bob)
  await bob.open("/promises")
  await ann.expectStatus("The other person is away")
  await ann.destroyRoom()
  await ann.expectEnded(/destroyed/)

  await bob.page.goBack()

  await expect(bob.heading("This room has ended").or(bob.notice)).toBeVisible()
  await expect(bob.page.getByText(SECRET)).toHaveCount(0)
})

test("the last scene offers a new room", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  await ann.destroyRoom()
  await ann.expectEnded(/destroyed/)

  await ann.page.getByRole("link", { name: "Make a new room" }).click()

  await expect(ann.notice).toBeHidden()
  expect(await ann.createRoom()).not.toBe(link)
})

test("the room ends in every tab of both people", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  const firstTab = bob.page
  await bob.openTab(link)
  await bob.expectInside()

  await bob.destroyRoom()

  await bob.expectEnded(/destroyed/)
  await ann.expectEnded(/destroyed/)
  await expect(firstTab.getByRole("heading", { name: "This room has ended" })).toBeVisible()
})

test("a page that was still reading when the room was destroyed shows nothing afterwards", async ({ ann, bob }) => {
  const link = await exchangeMessages(ann, bob)
  const reading = Promise.withResolvers()
  const mayGoOn = Promise.withResolvers()
  await bob.page.route("**/api/messages**", async (route) => {
    const response = await route.fetch()
    reading.resolve()
    await mayGoOn.promise
    await route.fulfill({ response })
  })
  await bob.reload()
  await reading.promise

  await ann.destroyRoom()
  await bob.expectEnded(/destroyed/)
  const answered = bob.page.waitForResponse("**/api/messages**")
  mayGoOn.resolve()
  await (await answered).finished()

  await expectForgotten(bob, link)
})
