// The Rust library as the second person in a real room, and as the first. The page and the library were written
// independently of each other.

import { expect, test as base } from "./test.js"
import { BROKEN, EARLY, SEEN, expectFourWords, expectStopped } from "./encrypted-room.js"
import { DishonestServer, renumbered, withChangedCharacter } from "./dishonest.js"
import { RustPeer } from "./rust-peer.js"

const test = base.extend({
  /** Starts Rust peers, and ends them. */
  rust: async ({ baseURL }, use) => {
    const peers = []
    const started = (peer) => {
      peers.push(peer)
      return peer
    }
    await use({
      joinRoom: (link) => started(RustPeer.join(link)),
      createRoom: () => started(RustPeer.create(baseURL)),
    })
    for (const peer of peers) await peer.leave()
  },
})

/** What two implementations could write or read differently. */
const HARD_TEXTS = ["Grüße, 世界 🦊", '{"text": "\\"}', "<b>&amp;</b>", "x".repeat(3_000)]

test("in a room that the page made, both read each other, and see the same words", async ({ ann, rust }) => {
  const link = await ann.createRoom()
  await ann.sendMessage("written while alone")
  await ann.expectMessage("written while alone")
  await expect(ann.page.getByText(EARLY)).toBeVisible()

  const peer = rust.joinRoom(link)

  expect(await peer.words()).toBe(await expectFourWords(ann))
  await peer.expectMessage("written while alone")
  peer.sendMessage("Rust says hello")
  await ann.expectMessage("Rust says hello")
  await expect(ann.message("Rust says hello").locator("[data-part=name]")).toHaveText("Rust")
  await expect(ann.message("written while alone").getByText(SEEN)).toBeVisible()
  await ann.sendMessage("the page answers")
  await peer.expectMessage("the page answers")
  await expect.poll(() => peer.otherHasSeen).toBeGreaterThan(3)
  await expect.poll(() => peer.otherHasRead).toBeGreaterThan(4)
  await expect(ann.page.getByText(BROKEN)).toBeHidden()
  expect([peer.isBroken, peer.stopReasons]).toEqual([false, []])
})

test("in a room that the library made, both read each other, and see the same words", async ({ bob, rust }) => {
  const peer = rust.createRoom()
  const link = await peer.link()
  peer.sendMessage("written while alone")

  await bob.joinRoom(link, { as: "Bob" })

  await bob.expectMessage("written while alone")
  expect(await expectFourWords(bob)).toBe(await peer.words())
  for (const text of HARD_TEXTS) {
    await bob.sendMessage(text)
    await peer.expectMessage(text, "Bob")
  }
  await bob.reload()
  await bob.expectMessage("written while alone")
  peer.sendMessage("after the reload")
  await bob.expectMessage("after the reload")
  expect([peer.isBroken, peer.stopReasons]).toEqual([false, []])
})

test("what one says, the other reads to the letter", async ({ ann, rust }) => {
  const peer = rust.joinRoom(await ann.createRoom())
  await expectFourWords(ann)

  for (const text of HARD_TEXTS) {
    peer.sendMessage(text)
    await ann.expectMessage(text)
  }

  await expect(ann.page.getByText(BROKEN)).toBeHidden()
})

test("the end that the page brings about reaches the library", async ({ ann, rust }) => {
  const peer = rust.joinRoom(await ann.createRoom())
  await expectFourWords(ann)

  await ann.destroyRoom()

  expect(await peer.closeCode()).toBe(4410)
})

test("the library notices what a server hides from the page, by what the page says it has seen", async ({
  ann,
  rust,
}) => {
  const server = await DishonestServer.towards(ann)
  const peer = rust.joinRoom(await ann.createRoom())
  await expectFourWords(ann)
  await server.setView((messages) => renumbered(messages.filter(({ seq }) => seq !== 3)))
  peer.sendMessage("is dropped")
  peer.sendMessage("arrives")
  await ann.expectMessage("arrives")

  await ann.sendMessage("what did you say?")

  await expect.poll(() => peer.isBroken).toBe(true)
  await peer.expectMessage("what did you say?")
})

test("a page that is told another key of the library stops, and the library goes on", async ({ ann, rust }) => {
  const server = await DishonestServer.towards(ann)
  const link = await ann.createRoom()
  const [annId] = Object.keys(server.hellos)
  server.changeHellos((hellos) =>
    Object.fromEntries(
      Object.entries(hellos).map(([id, hello]) => [id, id === annId ? hello : withChangedCharacter(hello)]),
    ),
  )

  const peer = rust.joinRoom(link)

  await expectStopped(ann)
  peer.sendMessage("anybody?")
  await peer.expectMessage("anybody?", "Rust")
  await expect(ann.page.getByText("anybody?")).toHaveCount(0)
})
