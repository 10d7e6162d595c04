// A server that lies about keys and seats: who is in the room, with which key, and which key opens the browser's
// entries.

import { makeHello } from "../../public/app/crypto/hello.js"
import { expect, statusOf, test } from "./test.js"
import { DishonestServer, withChangedCharacter } from "./dishonest.js"
import {
  DOWNGRADED,
  EARLY,
  LOST,
  diskOf,
  expectStopped,
  expectToContinue,
  idOf,
  meet,
  secretOf,
  expectFourWords,
  wordsOf,
} from "./encrypted-room.js"
import { Forger, drawn } from "./peer.js"
import { roomIdOf } from "./person.js"

const THIRD = "cccccccccccccccc"

/** A valid hello, except that it was made with another link's secret. */
function helloMadeWith(secret, link) {
  return makeHello(roomIdOf(link), secret, drawn())
}

// --- When two people join ---

/** Lies about the first person that a server may send to the second, before any message. */
const LIES = {
  "changes a key": ({ own, other, hellos }) => ({
    ...hellos,
    [other]: withChangedCharacter(hellos[other]),
    [own]: hellos[own],
  }),
  "puts a key of its own in place of the other’s": ({ other, hellos, forged }) => ({ ...hellos, [other]: forged }),
  "gives one’s own key back as the other’s": ({ own, other, hellos }) => ({ ...hellos, [other]: hellos[own] }),
  "swaps the two keys": ({ own, other, hellos }) => ({ [own]: hellos[other], [other]: hellos[own] }),
  "keeps one’s own key back": ({ other, hellos }) => ({ [other]: hellos[other] }),
  "tells no keys at all": () => undefined,
  "cuts a key short": ({ other, hellos }) => ({ ...hellos, [other]: hellos[other].slice(0, -2) }),
  "names a third person": ({ other, hellos }) => ({ ...hellos, [THIRD]: hellos[other] }),
}

for (const [what, lie] of Object.entries(LIES)) {
  test(`a server that ${what} stops the page before it says anything`, async ({ ann, bob }) => {
    const server = await DishonestServer.towards(bob)
    const link = await ann.createRoom()
    const other = await idOf(ann, link)
    const forged = await helloMadeWith(new Uint8Array(32), link)
    server.changeHellos((hellos) => {
      const own = Object.keys(hellos).find((id) => id !== other)
      return lie({ own, other, hellos, forged })
    })

    await bob.open(link)
    await bob.button("Join").click()

    await expectStopped(bob)
    expect(server.sent).toEqual([])
  })
}

test("a page that stopped can still end the room for both", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(bob)
  const link = await ann.createRoom()
  server.changeHellos(() => ({}))
  await bob.open(link)
  await bob.button("Join").click()
  await expectStopped(bob)

  await bob.button("Destroy this room…").filter({ visible: true }).click()
  await bob.button("Destroy for both").click()

  await bob.expectEnded(/It was destroyed/)
  await ann.expectEnded(/It was destroyed/)
})

test("a key whose product with any other is zero stops the page", async ({ ann, playwright, baseURL }) => {
  const forger = new Forger(await playwright.request.newContext({ baseURL }), await ann.createRoom())

  await forger.joinWithZeroKey()

  await expectStopped(ann)
})

test("a server that hides the other’s key leaves one alone, and what is said then opens later", async ({
  ann,
  bob,
}) => {
  const server = await DishonestServer.towards(bob)
  const link = await ann.createRoom()
  const annId = await idOf(ann, link)
  server.changeHellos((hellos) => Object.fromEntries(Object.entries(hellos).filter(([id]) => id !== annId)))
  await bob.joinRoom(link)

  await bob.sendMessage("is anybody there?")

  await bob.expectMessage("is anybody there?")
  await expect(bob.page.getByText(EARLY)).toBeVisible()
  await expect(wordsOf(bob)).toBeHidden()
  await expect(ann.page.getByText("is anybody there?")).toHaveCount(0)
  server.changeHellos((hellos) => hellos)
  await bob.reload()
  await ann.expectMessage("is anybody there?")
  expect(await expectFourWords(bob)).toBe(await expectFourWords(ann))
})

// --- Later ---

