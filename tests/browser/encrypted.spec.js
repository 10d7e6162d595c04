// Encrypted rooms: what two people see of the encryption, and what a browser needs for it.

import { expect, statusOf, test } from "./test.js"
import { EARLY, LOST, SEEN, WAITING, meet, wordsOf } from "./encrypted-room.js"
import { roomIdOf } from "./person.js"

test("a reload and a second tab have the keys, and the address has none", async ({ ann, bob }) => {
  const link = await meet(ann, bob)
  await ann.sendMessage("before")
  await bob.expectMessage("before")

  await bob.reload()
  await bob.expectMessage("before")
  await bob.openTab(link)
  await bob.expectMessage("before")
  await bob.sendMessage("from the second tab")

  await ann.expectMessage("from the second tab")
  for (const { page } of [ann, bob]) expect(page.url()).not.toContain("#")
})

test("what somebody writes while alone opens once both were here", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await ann.sendMessage("written early")
  await ann.expectMessage("written early")
  await expect(ann.page.getByText(EARLY)).toBeVisible()
  await ann.closeTab()

  await bob.joinRoom(link)
  await expect(bob.log.getByText(WAITING)).toHaveCount(1)
  await expect(bob.page.getByText("written early")).toHaveCount(0)
  await ann.open(link.split("#")[0])

  await bob.expectMessage("written early")
  await expect(bob.log.getByText(WAITING)).toHaveCount(0)
  await expect(ann.page.getByText(EARLY)).toBeHidden()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
})

test("one sees up to where the other has seen the same", async ({ ann, bob }) => {
  await meet(ann, bob)
  await bob.toggleSwitch("Show each other what was seen")
  await ann.sendMessage("first")
  await bob.expectMessage("first")
  await bob.sendMessage("got it")
  await ann.expectMessage("got it")

  await ann.sendMessage("second")
  await ann.expectMessage("second")

  await expect(ann.page.getByText(SEEN).filter({ visible: true })).toHaveCount(1)
  await expect(ann.message("first").getByText(SEEN)).toBeVisible()
})

// --- What a browser needs ---

test("a browser that has lost its keys says so, even with the link, and offers the end", async ({ ann, bob }) => {
  const link = await meet(ann, bob)
  await bob.page.evaluate(() => localStorage.clear())
  await bob.closeTab()

  await bob.open(link)

  await expect(bob.page.getByText(LOST)).toBeVisible()
  await expect(bob.composer).toBeHidden()
  await expect(bob.page.getByRole("link", { name: "Make a new room" })).toBeVisible()
  await bob.button("Destroy this room…").filter({ visible: true }).click()
  await bob.button("Destroy for both").click()
  await ann.expectEnded(/It was destroyed/)
})

test("a browser that stores nothing talks all the same, and is told what a reload costs", async ({ ann, bob }) => {
  await bob.context.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError")
    }
  })
  const link = await ann.createRoom()

  await bob.joinRoom(link)
  await bob.sendMessage("from memory")

  await ann.expectMessage("from memory")
  await expect(bob.page.getByText("If you reload it, you lose the room")).toBeVisible()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
})

test("without https nothing is encrypted, and that is said before a seat is taken", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()
  await bob.context.addInitScript(() => Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }))

  await bob.open(link)
  await expect(bob.page.getByText(/was loaded without https/)).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")

  await bob.open("/")
  await bob.button("Create a private room").click()
  await expect(bob.notice).toHaveText(/was loaded without https/)
})

test("a link opens the room with whatever a mail or a tracker put behind it", async ({ ann, bob }) => {
  const link = await ann.createRoom()

  for (const addition of [".", ") said he", "&utm_source=mail"]) {
    await bob.open("about:blank")
    await bob.open(`${link}${addition}`)
    if (addition === ".") await bob.button("Join").click()
    await bob.expectStatus("Both here")
  }
})

test("a link whose # was encoded on its way is rescued in the lobby", async ({ ann, bob }) => {
  const link = await ann.createRoom()

  await bob.open("/")
  await bob.page.getByLabel("Have a link?").fill(link.replace("#", "%23"))
  await bob.button("Open").click()

  await bob.expectDoor()
})
