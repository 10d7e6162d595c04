// Encrypted rooms: what two people see of the encryption, and what a page does with a server that is not honest.

import { expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Dishonest } from "./dishonest.js"
import { MemoryStorage, Peer, newId, sessionOutside } from "./peer.js"

const REFUSED = /A message was blocked here/
const WAITING = "This message opens when the other person is back."
const EARLY = "The other person can read this once you are both here."
const BROKEN = "The two of you were not shown the same conversation."
const CHANGED = /Somebody without this link is in the other seat, or the server changed a key/
const LOST = /This browser has lost the key to this room/

function wordsOf(person) {
  return person.page.locator("[data-safety-words]")
}

/** Two people in one room who see four words. */
async function meet(ann, bob) {
  const link = await ann.creates()
  await bob.joins(link)
  for (const person of [ann, bob]) await expect(wordsOf(person)).toHaveText(/^[a-z]+ [a-z]+ [a-z]+ [a-z]+$/)
  return link
}

/** All that a browser keeps for good. */
function diskOf(person) {
  return person.page.evaluate(() => ({ ...localStorage }))
}

// --- What two people see ---

test("both see the same four words, also after a reload and in a second tab", async ({ ann, bob }) => {
  await meet(ann, bob)
  const words = await wordsOf(ann).innerText()

  await expect(wordsOf(bob)).toHaveText(words)
  await expect(bob.page.getByText("Read them to each other by voice, not in this chat.")).toBeVisible()
  await bob.reloads()
  await expect(wordsOf(bob)).toHaveText(words)
  await ann.opensTab(ann.page.url())
  await expect(wordsOf(ann)).toHaveText(words)
})

test("“They match” leaves a mark, which a reload keeps", async ({ ann, bob }) => {
  await meet(ann, bob)

  await ann.button("They match").click()

  const mark = ann.page.getByText("You checked them: they match.")
  await expect(mark).toBeVisible()
  await expect(ann.button("They match")).toBeHidden()
  await ann.reloads()
  await expect(mark).toBeVisible()
  await expect(bob.button("They match")).toBeVisible()
})

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
  await ann.says("first")
  await bob.sees("first")
  await bob.says("got it")
  await ann.sees("got it")

  await ann.says("second")
  await ann.sees("second")

  await expect(ann.page.getByText("The other person has this").filter({ visible: true })).toHaveCount(1)
  await expect(ann.message("first").getByText("The other person has this")).toBeVisible()
})

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
  await expect(bob.page.getByText(/came without https/)).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")

  await bob.opens("/")
  await bob.button("Create a private room").click()
  await expect(bob.notice).toHaveText(/came without https/)
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

// --- With a program as the second person ---

test.describe("with a program as the second person", () => {
  /** @type {Peer} */
  let peer

  test.beforeEach(async ({ ann, playwright, baseURL }) => {
    const link = await ann.creates()
    peer = new Peer(await playwright.request.newContext({ baseURL }), link)
    await peer.joins()
    await expect(wordsOf(ann)).toHaveText(/\w/)
  })

  test("what is forged is refused, quietly, and what follows is read", async ({ ann }) => {
    const forgeries = [
      ["a text that is not encrypted", async () => peer.posts("duet, plainly")],
      ["a text that only looks encrypted", async () => peer.posts("duet2.AAAA")],
      ["a message under another id", async () => peer.posts((await peer.seal("forged")).text)],
      ["a message with one bit turned", async () => peer.posts(...turnOneBit(await peer.seal("forged")))],
    ]

    for (const [index, [what, forge]] of forgeries.entries()) {
      await forge()
      await peer.says(`this is real, after ${what}`)
      await ann.sees(`this is real, after ${what}`)
      await expect(ann.log.getByText(REFUSED), what).toHaveCount(index + 1)
    }

    await ann.reloads()
    await ann.sees("this is real, after a text that is not encrypted")
    await expect(ann.log.getByText(REFUSED)).toHaveCount(forgeries.length)
    await expect(ann.log).not.toContainText("forged")
    await expect(ann.page.getByText(BROKEN)).toBeHidden()
  })

  test("hostile words and names are shown as what they are", async ({ ann }) => {
    const words = "<img src=x onerror=alert(1)> javascript:alert(1) \u202Edetrevni \u0645\u0631\u062D\u0628\u0627"
    await peer.says(words, "<b>\u202Etxet\u202C Ann</b>")
    await peer.says("🦊".repeat(1_000), "x".repeat(2_000))

    await ann.sees(words)

    await expect(ann.messages).toHaveCount(2)
    await expect(ann.log.locator("img, b, script, a")).toHaveCount(0)
    const overflow = await ann.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)
    expect(overflow).toBeLessThanOrEqual(0)
  })

  function turnOneBit({ id, text }) {
    const bytes = Buffer.from(text.replace("duet2.", ""), "base64url")
    bytes[20] ^= 1
    return [`duet2.${bytes.toString("base64url")}`, id]
  }
})

