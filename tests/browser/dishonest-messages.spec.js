// A server that falsifies the conversation: it changes, repeats, drops and moves messages on the way to Bob. In each
// room, the two keys messages have the sequence numbers 1 and 2, so the conversation begins at 3.

import { expect, test } from "./test.js"
import { DishonestServer, renumbered, withChangedCharacter, withChangedMessage } from "./dishonest.js"
import {
  BROKEN,
  EARLY,
  REFUSED,
  SEEN,
  WAITING,
  diskOf,
  expectToContinue,
  idOf,
  meet,
  expectFourWords,
} from "./encrypted-room.js"
import { Forger, Peer, newId } from "./peer.js"
import { roomIdOf } from "./person.js"

const FIRST = 3

/** Checks that Bob's page shows the sentence, also after a reload, and that the conversation continues both ways. */
async function expectNoticed(ann, bob, sentence = BROKEN) {
  await expect(bob.page.getByText(sentence)).toBeVisible()
  await bob.reload()
  await expect(bob.page.getByText(sentence)).toBeVisible()
  await expectToContinue(ann, bob)
}

/** Sends Ann's texts one after the other, while the server shows Bob this view of the conversation. */
async function sendThroughDishonestServer(ann, bob, view, ...texts) {
  const server = await DishonestServer.towards(bob)
  await meet(ann, bob)
  await server.setView(view)
  for (const text of texts) {
    await ann.sendMessage(text)
    await ann.expectMessage(text)
  }
  return server
}

/** An independent client in the other seat. Ann sees its four words, and from now on it may lie. */
async function createRoomWithForger(ann, request) {
  const forger = new Forger(request, await ann.createRoom())
  await forger.joinRoom()
  await forger.sendKeysMessage()
  await expectFourWords(ann)
  return forger
}

// --- What is refused ---

const FORGERIES = {
  "changes one character": ({ text }) => ({ text: withChangedCharacter(text, 40) }),
  "cuts a message short": ({ text }) => ({ text: text.slice(0, -172) }),
  "puts words of its own in place of a message": () => ({ text: "believe me" }),
  "gives a message another number": () => ({ id: newId() }),
  "gives a message to the person who reads it": (_, { bobId }) => ({ participantId: bobId }),
  "gives a message to a third person": () => ({ participantId: "cccccccccccccccc" }),
}

for (const [what, forge] of Object.entries(FORGERIES)) {
  test(`a server that ${what} is not believed, and the next message tells`, async ({ ann, bob }) => {
    const server = await DishonestServer.towards(bob)
    const bobId = await idOf(bob, await meet(ann, bob))
    await server.setView(withChangedMessage(FIRST, (message) => forge(message, { bobId })))

    await ann.sendMessage("hidden from bob")
    await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
    await ann.sendMessage("next")
    await bob.expectMessage("next")

    await expect(bob.messages).toHaveCount(1)
    await expectNoticed(ann, bob)
    await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
    for (const text of ["hidden from bob", "believe me"]) await expect(bob.page.getByText(text)).toHaveCount(0)
  })
}

test("a message from another room of the same two is refused", async ({ ann, bob }) => {
  const first = await meet(ann, bob)
  await ann.sendMessage("said elsewhere")
  await ann.expectMessage("said elsewhere")
  const listed = await ann.page.request.get(`/api/messages?roomId=${roomIdOf(first)}&after=0&limit=500`)
  const elsewhere = (await listed.json()).messages.at(-1)
  const server = await DishonestServer.towards(bob)
  await meet(ann, bob)

  await server.setView((all) => renumbered([...all, elsewhere]))

  await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
  await expect(bob.page.getByText("said elsewhere")).toHaveCount(0)
})

test("a message that the server puts into somebody’s mouth is refused", async ({ ann, bob }) => {
  const link = await meet(ann, bob)

  await ann.page.request.post(`/api/messages?roomId=${roomIdOf(link)}`, { data: { id: newId(), text: "believe me" } })

  await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
  await expect(bob.page.getByText("believe me")).toHaveCount(0)
  await expectToContinue(ann, bob)
})

