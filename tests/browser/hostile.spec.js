// Texts, names and times that are chosen to mislead.

import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"

/** Ann in a plain room, and a program in the other seat that sends any text. */
async function withProgram(ann, request) {
  const link = await createPlainRoom(request)
  await ann.joinRoom(link)
  await request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })
  let sent = 0
  return async (text, sender = "Program") => {
    await request.post(`/api/messages?roomId=${roomIdOf(link)}`, { data: { sender, text } })
    await expect(ann.messages).toHaveCount(++sent)
  }
}

test("another person's name is never shown as “You” or as nothing", async ({ ann, request }) => {
  const say = await withProgram(ann, request)

  for (const [index, name] of ["You", "Y\u200Bou", "Yоu", "\u2800", "\u200B\u200D", "\u3164"].entries()) {
    await say(`words ${index}`, name)
    await expect(ann.message(`words ${index}`).locator("[data-part=name]")).toHaveText("The other person")
  }
})

test("a name of a hundred characters is cut and stays within its line", async ({ ann, request }) => {
  await ann.open("/")
  await ann.page.setViewportSize({ width: 320, height: 640 })
  const say = await withProgram(ann, request)

  await say("long name", "W".repeat(100))
  await say("tower", `A${"\u0301".repeat(99)}`)

  await expect(ann.message("long name").locator("[data-part=name]")).toHaveText("W".repeat(60))
  expect(await overflowOf(ann)).toBe(0)
})

test("a link shows the host that it leads to", async ({ ann, request }) => {
  const say = await withProgram(ann, request)

  for (const text of [
    "https://раypal.com/login",
    "https://0x7f.1/",
    "https://google.com@evil.example/",
    "https://example.com/\u05D0\u05D1/x",
  ]) {
    await say(text)
  }

  await expect(ann.messages.getByRole("link")).toHaveText([
    "https://xn--ypal-43d9g.com/login",
    "https://127.0.0.1/",
    "https://example.com/\u05D0\u05D1/x",
  ])
  const last = ann.messages.getByRole("link").last()
  await expect(last).toHaveCSS("unicode-bidi", "isolate")
  await expect(last).toHaveCSS("direction", "ltr")
})

test("code keeps its spaces, and links in it are not links", async ({ ann, request }) => {
  const say = await withProgram(ann, request)

  await say("```\n  if (a)   <b>\n\thttps://example.com\n```")
  await say("run `a  b` now")

  const block = ann.messages.first().locator("code")
  await expect(block).toHaveCSS("font-family", /mono/)
  expect(await block.evaluate((element) => element.textContent)).toBe("  if (a)   <b>\n\thttps://example.com")
  await expect(ann.messages.getByRole("link")).toHaveCount(0)
  await expect(ann.messages.last().locator("code")).toHaveText("a  b")
})

test("nothing scrolls sideways on the narrowest phone", async ({ ann, request }) => {
  await ann.open("/")
  await ann.page.setViewportSize({ width: 320, height: 640 })
  const say = await withProgram(ann, request)

  for (const text of [
    "x".repeat(2_000),
    `https://example.com/${"y".repeat(1_000)}`,
    `\`${"z".repeat(1_000)}\``,
    "\u05D0".repeat(800),
    "字".repeat(500),
  ]) {
    await say(text)
    expect(await overflowOf(ann)).toBe(0)
  }
})

for (const timestamp of [1e300, -1e300, 8.64e15 + 1, null, "soon"]) {
  test(`a message with the time ${timestamp} breaks nothing`, async ({ ann, bob }) => {
    await ann.context.routeWebSocket(/\/api\/realtime/, (page) => {
      const room = page.connectToServer()
      room.onMessage((raw) => {
        const frame = JSON.parse(String(raw).replace(/^pong$/, "{}"))
        if (frame.type === "message") frame.message.timestamp = timestamp
        page.send(frame.type ? JSON.stringify(frame) : raw)
      })
    })
    await bob.joinRoom(await ann.createRoom())

    await bob.sendMessage("when was this?")
    await ann.sendMessage("who knows")

    for (const person of [ann, bob])
      for (const text of ["when was this?", "who knows"]) await person.expectMessage(text)
  })
}

test("the composer uses no spelling service", async ({ ann }) => {
  await ann.createRoom()

  await expect(ann.composer).toHaveAttribute("spellcheck", "false")
  await expect(ann.composer).toHaveAttribute("autocomplete", "off")
  await expect(ann.composer).toHaveAttribute("writingsuggestions", "false")
})

test("the page leaves a room that gives it another participant id", async ({ ann, bob }) => {
  let self
  await ann.context.routeWebSocket(/\/api\/realtime/, (page) => {
    const room = page.connectToServer()
    room.onMessage((raw) => {
      const frame = JSON.parse(String(raw).replace(/^pong$/, "{}"))
      if (frame.type === "ready" && self && self !== frame.participantId)
        throw new Error("the room itself changed its mind")
      if (frame.type === "ready" && self) frame.participantId = frame.participants.find((id) => id !== self)
      else if (frame.type === "ready") self = frame.participantId
      page.send(frame.type ? JSON.stringify(frame) : raw)
    })
  })
  await bob.joinRoom(await ann.createRoom())
  await bob.sendMessage("whose words are these?")
  await ann.expectMessage("whose words are these?")

  await ann.reload()

  await ann.expectEnded(/no longer knows this browser/)
  await expect(ann.page.getByText("whose words are these?")).toHaveCount(0)
})

function overflowOf(person) {
  return person.page.evaluate(() => {
    const scrollers = [document.documentElement, document.querySelector("[data-scroller]")]
    return Math.max(...scrollers.map((element) => element.scrollWidth - element.clientWidth))
  })
}
