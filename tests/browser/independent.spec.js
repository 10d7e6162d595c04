// The Rust library as the second person of a real room, and as the first: the page and it were written apart from each other.

import { expect, test as base } from "./test.js"
import { BROKEN, EARLY, SEEN, expectStopped, seesFourWords } from "./encrypted-room.js"
import { Dishonest, numbered, turned } from "./dishonest.js"
import { RustPeer } from "./rust-peer.js"

const test = base.extend({
  /** Starts Rust peers, and ends them. */
  rust: async ({ baseURL }, use) => {
    const peers = []
    const started = (peer) => {
      peers.push(peer)
      return peer
    }
    await use({ joins: (link) => started(RustPeer.join(link)), creates: () => started(RustPeer.create(baseURL)) })
    for (const peer of peers) await peer.leaves()
  },
})

/** What two implementations could write or read differently. */
const HARD_TEXTS = ["Grüße, 世界 🦊", '{"text": "\\"}', "<b>&amp;</b>", "x".repeat(3_000)]

test("in a room that the page made, both read each other, and see the same words", async ({ ann, rust }) => {
  const link = await ann.creates()
  await ann.says("written while alone")
  await ann.sees("written while alone")
  await expect(ann.page.getByText(EARLY)).toBeVisible()

  const peer = rust.joins(link)

  expect(await peer.words()).toBe(await seesFourWords(ann))
  await peer.sees("written while alone")
  peer.says("Rust says hello")
  await ann.sees("Rust says hello")
  await expect(ann.message("Rust says hello").locator("[data-part=name]")).toHaveText("Rust")
  await expect(ann.message("written while alone").getByText(SEEN)).toBeVisible()
  await ann.says("the page answers")
  await peer.sees("the page answers")
  await expect.poll(() => peer.otherHasSeen).toBeGreaterThan(3)
  await expect.poll(() => peer.otherHasRead).toBeGreaterThan(4)
  await expect(ann.page.getByText(BROKEN)).toBeHidden()
  expect([peer.isBroken, peer.stops]).toEqual([false, []])
})

test("in a room that the library made, both read each other, and see the same words", async ({ bob, rust }) => {
  const peer = rust.creates()
  const link = await peer.link()
  peer.says("written while alone")

  await bob.joins(link, { as: "Bob" })

  await bob.sees("written while alone")
  expect(await seesFourWords(bob)).toBe(await peer.words())
  for (const text of HARD_TEXTS) {
    await bob.says(text)
    await peer.sees(text, "Bob")
  }
  await bob.reloads()
  await bob.sees("written while alone")
  peer.says("after the reload")
  await bob.sees("after the reload")
  expect([peer.isBroken, peer.stops]).toEqual([false, []])
})

test("what one says, the other reads to the letter", async ({ ann, rust }) => {
  const peer = rust.joins(await ann.creates())
  await seesFourWords(ann)

  for (const text of HARD_TEXTS) {
    peer.says(text)
    await ann.sees(text)
  }

  await expect(ann.page.getByText(BROKEN)).toBeHidden()
})

test("the end that the page brings about reaches the library", async ({ ann, rust }) => {
  const peer = rust.joins(await ann.creates())
  await seesFourWords(ann)

  await ann.destroys()

  expect(await peer.ended()).toBe(4410)
})

test("the library notices what a server hides from the page, by what the page says it has seen", async ({
  ann,
  rust,
}) => {
  const server = await Dishonest.towards(ann)
  const peer = rust.joins(await ann.creates())
  await seesFourWords(ann)
  await server.shows((messages) => numbered(messages.filter(({ seq }) => seq !== 3)))
  peer.says("is dropped")
  peer.says("arrives")
  await ann.sees("arrives")

  await ann.says("what did you say?")

  await expect.poll(() => peer.isBroken).toBe(true)
  await peer.sees("what did you say?")
})

test("a page that is told another key of the library stops, and the library goes on", async ({ ann, rust }) => {
  const server = await Dishonest.towards(ann)
  const link = await ann.creates()
  const [annId] = Object.keys(server.hellos)
  server.changeHellos((hellos) =>
    Object.fromEntries(Object.entries(hellos).map(([id, hello]) => [id, id === annId ? hello : turned(hello)])),
  )

  const peer = rust.joins(link)

  await expectStopped(ann)
  peer.says("anybody?")
  await peer.sees("anybody?", "Rust")
  await expect(ann.page.getByText("anybody?")).toHaveCount(0)
})
