// What an attacker can still read after the end, who recorded everything, finds the link and copies a disk. A program
// in Rust searches all of it, and tries every 32-byte string as every secret of the format.

import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { expect, test as base } from "./test.js"
import { Person, roomIdOf } from "./person.js"
import { Recorder } from "./recorder.js"
import { attack } from "./rust-peer.js"

const TREASURE = "the treasure is under the oak"
const EARLY = "written while nobody was here"

const test = base.extend({
  /** A directory for a browser's profile. */
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from a pattern
  profile: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "duet-profile-"))
    await use(directory)
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  },

  /** Opens a browser with that profile. May be called again after the earlier browser is closed. */
  openBrowser: async ({ playwright, profile, baseURL, launchOptions, conduct }, use) => {
    const contexts = []
    await use(async () => {
      const context = await playwright.chromium.launchPersistentContext(profile, { ...launchOptions, baseURL })
      contexts.push(context)
      conduct.watch(context)
      return new Person(context)
    })
    for (const context of contexts) await context.close()
  },
})

/** All files of a browser's profile. */
async function filesOf(profile) {
  const entries = await readdir(profile, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

/** The files in which a browser keeps what pages store. */
function storesAmong(files) {
  return files.filter((file) => /Local Storage|Session Storage|IndexedDB|File System|WebStorage|Sessions/.test(file))
}

/** Ann creates a room and writes an early message; the other person joins, and both talk. Everything is recorded. */
async function recordConversation(ann, other) {
  const recorders = [await Recorder.of(ann), await Recorder.of(other)]
  const link = await ann.createRoom()
  await ann.sendMessage(EARLY)
  await ann.expectMessage(EARLY)
  await other.joinRoom(link)
  await other.expectMessage(EARLY)
  await other.sendMessage(TREASURE)
  await ann.expectMessage(TREASURE)
  return { link, recorders }
}

/** Everything that a page can find in the browser's storage. */
function storageOf(person) {
  return person.page.evaluate(async () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      await indexedDB.databases(),
      await caches.keys(),
      document.cookie,
    ]),
  )
}

async function transcriptOf(recorders) {
  return (await Promise.all(recorders.map((recorder) => recorder.transcript()))).flat()
}

/** The part that the server still has once it has erased the `shelf` of each seat. */
function withoutShelf(text) {
  return text.replaceAll(/"shelf":"[\w-]+"/g, '"shelf":""')
}

test("neither words, names nor the key leave the browser in the clear", async ({ ann, bob }) => {
  const recorders = [await Recorder.of(ann), await Recorder.of(bob)]
  const link = await ann.createRoom()
  await bob.joinRoom(link, { as: "Canary Name" })
  await bob.sendMessage("canary words")
  await ann.expectMessage("canary words")
  await ann.reload()
  await ann.expectMessage("canary words")

  const secret = new URL(link).hash.slice(2)
  const everything = (await transcriptOf(recorders)).join("\n")
  expect(everything).toContain("duet2.")
  for (const secretThing of [secret, secret.slice(0, 20), "canary", "Canary", "Name"]) {
    expect(everything).not.toContain(secretThing)
  }
  for (const { page } of [ann, bob]) expect(await page.title()).not.toContain(secret)
})

test("after the end, the link and all that was recorded open nothing, and the disk of a closed browser no more", async ({
  ann,
  openBrowser,
  profile,
}) => {
  const bob = await openBrowser()
  const { link, recorders } = await recordConversation(ann, bob)
  await bob.context.close()
  const transcript = await transcriptOf(recorders)
  const files = storesAmong(await filesOf(profile))
  const before = await attack({ link, transcript, files })

  await ann.destroyRoom()
  await ann.expectEnded(/It was destroyed/)

  // While the server still returns the key to the disk's entries, the attack opens everything. This shows that it
  // works.
  expect(before.opened).toHaveLength(before.messages)
  for (const text of [EARLY, TREASURE]) expect(before.opened.join()).toContain(text)
  expect(before.boxes).toBeGreaterThan(0)
  expect(await attack({ link, transcript })).toMatchObject({ messages: before.messages, opened: [] })
  const left = transcript.map(withoutShelf)
  const after = await attack({ link, transcript: left, files })
  expect(after).toMatchObject({ messages: before.messages, boxes: before.boxes, opened: [], entries: [] })
})

test("a browser that saw the end finds nothing of the room, and its files open nothing", async ({
  ann,
  openBrowser,
  profile,
}) => {
  const bob = await openBrowser()
  const { link, recorders } = await recordConversation(ann, bob)
  await ann.destroyRoom()
  await bob.expectEnded(/It was destroyed/)
  const transcript = await transcriptOf(recorders)
  await bob.context.close()

  const again = await openBrowser()
  await again.open("/")

  expect(await storageOf(again)).not.toContain(roomIdOf(link))
  await again.context.close()
  const files = storesAmong(await filesOf(profile))
  expect(files.length).toBeGreaterThan(0)
  const after = await attack({ link, transcript: transcript.map(withoutShelf), files })
  expect(after).toMatchObject({ opened: [], entries: [] })
  expect(after.messages).toBeGreaterThan(3)
})
