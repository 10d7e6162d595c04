// Sealed rooms: another implementation on the other side, somebody who tampers, and everything that leaves the browser.

import { Buffer } from "node:buffer"

import { expect, statusOf, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { SealedPeer, newId } from "./sealed-peer.js"

const REFUSED = /Something was refused here/

test.describe("with a program as the second person", () => {
  /** @type {SealedPeer} */
  let peer

  test.beforeEach(async ({ ann, playwright, baseURL }) => {
    const link = await ann.creates()
    peer = new SealedPeer(await playwright.request.newContext({ baseURL }), link)
    await peer.joins()
    await expect(ann.sharePanel).toBeHidden()
  })

  test("another implementation of the format reads and is read", async ({ ann }) => {
    await peer.says("Can you read me? 🦊\nSecond line.", "Zoë")
    await ann.sees("Can you read me? 🦊\nSecond line.")
    await expect(ann.messages.first()).toContainText("Zoë")

    await ann.says("Word for word.")
    await ann.sees("Word for word.")

    const [, answer] = await peer.reads()
    expect(peer.open(answer).text).toBe("Word for word.")
    expect(answer.sender).toBe("")
  })

  test("what is forged is refused, quietly, and what follows is read", async ({ ann }) => {
    const forgeries = [
      ["an unsealed text", () => ["duet, plainly", newId()]],
      ["a text that only looks sealed", () => ["duet1.AAAA", newId()]],
      ["a message under another id", () => [peer.seal({ sender: "A program", text: "forged" }, newId()), newId()]],
      ["a message in the other's name", forgeInTheNameOf("aaaaaaaaaaaaaaaa")],
      ["a message with one bit turned", () => turnOneBit(newId())],
      ["a sealed thing that is no message", () => sealNonsense(newId())],
    ]

    for (const [index, [what, forge]] of forgeries.entries()) {
      await peer.posts(...forge())
      await peer.says(`this is real, after ${what}`)
      await ann.sees(`this is real, after ${what}`)
      await expect(ann.log.getByText(REFUSED), what).toHaveCount(index + 1)
    }

    await ann.reloads()
    await ann.sees("this is real, after an unsealed text")
    await expect(ann.messages).toHaveCount(forgeries.length)
    await expect(ann.log.getByText(REFUSED)).toHaveCount(forgeries.length)
    await expect(ann.log).not.toContainText("forged")
  })

  test("what the other said cannot be said again in one's own name", async ({ ann }) => {
    await ann.says("I agree to everything")
    await ann.sees("I agree to everything")
    const [original] = await peer.reads()

    await peer.posts(original.text, newId())

    await expect(ann.log.getByText(REFUSED)).toHaveCount(1)
    await expect(ann.messages).toHaveCount(1)
  })

  test("hostile words and names are shown as what they are", async ({ ann }) => {
    const words = "<img src=x onerror=alert(1)> javascript:alert(1) \u202Edetrevni \u0645\u0631\u062D\u0628\u0627"
    await peer.says(words, "<b>\u202Etxet\u202C Ann</b>")
    await peer.says("🦊".repeat(2_000), "x".repeat(2_000))

    await ann.sees(words)

    await expect(ann.messages).toHaveCount(2)
    await expect(ann.log.locator("img, b, script, a")).toHaveCount(0)
    const overflow = await ann.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)
    expect(overflow).toBeLessThanOrEqual(0)
  })

  function forgeInTheNameOf(participantId) {
    return () => {
      const id = newId()
      return [peer.seal({ sender: "Ann", text: "forged" }, id, participantId), id]
    }
  }

  function turnOneBit(id) {
    const bytes = Buffer.from(peer.seal({ sender: "A program", text: "forged" }, id).replace("duet1.", ""), "base64url")
    bytes[20] ^= 1
    return [`duet1.${bytes.toString("base64url")}`, id]
  }

  function sealNonsense(id) {
    return [peer.seal({ sender: 7, text: ["forged"] }, id), id]
  }
})

test("a message that comes back a second time, at another place, is refused", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.context.routeWebSocket(/\/api\/realtime/, (page) => {
    const room = page.connectToServer()
    room.onMessage((raw) => {
      page.send(raw)
      const frame = JSON.parse(String(raw).replace(/^pong$/, "{}"))
      if (frame.type !== "message") return
      frame.message.seq += 1
      page.send(JSON.stringify(frame))
    })
  })
  await bob.joins(link)

  await ann.says("once")

  await bob.sees("once")
  await expect(bob.log.getByText(REFUSED)).toHaveCount(1)
})

test("neither words, names nor the key leave the browser in the clear", async ({ ann, bob }) => {
  const seen = []
  for (const person of [ann, bob]) {
    person.context.on("request", (request) => {
      seen.push(request.url(), request.postData() ?? "", JSON.stringify(request.headers()))
    })
    person.context.on("page", (page) => {
      page.on("websocket", (socket) => {
        seen.push(socket.url())
        for (const way of ["framesent", "framereceived"]) socket.on(way, ({ payload }) => seen.push(String(payload)))
      })
    })
  }
  const link = await ann.creates()
  await bob.joins(link, { as: "Canary Name" })
  await bob.says("canary words")
  await ann.sees("canary words")
  await ann.reloads()
  await ann.sees("canary words")

  const secret = new URL(link).hash.slice(1)
  const peer = new SealedPeer(ann.context.request, link)
  const everything = seen.join("\n")
  expect(seen.length).toBeGreaterThan(20)
  expect(everything).toContain("duet1.")
  expect(everything).toContain(peer.access)
  for (const secretThing of [secret, secret.slice(0, 20), "canary", "Canary", "Name"]) {
    expect(everything).not.toContain(secretThing)
  }
  for (const { page } of [ann, bob]) {
    expect(page.url()).not.toContain("#")
    expect(await page.title()).not.toContain(secret)
  }
})

test("a link opens the room with whatever a mail or a tracker put behind it", async ({ ann, bob }) => {
  const link = await ann.creates()

  for (const addition of [".", ") said he", "&utm_source=mail"]) {
    await bob.opens("about:blank")
    await bob.opens(`${link}${addition}`)
    // The key is proved each time, also by who has the seat already.
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

test("without https there is no sealing, and that is said before a seat is taken", async ({ ann, bob, request }) => {
  const link = await ann.creates()
  await bob.context.addInitScript(() => Object.defineProperty(Crypto.prototype, "subtle", { value: undefined }))

  await bob.opens(link)
  await expect(bob.page.getByText(/came without https/)).toBeVisible()
  expect(await statusOf(request, roomIdOf(link))).toBe("open")

  await bob.opens("/")
  await bob.button("Create a private room").click()
  await expect(bob.notice).toHaveText(/came without https/)
})