// --- A server that is not honest ---

/** One character of the other's key is another. */
function changeOther(own) {
  return (hellos) =>
    Object.fromEntries(Object.entries(hellos).map(([id, hello]) => [id, id === own ? hello : turned(hello)]))
}

function turned(hello) {
  return `${hello.slice(0, 20)}${hello[20] === "A" ? "B" : "A"}${hello.slice(21)}`
}

/** The id of the only person who has a seat. */
async function ownIdOf(person, link) {
  const answer = await person.page.request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })
  return (await answer.json()).participantId
}

async function expectStopped(person) {
  await expect(person.page.getByText(CHANGED)).toBeVisible()
  await expect(person.composer).toBeHidden()
  await expect(wordsOf(person)).toBeHidden()
}

test("a key that the server changes on the way stops the page before it says anything", async ({ ann, bob }) => {
  const server = await Dishonest.towards(bob)
  const link = await ann.creates()
  const annId = await ownIdOf(ann, link)
  server.changeHellos((hellos) => ({ ...hellos, [annId]: turned(hellos[annId]) }))

  await bob.opens(link)
  await bob.button("Join").click()

  await expectStopped(bob)
  expect(server.sent).toEqual([])
  await bob.button("Destroy this room…").filter({ visible: true }).click()
  await bob.button("Destroy for both").click()
  await bob.expectEnded(/It was destroyed/)
  await ann.expectEnded(/It was destroyed/)
})

test("a key that the server changes later stops the page, and nothing new is shown", async ({ ann, bob }) => {
  const server = await Dishonest.towards(bob)
  const link = await meet(ann, bob)
  const bobId = await ownIdOf(bob, link)
  await ann.says("before")
  await bob.sees("before")

  server.changeHellos(changeOther(bobId))
  await ann.reloads()
  await expectStopped(bob)
  await ann.says("after")
  await ann.sees("after")

  await expect(bob.message("before")).toHaveCount(1)
  await expect(bob.page.getByText("after", { exact: true })).toHaveCount(0)
})

test("a third person among the seats stops the page", async ({ ann, bob }) => {
  const server = await Dishonest.towards(bob)
  await meet(ann, bob)

  server.changeHellos((hellos) => ({ ...hellos, cccccccccccccccc: Object.values(hellos)[0] }))
  await bob.reloads()

  await expectStopped(bob)
})

test("messages that change places are noticed, and that stays said after a reload", async ({ ann, bob }) => {
  const server = await Dishonest.towards(bob)
  await meet(ann, bob)
  server.swapNextTwo()
  for (const text of ["one", "two"]) {
    await ann.says(text)
    await ann.sees(text)
  }
  await bob.sees("one")

  await ann.says("three")

  await bob.sees("three")
  await expect(bob.page.getByText(BROKEN)).toBeVisible()
  await bob.reloads()
  await bob.sees("three")
  await expect(bob.page.getByText(BROKEN)).toBeVisible()
  await bob.says("we go on")
  await ann.sees("we go on")
})

test("a message that the server puts into somebody's mouth is refused", async ({ ann, bob }) => {
  const link = await meet(ann, bob)

  await ann.page.request.post(`/api/messages?roomId=${roomIdOf(link)}`, { data: { id: newId(), text: "believe me" } })

  await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
  await expect(bob.page.getByText("believe me")).toHaveCount(0)
})

