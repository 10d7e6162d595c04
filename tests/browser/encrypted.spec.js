// Encrypted rooms: what two people see of the encryption, and what a browser needs for it.

import { expect, statusOf, test } from "./test.js"
import { EARLY, LOST, SEEN, WAITING, meet, wordsOf } from "./encrypted-room.js"
import { roomIdOf } from "./person.js"

test("a reload and a second tab have the keys, and the address has none", async ({ ann, bob }) => {
  const link = await meet(ann, bob)
  await ann.says("before")
  await bob.sees("before")

  await bob.reloads()
  await bob.sees("before")
  await bob.opensTab(link)
  await bob.sees("before")
  await bob.says("from the second tab")

  await ann.sees("from the second tab")
  for (const { page } of [ann, bob]) expect(page.url()).not.toContain("#")
})

test("what somebody writes while alone opens once both were here", async ({ ann, bob }) => {
  const link = await ann.creates()
  await ann.says("written early")
  await ann.sees("written early")
  await expect(ann.page.getByText(EARLY)).toBeVisible()
  await ann.leaves()

  await bob.joins(link)
  await expect(bob.log.getByText(WAITING)).toHaveCount(1)
  await expect(bob.page.getByText("written early")).toHaveCount(0)
  await ann.opens(link.split("#")[0])

  await bob.sees("written early")
  await expect(bob.log.getByText(WAITING)).toHaveCount(0)
  await expect(ann.page.getByText(EARLY)).toBeHidden()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
})

test("one sees up to where the other has seen the same", async ({ ann, bob }) => {
  await meet(ann, bob)
  await bob.switches("Show each other what was seen")
  await ann.says("first")
  await bob.sees("first")
  await bob.says("got it")
  await ann.sees("got it")

  await ann.says("second")
  await ann.sees("second")

  await expect(ann.page.getByText(SEEN).filter({ visible: true })).toHaveCount(1)
  await expect(ann.message("first").getByText(SEEN)).toBeVisible()
})

// --- What a browser needs ---

test("a browser that has lost its keys says so, even with the link, and offers the end", async ({ ann, bob }) => {
  const link = await meet(ann, bob)
  await bob.page.evaluate(() => localStorage.clear())
  await bob.leaves()

  await bob.opens(link)

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
  const link = await ann.creates()

  await bob.joins(link)
  await bob.says("from memory")

  await ann.sees("from memory")
  await expect(bob.page.getByText("If you reload it, you lose the room")).toBeVisible()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
})

test("without https nothing is encrypted, and that is said before a seat is taken", async ({ ann, bob, request }) => {
  const link = await ann.creates()
  await bob.context.addInitScript(() => Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }))

  await bob.opens(link)
  await expect(bob.page.getByText(/was loaded without https/)).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")

  await bob.opens("/")
  await bob.button("Create a private room").click()
  await expect(bob.notice).toHaveText(/was loaded without https/)
})

test("a link opens the room with whatever a mail or a tracker put behind it", async ({ ann, bob }) => {
  const link = await ann.creates()

  for (const addition of [".", ") said he", "&utm_source=mail"]) {
    await bob.opens("about:blank")
    await bob.opens(`${link}${addition}`)
    if (addition === ".") await bob.button("Join").click()
    await bob.seesStatus("Both here")
  }
})

test("a link whose # was encoded on its way is rescued in the lobby", async ({ ann, bob }) => {
  const link = await ann.creates()

  await bob.opens("/")
  await bob.page.getByLabel("Have a link?").fill(link.replace("#", "%23"))
  await bob.button("Open").click()

  await bob.expectDoor()
})