const LATER_LIES = {
  "changes the other’s key": ({ other, hellos }) => ({ ...hellos, [other]: withChangedCharacter(hellos[other]) }),
  "has the link, and puts a key of its own in place of the other’s": ({ other, hellos, made }) => ({
    ...hellos,
    [other]: made,
  }),
  "gives the other another name": ({ own, other, hellos }) => ({ [own]: hellos[own], [THIRD]: hellos[other] }),
  "names a third person": ({ other, hellos }) => ({ ...hellos, [THIRD]: hellos[other] }),
  "changes one’s own key": ({ own, hellos }) => ({ ...hellos, [own]: withChangedCharacter(hellos[own]) }),
}

for (const [what, lie] of Object.entries(LATER_LIES)) {
  test(`a server that ${what} later stops the page, and nothing new is shown, also after a reload`, async ({
    ann,
    bob,
  }) => {
    const server = await DishonestServer.towards(bob)
    const link = await meet(ann, bob)
    const [other, own] = [await idOf(ann, link), await idOf(bob, link)]
    const made = await helloMadeWith(secretOf(link), link)
    await ann.sendMessage("before")
    await bob.expectMessage("before")

    server.changeHellos((hellos) => lie({ own, other, hellos, made }))
    await ann.reload()
    await expectStopped(bob)
    await ann.sendMessage("after")
    await ann.expectMessage("after")

    await expect(bob.message("before")).toHaveCount(1)
    await bob.reload()
    await expectStopped(bob)
    await expect(bob.page.getByText("after", { exact: true })).toHaveCount(0)
  })
}

// --- Seats ---

test("a server that gives one the other’s seat stops the page", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(bob)
  const link = await meet(ann, bob)
  const annId = await idOf(ann, link)

  server.changeJoined((answer) => ({ ...answer, participantId: annId }))
  await bob.reload()

  await expectStopped(bob)
})

test("a server that gives another key to what the browser keeps makes the page say so, and nothing is lost", async ({
  ann,
  bob,
}) => {
  const server = await DishonestServer.towards(bob)
  await meet(ann, bob)
  const before = Object.keys(await diskOf(bob)).sort()

  server.changeJoined((answer) => ({ ...answer, shelf: withChangedCharacter(answer.shelf, 0) }))
  await bob.reload()

  await expectStopped(bob, LOST)
  await expect(bob.page.getByRole("link", { name: "Make a new room" })).toBeVisible()
  expect(Object.keys(await diskOf(bob)).sort()).toEqual(before)
  server.changeJoined((answer) => answer)
  await bob.reload()
  await expectFourWords(bob)
  await expectToContinue(ann, bob)
})

test("a server that gives no key to what the browser keeps makes the page say so at once", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(bob)
  const link = await ann.createRoom()
  server.changeJoined(({ shelf, ...answer }) => answer)

  await bob.open(link)
  await bob.button("Join").click()

  await expectStopped(bob, LOST)
  expect(server.sent).toEqual([])
})

// --- Claiming that a room is plain ---

/** Makes the server claim that every room is plain. Returns the URLs of later sockets and non-GET requests. */
async function claimRoomsArePlain({ context }) {
  const posted = []
  context.on("request", (sent) => sent.method() !== "GET" && posted.push(sent.url()))
  context.on("page", (page) => page.on("websocket", (socket) => posted.push(socket.url())))
  await context.route(/\/api\/room\?/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), sealed: false } })
  })
  return posted
}

test("a server that calls an encrypted room plain is refused, and is sent nothing", async ({ ann, bob, request }) => {
  const link = await ann.createRoom()
  const posted = await claimRoomsArePlain(bob)

  await bob.open(link)

  await expect(bob.page.getByText(DOWNGRADED)).toBeVisible()
  await expect(bob.button("Join")).toBeHidden()
  expect(posted).toEqual([])
  expect(await statusOf(request, roomIdOf(link))).toBe("open")
})

test("a server that calls a room plain in which one was is refused, without a link too", async ({ ann, bob }) => {
  await meet(ann, bob)
  await bob.closeTab()
  const posted = await claimRoomsArePlain(bob)

  await bob.open(ann.page.url())

  await expect(bob.page.getByText(DOWNGRADED)).toBeVisible()
  await expect(bob.composer).toBeHidden()
  expect(posted).toEqual([])
})
