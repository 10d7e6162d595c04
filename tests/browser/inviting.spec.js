// Sharing the link, and people's names.

import { expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

test("the complete link is copied, and the page confirms it", async ({ ann, baseURL }) => {
  await ann.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: baseURL })
  const link = await ann.createRoom()

  await ann.sharePanel.getByRole("button", { name: "Copy link" }).click()

  await expect(ann.sharePanel.getByRole("button", { name: "Copied" })).toBeVisible()
  await expect(ann.page.getByRole("status").getByText("The link is copied.")).toBeAttached()
  expect(await ann.page.evaluate(() => navigator.clipboard.readText())).toBe(link)
  await expect(ann.sharePanel.getByRole("button", { name: "Copy link" })).toBeVisible()
})

test("the link can also be copied later, from the menu", async ({ ann, bob, baseURL }) => {
  await ann.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: baseURL })
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.expectStatus("Both here")

  await expect(ann.button("Copy link")).toBeHidden()
  await ann.button("Menu").click()
  await ann.button("Copy link").click()

  await expect(ann.button("Copied")).toBeVisible()
  expect(await ann.page.evaluate(() => navigator.clipboard.readText())).toBe(link)
})

test("a person who joins never sees the share panel", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  wire.holdRoom()
  await bob.open(link)
  await bob.button("Join").click()

  await ann.expectStatus("Both here")
  await bob.expectStatus("Connecting…")

  await expect(bob.sharePanel).toBeHidden()
  wire.release()
  await bob.expectStatus("Both here")
})

// --- The key in the link ---

test("the address bar never shows the key", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)

  for (const person of [ann, bob]) {
    expect(new URL(person.page.url()).hash).toBe("")
    expect(link).toContain(person.page.url())
  }
})

test("a link that was cut off takes no seat", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()

  await bob.open(link.slice(0, -5))

  await expect(bob.page.getByText("The end of this link is damaged")).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")
})

// --- Names ---

test("a name is suggested, can be changed at the door, and is shown to the other person", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open(link)
  await expect(bob.page.getByLabel("Your name in the room")).toHaveValue(/^[A-Z][a-z]+ [A-Z][a-z]+$/)

  await bob.joinRoom(link, { as: "Bob Marlow" })
  await bob.sendMessage("hi")

  await ann.expectMessage("hi")
  await expect(ann.message("hi").getByText("Bob Marlow")).toBeVisible()
  await expect(bob.message("hi").getByText("You", { exact: true })).toBeVisible()
})

test("without a change at the door, the suggested name is used", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open(link)
  await bob.expectDoor()
  const proposed = await bob.page.getByLabel("Your name in the room").inputValue()

  await bob.joinRoom(link)
  await bob.sendMessage("hi")

  await expect(ann.message("hi").getByText(proposed)).toBeVisible()
})

test("a name can be changed in the menu, and the next room suggests it", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.button("Menu").click()
  await ann.page.getByLabel("Your name in this browser").fill("Ann of Green Gables")
  await ann.page.keyboard.press("Enter")

  await ann.sendMessage("it is me")

  await expect(bob.message("it is me").getByText("Ann of Green Gables")).toBeVisible()
  await ann.openTab(await bob.createRoom())
  await expect(ann.page.getByLabel("Your name in the room")).toHaveValue("Ann of Green Gables")
})