test("one’s own message that comes back changed counts as not sent", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(bob)
  await meet(ann, bob)
  await server.setView(withChangedMessage(FIRST, ({ text }) => ({ text: withChangedCharacter(text, 40) })))

  await bob.sendMessage("as I wrote it")

  await bob.expectState("as I wrote it", "failed")
  await expect(bob.message("as I wrote it")).toContainText("What came back is not what you sent.")
})

test("early messages that the server made are refused, and real ones open", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(ann)
  const link = await ann.createRoom()
  await ann.sendMessage("written early")
  await ann.expectMessage("written early")
  const [early] = server.conversation
  const forged = { ...early, id: newId(), seq: 2, text: withChangedCharacter(early.text, 40) }
  const ofAnother = {
    ...early,
    id: newId(),
    seq: 3,
    participantId: "cccccccccccccccc",
    text: withChangedCharacter(early.text, 7),
  }

  await server.setView((messages) => [...messages.slice(0, 1), forged, ofAnother])

  await expect(ann.log.getByText(REFUSED)).toHaveCount(1)
  await expect(ann.log.getByText(WAITING)).toHaveCount(1)
  await expect(ann.page.getByText(EARLY)).toBeVisible()
  await server.setView((messages) => messages)
  await ann.reload()
  await bob.joinRoom(link)
  await bob.expectMessage("written early")
  await expectToContinue(ann, bob)
})

// --- What the next message reveals ---

const DIFFERENCES = {
  "drops a message": [(all) => renumbered(all.filter(({ seq }) => seq !== FIRST)), ["two", "three"]],
  "leaves the place of a message empty": [(all) => all.filter(({ seq }) => seq !== FIRST), ["two", "three"]],
  "lets two messages change places": [swapped, ["two", "one", "three"]],
  "says a message twice": [repeated, ["one", "two", "three"]],
  "hands out what is no message": [withChangedMessage(FIRST, () => ({ id: "short" })), ["two", "three"]],
}

function swapped(all) {
  const place = FIRST - 1
  if (all.length < FIRST + 1) return all.slice(0, place)
  return renumbered([...all.slice(0, place), all[place + 1], all[place], ...all.slice(place + 2)])
}

function repeated(all) {
  return renumbered([...all.slice(0, FIRST), ...all.slice(FIRST - 1, FIRST), ...all.slice(FIRST)])
}

for (const [what, [view, shown]] of Object.entries(DIFFERENCES)) {
  test(`a server that ${what} is noticed, and that stays said after a reload`, async ({ ann, bob }) => {
    await sendThroughDishonestServer(ann, bob, view, "one", "two", "three")

    await bob.expectMessage("three")
    await expect.poll(() => bob.messageTexts()).toEqual(shown)

    await expectNoticed(ann, bob)
  })
}

test("a message that comes again with another text is noticed, and the first one stays", async ({ ann, bob }) => {
  const server = await sendThroughDishonestServer(ann, bob, (all) => all, "as it was")
  await bob.expectMessage("as it was")

  await server.setView(withChangedMessage(FIRST, ({ text }) => ({ text: withChangedCharacter(text, 40) })))

  await expect(bob.page.getByText(BROKEN)).toBeVisible()
  await bob.expectMessage("as it was")
})

test("a message that claims to have seen more than was said before it is noticed", async ({
  ann,
  playwright,
  baseURL,
}) => {
  const forger = await createRoomWithForger(ann, await playwright.request.newContext({ baseURL }))

  await forger.sendMessage("from the future", { claim: [900, "AAAAAAAAAAAAAAAAAAAAAA"] })

  await ann.expectMessage("from the future")
  await expect(ann.page.getByText(BROKEN)).toBeVisible()
})

// --- What cannot be noticed, and what the page shows instead ---

