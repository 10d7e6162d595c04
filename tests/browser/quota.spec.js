// The platform's daily quota. When it is exhausted, pages still load, and every call is answered with the platform's
// page.

import { expect, test } from "./test.js"

const SENTENCE = /^This server has reached its limit for today\./
const PAGE = {
  status: 429,
  contentType: "text/html; charset=UTF-8",
  body: "<!doctype html><title>Error 1027</title><h1>This website has been temporarily rate limited</h1>",
}

/** Makes the platform answer in the Worker's place from now on. */
async function exhaustQuota(person) {
  await person.context.route("**/api/**", (route) => route.fulfill(PAGE))
}

test("the lobby says that the daily quota is used up", async ({ ann }) => {
  await ann.open("/")
  await exhaustQuota(ann)

  await ann.button("Create a private room").click()

  await expect(ann.notice).toHaveText(SENTENCE)
  await expect(ann.button("Create a private room")).toBeEnabled()
})

test("the door says so, and works again when there is quota", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await exhaustQuota(bob)

  await bob.open(link)
  await expect(bob.page.locator("[data-problem]")).toHaveText(SENTENCE)
  await bob.context.unroute("**/api/**")
  await bob.button("Try again").click()
  await bob.expectDoor()
  await exhaustQuota(bob)
  await bob.button("Join").click()

  await expect(bob.page.locator("[data-problem]")).toHaveText(SENTENCE)
})

test("a conversation says so while it reconnects, and sends waiting messages afterwards", async ({ ann, bob }) => {
  /** @type {import("@playwright/test").WebSocketRoute | undefined} */
  let connection
  let isOverQuota = false
  await bob.context.routeWebSocket("**/api/realtime*", (socket) => {
    connection = socket
    // To the page, a refused handshake looks like a socket that closes before its first frame.
    if (isOverQuota) void socket.close()
    else socket.connectToServer()
  })
  await bob.joinRoom(await ann.createRoom())
  isOverQuota = true
  await exhaustQuota(bob)

  await connection?.close()
  await expect(bob.status).toHaveText("This server has reached its limit for today")
  await bob.sendMessage("are you still there?")
  await bob.expectState("are you still there?", "pending")
  isOverQuota = false
  await bob.context.unroute("**/api/**")

  await ann.expectMessage("are you still there?")
  await expect(bob.status).toHaveText("Both here")
})
