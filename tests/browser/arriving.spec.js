// Creating a room, opening its link and taking a seat.

import { createPlainRoom, expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"

test("the creator of a room is in it alone, with a link to share and a clock", { tag: "@stores" }, async ({ ann }) => {
  const link = await ann.createRoom()

  await ann.expectStatus("Waiting for the other person")
  await expect(ann.sharePanel).toBeVisible()
  await expect(ann.sharePanel.getByRole("img", { name: /QR code/ })).toBeVisible()
  await expect(ann.timeLeft).toHaveText("10 min left")
  expect(link).toMatch(/\/room\/[\w-]{21}#2[\w-]{43}$/)
})

test("a room can be made to last an hour or a day", async ({ ann }) => {
  for (const [choice, words] of [
    ["1 hour", /^(1 hr|59 min) left$/],
    ["24 hours", /^(24 hr|23 hr 59 min) left$/],
  ]) {
    await ann.open("/")
    await ann.page.getByLabel(choice).check()
    await ann.button("Create a private room").click()

    await ann.expectInside()

    await expect(ann.timeLeft).toHaveText(words)
  }
})

test("opening the link takes no seat, however often and by anyone", async ({ ann, bob, meet, request }) => {
  const link = await ann.createRoom()
  const roomId = roomIdOf(link)

  for (let stranger = 0; stranger < 3; stranger++) {
    const visitor = await meet()
    await visitor.open(link)
    await visitor.expectDoor()
  }
  for (const path of [`/room/${roomId}`, `/api/room?roomId=${roomId}`]) {
    const answers = await Promise.all(
      [1, 2, 3].map(() => request.get(path, { headers: { "user-agent": "LinkPreview/1.0" } })),
    )
    expect(answers.map((answer) => answer.status())).toEqual([200, 200, 200])
  }

  expect(await statusOf(request, roomId)).toBe("open")
  await ann.expectStatus("Waiting for the other person")
  await bob.joinRoom(link)
  await bob.expectStatus("Both here")
})

test("when the second person joins, both see it", { tag: "@stores" }, async ({ ann, bob }) => {
  const link = await ann.createRoom()

  await bob.joinRoom(link)

  await ann.expectStatus("Both here")
  await bob.expectStatus("Both here")
  await expect(ann.sharePanel).toBeHidden()
  await expect(bob.sharePanel).toBeHidden()
})

test("the third person finds the room full", async ({ ann, bob, chris }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)

  await chris.open(link)

  await chris.expectLobby(/This room is full. It has two people in it, and a room never takes a third/)
  await ann.expectStatus("Both here")
})

test("a visitor at the door when the last seat is taken finds the room full", async ({ ann, bob, chris }) => {
  const link = await ann.createRoom()
  await chris.open(link)
  await chris.expectDoor()
  await bob.joinRoom(link)

  await chris.button("Join").click()

  await chris.expectLobby(/This room is full/)
})

test("when two people press Join at once, only one gets in", async ({ ann, bob, chris }) => {
  const link = await ann.createRoom()
  for (const person of [bob, chris]) {
    await person.open(link)
    await person.expectDoor()
  }

  await Promise.all([bob, chris].map((person) => person.button("Join").click()))

  await ann.expectStatus("Both here")
  const isInside = (person) => person.composer.isVisible()
  const isRefused = (person) => person.notice.filter({ hasText: "This room is full" }).isVisible()
  await expect
    .poll(async () => [await isInside(bob), await isRefused(chris)].join())
    .toMatch(/^(true,true|false,false)$/)
  await expect
    .poll(async () => [await isInside(chris), await isRefused(bob)].join())
    .toMatch(/^(true,true|false,false)$/)
  expect(await isInside(bob)).not.toBe(await isInside(chris))
})

test("a participant who opens the link again is in at once, with all messages", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.sendMessage("before")
  await bob.expectMessage("before")
  await bob.closeTab()
  await ann.expectStatus("The other person is away")
  await ann.sendMessage("in between")

  await bob.open(link)

  await bob.expectInside()
  await bob.expectMessage("before")
  await bob.expectMessage("in between")
  await ann.expectStatus("Both here")
})

test("a second tab is the same person", async ({ ann, bob, chris }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  const firstTab = bob.page

  await bob.openTab(link)
  await bob.expectInside()
  await bob.sendMessage("from the second tab")
  await bob.expectMessage("from the second tab")

  const inFirstTab = firstTab.getByRole("article").filter({ hasText: "from the second tab" })
  await expect(inFirstTab).toContainText("You")
  await ann.expectMessage("from the second tab")
  await bob.closeTab()
  await ann.sendMessage("still there?")
  await expect(firstTab.getByText("still there?")).toBeVisible()
  await ann.expectStatus("Both here")
  await chris.open(link)
  await chris.expectLobby(/This room is full/)
})

// --- The key in the link ---

test("a link without its key takes no seat, and the whole one opens the room", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()

  await bob.open(link.split("#")[0])

  await expect(bob.heading("This link is incomplete")).toBeVisible()
  await expect(bob.page.getByText("The part of the link after # is missing.")).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")
  await bob.page.getByLabel("Paste the whole link here").fill(link)
  await bob.button("Open").click()
  await bob.expectDoor()
  await bob.button("Join").click()
  await bob.expectStatus("Both here")
})

test("a link with another room's key takes no seat", async ({ ann, bob, chris, request }) => {
  const [link, other] = [await ann.createRoom(), await chris.createRoom()]

  await bob.open(link.split("#")[0] + new URL(other).hash)
  await bob.button("Join").click()

  await expect(bob.page.getByText("is not the key to this room")).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")
  await ann.expectStatus("Waiting for the other person")
})

test("a plain room says that it is not encrypted, before and after Join", async ({ ann, bob, request }) => {
  const link = await createPlainRoom(request)
  await ann.open(link)
  await expect(ann.page.getByText("Messages in this room are not encrypted")).toBeVisible()

  await ann.joinRoom(link)
  await bob.joinRoom(link)
  await ann.sendMessage("hello all")

  await bob.expectMessage("hello all")
  await expect(bob.page.getByText("Not encrypted: whoever runs the server can read this room.")).toBeVisible()
})