test("messages that are withheld do not count as read", async ({ ann, bob }) => {
  await sendThroughDishonestServer(ann, bob, (all) => all.filter(({ seq }) => seq <= FIRST), "arrives", "is withheld")
  await bob.expectMessage("arrives")

  await bob.sendMessage("got one")

  await ann.expectMessage("got one")
  await expect(ann.message("arrives").getByText(SEEN)).toBeVisible()
  await expect(ann.message("is withheld").getByText(SEEN)).toBeHidden()
  for (const { page } of [ann, bob]) await expect(page.getByText(BROKEN)).toBeHidden()
})

test("what the other has seen does not go back, whatever a later message says", async ({
  ann,
  playwright,
  baseURL,
}) => {
  const forger = await createRoomWithForger(ann, await playwright.request.newContext({ baseURL }))
  await ann.sendMessage("one")
  await ann.sendMessage("two")
  await ann.expectMessage("two")
  await forger.sendMessage("I have both", { upTo: 4 })
  await expect(ann.message("two").getByText(SEEN)).toBeVisible()

  await forger.sendMessage("I have none", { upTo: 0 })

  await ann.expectMessage("I have none")
  await expect(ann.message("two").getByText(SEEN)).toBeVisible()
  await expect(ann.page.getByText(BROKEN)).toBeHidden()
})

// --- After the end ---

test("a server that goes on after the end is not listened to", async ({ ann, bob }) => {
  const server = await DishonestServer.towards(bob)
  const link = await meet(ann, bob)
  await ann.sendMessage("before")
  await bob.expectMessage("before")
  const [message] = server.conversation.slice(-1)

  server.sendFrame({ type: "destroy" })
  server.sendFrame({ type: "message", message: { ...message, seq: 4, id: newId() }, expiresAt: Date.now() + 600_000 })
  server.sendFrame({ type: "typing", participantId: message.participantId })
  await ann.sendMessage("after")
  await ann.expectMessage("after")

  await bob.expectEnded(/It was destroyed/)
  for (const text of ["before", "after"]) await expect(bob.page.getByText(text, { exact: true })).toHaveCount(0)
  expect(JSON.stringify(await diskOf(bob))).not.toContain(roomIdOf(link))
})

// --- The other person, with a program ---

test("what the other person forges is refused, quietly, and what follows is read", async ({
  ann,
  playwright,
  baseURL,
}) => {
  const peer = new Peer(await playwright.request.newContext({ baseURL }), await ann.createRoom())
  await peer.joinRoom()
  await expectFourWords(ann)
  const forgeries = [
    ["a text that is not encrypted", async () => peer.postText("duet, plainly")],
    ["a text that only looks encrypted", async () => peer.postText("duet2.AAAA")],
    ["a message under another id", async () => peer.postText((await peer.seal("forged")).text)],
    ["a message with one character turned", async () => peer.postText(...changed(await peer.seal("forged")))],
  ]

  for (const [index, [what, forge]] of forgeries.entries()) {
    await forge()
    await peer.sendMessage(`this is real, after ${what}`)
    await ann.expectMessage(`this is real, after ${what}`)
    await expect(ann.log.getByText(REFUSED), what).toHaveCount(index + 1)
  }

  await ann.reload()
  await ann.expectMessage("this is real, after a text that is not encrypted")
  await expect(ann.log.getByText(REFUSED)).toHaveCount(forgeries.length)
  await expect(ann.log).not.toContainText("forged")
  await expect(ann.page.getByText(BROKEN)).toBeHidden()

  function changed({ id, text }) {
    return [withChangedCharacter(text, 40), id]
  }
})

test("hostile words and names are shown as what they are", async ({ ann, playwright, baseURL }) => {
  const peer = new Peer(await playwright.request.newContext({ baseURL }), await ann.createRoom())
  await peer.joinRoom()
  const words = "<img src=x onerror=alert(1)> javascript:alert(1) \u202Edetrevni \u0645\u0631\u062D\u0628\u0627"
  await peer.sendMessage(words, "<b>\u202Etxet\u202C Ann</b>")
  await peer.sendMessage("🦊".repeat(1_000), "x".repeat(2_000))

  await ann.expectMessage(words)

  await expect(ann.messages).toHaveCount(2)
  await expect(ann.log.locator("img, b, script, a")).toHaveCount(0)
  const overflow = await ann.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})
