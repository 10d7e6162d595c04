// The Worker crashes while two people talk, and starts again on the same storage. A proxy keeps its address the same,
// because each Worker of the tests takes another port.

import { expect, test as base } from "./test.js"
import { roomIdOf } from "./person.js"
import { Proxy } from "./proxy.js"
import { startStack } from "./stack.js"

const START_LIMIT_MS = 180_000
/** The time that a Worker takes to start, and a page to reconnect afterwards. */
const BACK_LIMIT_MS = 60_000

const test = base.extend({
  /** A Worker for this test alone. */
  crashing: [
    async ({ store }, use) => {
      const stack = await startStack(store)
      const network = await Proxy.to(stack.baseUrl)
      await use({
        baseUrl: network.baseUrl,
        kill: () => stack.kill(),
        async startAgain() {
          await stack.startAgain()
          network.leadTo(stack.baseUrl)
        },
      })
      await network.close()
      await stack.stop()
    },
    { timeout: START_LIMIT_MS },
  ],

  baseURL: async ({ crashing }, use) => use(crashing.baseUrl),
})

test("after a crash of the Worker the room is back, and messages written meanwhile are sent once", {
  tag: "@stores",
}, async ({ ann, bob, conduct, crashing }) => {
  conduct.allowUnsteady(crashing.baseUrl)
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  await ann.sendMessage("before")
  await bob.expectMessage("before")

  await Promise.all([ann.sendMessage("in the very moment"), bob.sendMessage("in the same moment"), crashing.kill()])
  for (const person of [ann, bob]) await person.expectStatus("Reconnecting…")
  await ann.sendMessage("is anybody there?")
  await bob.sendMessage("hello?")
  for (const [person, text] of [
    [ann, "is anybody there?"],
    [bob, "hello?"],
  ])
    await person.expectState(text, "pending")
  await bob.fillComposer("half a sen")
  await crashing.startAgain()

  for (const person of [ann, bob]) {
    await expect(person.status).toHaveText("Both here", { timeout: BACK_LIMIT_MS })
    for (const text of ["in the very moment", "in the same moment", "is anybody there?", "hello?"])
      await person.expectMessage(text)
  }
  const texts = await ann.messageTexts()
  expect(texts).toHaveLength(5)
  expect(await bob.messageTexts()).toEqual(texts)
  await expect(bob.composer).toHaveValue("half a sen")
  const stored = await ann.page.request.get(`/api/messages?roomId=${roomIdOf(link)}`)
  // The two additional messages are the pages' keys messages.
  expect((await stored.json()).messages).toHaveLength(5 + 2)
})
