// Failing networks: each person is behind a TCP proxy. The test controls their pages' clocks, so that it need not wait.

import { expect, test as base } from "./test.js"
import { Proxy } from "./proxy.js"

const test = base.extend({
  network: async ({ baseURL, conduct }, use) => {
    const network = await Proxy.to(baseURL)
    conduct.allowUnsteady(network.baseUrl)
    await use(network)
    await network.close()
  },
})

/** A page pings after 20 seconds without a frame and waits 5 for the answer. */
const UNTIL_NOTICED_MS = 26_000
/** The longest wait before a page reconnects, and the time that a socket has to open. */
const UNTIL_TRIED_AGAIN_MS = 36_000

/** Ann, and Bob behind the proxy, in one room. */
async function joinThroughProxy(network, ann, bob) {
  const link = await ann.createRoom()
  bob.page = await bob.context.newPage()
  await bob.page.clock.install()
  await bob.joinRoom(network.through(link))
  await bob.sendMessage("can you hear me?")
  await ann.expectMessage("can you hear me?")
}

/**
 * Advances Bob's clock until he is connected again. Checks that no message was lost or doubled, that each person's
 * messages are in order, and that both screens and the history have the same order.
 * @param {{byAnn?: string[], byBob?: string[]}} sent
 */
async function expectBack(ann, bob, { byAnn = [], byBob = [] }) {
  const written = ["can you hear me?", ...byBob]
  const count = written.length + byAnn.length
  await expect(async () => {
    await bob.page.clock.runFor(2_000)
    expect(await bob.messageTexts()).toHaveLength(count)
    await expect(bob.status).toHaveText("Both here", { timeout: 300 })
  }).toPass({ intervals: [50] })
  for (const person of [ann, bob]) for (const text of [...byAnn, ...byBob]) await person.expectMessage(text)
  const texts = await bob.messageTexts()
  expect(
    texts.filter((text) => !byAnn.includes(text)),
    "as Bob wrote it",
  ).toEqual(written)
  expect(
    texts.filter((text) => byAnn.includes(text)),
    "as Ann wrote it",
  ).toEqual(byAnn)
  expect(await ann.messageTexts()).toEqual(texts)
  await bob.reload()
  await expect.poll(() => bob.messageTexts(), "the history").toEqual(texts)
}

test("reset connections reconnect by themselves", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)

  for (const text of ["one", "two", "three"]) {
    network.reset()
    await bob.sendMessage(text)
    await ann.sendMessage(`${text}, too`)
  }

  await expectBack(ann, bob, { byBob: ["one", "two", "three"], byAnn: ["one, too", "two, too", "three, too"] })
})

test("a network that is silent for a minute is noticed, and nothing is lost", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)

  network.fallSilent()
  await bob.sendMessage("into the void")
  await bob.expectState("into the void", "pending")
  await bob.page.clock.runFor(UNTIL_NOTICED_MS)
  await bob.expectStatus("Reconnecting…")
  await bob.sendMessage("still there?")
  await ann.sendMessage("meanwhile")
  await bob.page.clock.runFor(60_000 - UNTIL_NOTICED_MS)
  await bob.expectStatus("Reconnecting…")
  network.mend()

  await expectBack(ann, bob, { byBob: ["into the void", "still there?"], byAnn: ["meanwhile"] })
})

test("a connection that a proxy half-closes is noticed", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)

  network.halfClose()
  await bob.sendMessage("only half")
  await bob.page.clock.runFor(UNTIL_NOTICED_MS)

  await expectBack(ann, bob, { byBob: ["only half"] })
})

test("a network that accepts connections but sends nothing is retried", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)

  network.fallSilent()
  network.reset()
  await bob.expectStatus("Reconnecting…")
  await bob.sendMessage("written meanwhile")
  for (let attempt = 0; attempt < 3; attempt += 1) await bob.page.clock.runFor(UNTIL_TRIED_AGAIN_MS)
  await bob.expectState("written meanwhile", "pending")
  network.mend()

  await expectBack(ann, bob, { byBob: ["written meanwhile"] })
})

test("a laptop that wakes from sleep shows the current room", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)
  const tab = await bob.context.newCDPSession(bob.page)

  await bob.fillComposer("half a sen")
  await tab.send("Page.setWebLifecycleState", { state: "frozen" })
  network.reset()
  await ann.expectStatus("The other person is away")
  await ann.sendMessage("good night")
  await tab.send("Page.setWebLifecycleState", { state: "active" })
  await bob.page.clock.fastForward(10 * 60_000 - 1_000)
  await bob.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))

  await expectBack(ann, bob, { byAnn: ["good night"] })
  await expect(bob.timeLeft, "the room's clock, not the page's").toHaveText(/^(10|9) min left$/)
  await expect(bob.composer).toHaveValue("half a sen")
})

test("without a network the page says so, and reconnects at once when it returns", async ({ ann, bob, network }) => {
  await joinThroughProxy(network, ann, bob)

  await bob.context.setOffline(true)
  network.reset()
  await bob.expectStatus("Offline. Your messages wait here.")
  await bob.sendMessage("from the tunnel")
  await bob.page.clock.runFor(60_000)
  await bob.expectState("from the tunnel", "pending")
  await bob.context.setOffline(false)

  await expectBack(ann, bob, { byBob: ["from the tunnel"] })
})