test("a message that comes back a second time, at another place, is refused", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.context.routeWebSocket(/\/api\/realtime/, (page) => {
    const room = page.connectToServer()
    room.onMessage((raw) => {
      page.send(raw)
      const frame = JSON.parse(String(raw).replace(/^pong$/, "{}"))
      if (frame.type !== "message" || frame.message.seq < 3) return
      frame.message.seq += 1
      page.send(JSON.stringify(frame))
    })
  })
  await bob.joins(link)
  await expect(wordsOf(bob)).toHaveText(/\w/)

  await ann.says("once")

  await bob.sees("once")
  await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
})

test("a server that calls an encrypted room plain is refused, and is sent nothing", async ({ ann, bob, request }) => {
  const link = await ann.creates()
  const posted = []
  bob.context.on("request", (sent) => sent.method() !== "GET" && posted.push(sent.url()))
  await bob.context.route(/\/api\/room\?/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), sealed: false } })
  })

  await bob.opens(link)

  await expect(bob.page.getByText(/The server says that this room is not encrypted/)).toBeVisible()
  await expect(bob.button("Join")).toBeHidden()
  expect(posted).toEqual([])
  expect(await statusOf(request, roomIdOf(link))).toBe("open")
})

// --- What is left for somebody who recorded everything ---

/** Everything that passes between these people and the server. */
function record(...people) {
  const transcript = []
  for (const { context } of people) {
    context.on("request", (request) =>
      transcript.push(request.url(), request.postData() ?? "", JSON.stringify(request.headers())),
    )
    context.on("page", (page) => {
      page.on("websocket", (socket) => {
        transcript.push(socket.url())
        for (const way of ["framesent", "framereceived"])
          socket.on(way, ({ payload }) => transcript.push(String(payload)))
      })
    })
  }
  return transcript
}

test("neither words, names nor the key leave the browser in the clear", async ({ ann, bob }) => {
  const transcript = record(ann, bob)
  const link = await ann.creates()
  await bob.joins(link, { as: "Canary Name" })
  await bob.says("canary words")
  await ann.sees("canary words")
  await ann.reloads()
  await ann.sees("canary words")

  const secret = new URL(link).hash.slice(2)
  const everything = transcript.join("\n")
  expect(everything).toContain("duet2.")
  for (const secretThing of [secret, secret.slice(0, 20), "canary", "Canary", "Name"]) {
    expect(everything).not.toContain(secretThing)
  }
  for (const { page } of [ann, bob]) expect(await page.title()).not.toContain(secret)
})

/** What somebody reads with a disk, a link, and what the server says and keeps. */
async function readsWith(disk, link, server) {
  const secret = new Uint8Array(Buffer.from(new URL(link).hash.slice(2), "base64url"))
  const session = sessionOutside(roomIdOf(link), { secret, storage: new MemoryStorage(disk) })
  await session.afterJoin(server.answer)
  const outcomes = await session.open(server.messages)
  return outcomes.map(({ kind, text }) => (kind === "shown" ? text : kind))
}

test("after the end, the link and all that the server had open nothing, and the browsers keep nothing", async ({
  ann,
  bob,
}) => {
  const link = await meet(ann, bob)
  await ann.says("the treasure is under the oak")
  await bob.sees("the treasure is under the oak")
  const roomId = roomIdOf(link)
  const joined = await bob.page.request.post(`/api/room/join?roomId=${roomId}`, { data: {} })
  const listed = await bob.page.request.get(`/api/messages?roomId=${roomId}&after=0&limit=500`)
  const server = { answer: await joined.json(), messages: (await listed.json()).messages }
  const before = await readsWith(await diskOf(bob), link, server)

  await ann.destroys()
  for (const person of [ann, bob]) await person.expectEnded(/It was destroyed/)

  expect(before).toContain("the treasure is under the oak")
  for (const person of [ann, bob]) {
    const disk = await diskOf(person)
    expect(JSON.stringify(disk)).not.toContain(roomId)
    expect(await readsWith(disk, link, server)).toEqual(server.messages.map(() => "stopped"))
  }
})
