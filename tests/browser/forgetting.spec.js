// What remains after a room has ended or a person has left: no message, and nothing that could decrypt one.

import { createPlainRoom, expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

const WORDS = "the treasure is under the oak"
/** How long a browser keeps entries that nothing can decrypt, if it never opens the room's page again. */
const DAY_MS = 86_400_000

/** Everything that the tab stores. */
function tabStorageOf(person) {
  return person.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
}

async function expectNothingKept(person, link) {
  const kept = await tabStorageOf(person)
  for (const trace of [WORDS, roomIdOf(link), new URL(link).hash.slice(1)]) expect(kept).not.toContain(trace)
}

/** Closes the tab and opens it again, like a browser that restores its tabs. */
async function restoreTab(person, address, whileClosed) {
  const kept = await person.page.evaluate(() => ({ ...sessionStorage }))
  await person.closeTab()
  await whileClosed()
  person.page = await person.context.newPage()
  await person.page.route("**/restore", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>Restoring</title>" }),
  )
  await person.page.goto("/restore")
  await person.page.evaluate((kept) => Object.assign(sessionStorage, kept), kept)
  await person.page.goto(address)
}

test.describe("a tab that is closed before the room is destroyed and restored later", () => {
  for (const [where, addressOf] of [
    ["in the room", (link) => link.split("#")[0]],
    ["in the lobby", () => "/"],
  ]) {
    test(`${where}: nothing is left`, async ({ ann, bob }) => {
      const wire = await Wire.of(bob)
      const link = await ann.createRoom()
      await bob.joinRoom(link)
      wire.holdMessages()
      await bob.sendMessage(WORDS)
      await bob.fillComposer(`${WORDS}, half written`)
      await expect.poll(() => tabStorageOf(bob)).toContain(":draft")
      expect(await tabStorageOf(bob)).not.toContain(WORDS)

      await restoreTab(bob, addressOf(link), async () => {
        await ann.destroyRoom()
        await ann.expectEnded(/destroyed/)
        if (where === "in the lobby") await bob.context.clock.setSystemTime(Date.now() + DAY_MS + 1_000)
      })

      await expect(bob.button("Create a private room")).toBeVisible()
      await expectNothingKept(bob, link)
      expect(bob.page.url()).not.toContain(roomIdOf(link))
    })
  }
})

test("a tab that is restored while the room lives has its draft, its unsent words and its key", async ({
  ann,
  bob,
}) => {
  const wire = await Wire.of(bob)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  wire.holdMessages()
  await bob.sendMessage(WORDS)
  await bob.fillComposer("half a sen")

  await restoreTab(bob, link.split("#")[0], async () => wire.release())

  await bob.expectMessage(WORDS)
  await ann.expectMessage(WORDS)
  await expect(bob.composer).toHaveValue("half a sen")
})

test("a page in the back/forward cache is empty, and complete when it returns", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.sendMessage(WORDS)
  await bob.expectMessage(WORDS)
  await bob.fillComposer("half a sen")
  const happens = (name) =>
    bob.page.evaluate((name) => void dispatchEvent(new PageTransitionEvent(name, { persisted: true })), name)

  await happens("pagehide")

  const page = await bob.page.evaluate(
    () => document.documentElement.textContent + document.querySelector("textarea").value,
  )
  for (const trace of [WORDS, "half a sen"]) expect(page).not.toContain(trace)
  await happens("pageshow")
  await bob.expectMessage(WORDS)
  await expect(bob.composer).toHaveValue("half a sen")
})

/** Every text in the memory of the page's scripts. */
async function memoryOf(person) {
  const cdp = await person.context.newCDPSession(person.page)
  const chunks = []
  cdp.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk))
  await cdp.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false })
  await cdp.detach()
  return JSON.parse(chunks.join("")).strings.join("\n")
}

for (const [how, end] of [
  ["has no seat any more", (wire) => wire.closeWith(4401)],
  ["was destroyed", (wire) => wire.closeWith(4410)],
]) {
  test(`a page that learns that it ${how} has no key in its memory`, async ({ ann, bob }) => {
    const wire = await Wire.of(bob)
    const link = await ann.createRoom()
    await bob.joinRoom(link)
    await expect(bob.page.locator("[data-safety-words]")).toHaveText(/\w/)
    const secret = new URL(link).hash.slice(2)
    const joined = await bob.page.request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })
    const { shelf } = await joined.json()
    const before = await memoryOf(bob)

    await end(wire)
    await expect(bob.heading("This room has ended")).toBeVisible()

    const after = await memoryOf(bob)
    for (const key of [secret, shelf]) expect([before.includes(key), after.includes(key)]).toEqual([true, false])
  })
}

test("after a pasted link is opened and the seat taken, no URL contains the key", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  const secret = new URL(link).hash.slice(1)
  await bob.open("/")
  await bob.page.getByLabel("Have a link?").fill(link)
  await bob.button("Open").click()
  await bob.expectDoor()
  await bob.button("Join").click()
  await bob.expectStatus("Both here")

  const entries = await bob.page.evaluate(() => navigation.entries().map(({ url }) => url))
  expect(entries.length).toBeGreaterThan(0)
  for (const address of entries) expect(String(address)).not.toContain(secret)
})

test("the lobby reports a damaged link and stays where it is", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open("/")

  await bob.page.getByLabel("Have a link?").fill(link.slice(0, -3))
  await bob.button("Open").click()

  await expect(bob.page.getByText("The end of this link is damaged")).toBeVisible()
  await expect(bob.page).toHaveURL("/")
})

test("both people are warned before the end, and either can keep the room open", async ({ ann, bob }) => {
  const wire = await Wire.of(bob)
  await bob.joinRoom(await ann.createRoom())
  await bob.expectStatus("Both here")
  // Every frame contains the room's real end, which would replace the one below.
  wire.holdRoom()
  wire.sendToPages(JSON.stringify({ type: "expiry", expiresAt: Date.now() + 60_000 }))
  await expect(bob.page.getByText(/^Ends in (0:\d\d|1:00)$/)).toBeVisible()
  await bob.button("Keep open").click()
  await expect.poll(() => wire.sent).toContain('{"type":"keep"}')
  wire.sendToPages(JSON.stringify({ type: "expiry", expiresAt: Date.now() + 600_000 }))

  await expect(bob.button("Keep open")).toBeHidden()
  await expect(bob.timeLeft).toHaveText("10 min left")
})

test("a browser that refuses cookies gets a warning before it takes a seat, in the room and in the lobby", async ({
  ann,
  bob,
  request,
}) => {
  const link = await createPlainRoom(request)
  await bob.context.route(/\/api\/room\?/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), identified: false } })
  })

  await bob.open(link)
  await expect(bob.page.getByText("This browser keeps nothing for this page")).toBeVisible()
  await bob.open("/")
  await bob.button("Create a private room").click()
  await expect(bob.notice).toHaveText(/This browser keeps nothing for this page/)

  expect(await statusOf(request, roomIdOf(link))).toBe("open")
  await ann.open(link)
  await ann.expectDoor()
})
