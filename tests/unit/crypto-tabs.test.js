import assert from "node:assert/strict"
import { test } from "node:test"
import { fromBase64Url, randomBytes } from "../../public/app/crypto/bytes.js"
import { makeHello } from "../../public/app/crypto/hello.js"
import { Shelf } from "../../public/app/crypto/shelf.js"
import { ANN, BEN, Browser, Page, ROOM_ID, Room, newId, twoPeople } from "./fake-room.js"

/** Another valid hello for the link, which a server that knows the link could make. */
async function anotherHello({ secret }) {
  return makeHello(ROOM_ID, secret, { e: randomBytes(32), r: randomBytes(32) })
}

// --- Several tabs ---

test("of two tabs that join at once, the later one takes over the keys of the other", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const [one, two] = [new Page(ann, room), new Page(ann, room)]
  const fields = [await one.session.joinFields(), await two.session.joinFields()]
  assert.equal(ann.entryNames().length, 2, "they overwrite nothing")

  await two.session.afterJoin(room.join(ANN, fields[1]))
  await one.session.afterJoin(room.join(ANN, fields[0]))

  assert.deepEqual(ann.entryNames(), ["keys"])
  const benPage = await new Page(new Browser(BEN), room).join()
  for (const page of [one, two, benPage, one, two]) await page.ready()
  assert.deepEqual(await one.session.words(), await two.session.words())
  assert.deepEqual(await one.session.words(), await benPage.session.words())
})

test("a tab waits for an entry that comes late from another tab", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  await new Page(ann, room).join()
  const [[item, value]] = ann.items
  ann.items.clear()
  let waits = 0
  const late = new Page(ann, room, {
    wait: async () => {
      waits += 1
      if (waits === 3) ann.items.set(item, value)
    },
  })

  await late.join()

  assert.deepEqual([late.state.phase, waits], ["alone", 3])
})

test("both tabs send the same keys message", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const one = await new Page(ann, room).join()
  const two = await new Page(ann, room).join()
  await new Page(new Browser(BEN), room).join()
  await one.session.onHellos(room.hellos)
  await two.session.onHellos(room.hellos)

  assert.equal((await one.session.keysMessage()).id, (await two.session.keysMessage()).id)
})

test("a second tab takes over the root of the first, and stops if it receives another hello", async () => {
  const { room, ann } = await twoPeople()
  const second = await new Page(ann, room).join()
  assert.equal(second.state.phase, "both")

  await second.session.onHellos({ ...room.hellos, [BEN]: await anotherHello(room) })

  assert.deepEqual([second.state.phase, second.state.reason], ["stopped", "changed"])
  assert.equal(await second.session.words(), null)
})

test("two tabs that receive different hellos pin one of them, and the other tab stops", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const one = await new Page(ann, room).join()
  const two = await new Page(ann, room).join()
  const hellos = [await anotherHello(room), await anotherHello(room)]

  const frames = hellos.map((hello) => ({ ...room.hellos, [BEN]: hello }))
  await Promise.all([one, two].map((page, index) => page.session.onHellos(frames[index])))

  assert.deepEqual([one.state.phase, two.state.phase].sort(), ["both", "stopped"])
  const stopped = one.state.phase === "stopped" ? one : two
  assert.equal(await stopped.session.keysMessage(), null, "its nonce stays unknown")
})

test("a tab that was alone learns of the other person through a change of the storage", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const one = await new Page(ann, room).join()
  const two = await new Page(ann, room).join()
  await new Page(new Browser(BEN), room).join()

  await one.session.onHellos(room.hellos)
  await two.session.words()

  assert.equal(two.state.phase, "both")
})

test("a different pin in the storage stops a tab", async () => {
  const { room, ann, annPage } = await twoPeople()
  const otherTab = ann.openTab().storage
  const shelf = await Shelf.of(otherTab, ROOM_ID, fromBase64Url(room.seats.get(ANN).shelf), () => ann.nowMs)
  const keys = await shelf.readKeys()
  keys.pin.other.hello = await anotherHello(room)

  await shelf.writeKeys(keys)
  await annPage.session.seal({ id: newId(), sender: "", text: "x", at: 0 })

  assert.deepEqual([annPage.state.phase, annPage.state.reason], ["stopped", "changed"])
})

test("the safety words are compared with the storage before they are shown, also without an event", async () => {
  const { room, ann, annPage } = await twoPeople()
  const shelf = await Shelf.of(ann.openTab().storage, ROOM_ID, fromBase64Url(room.seats.get(ANN).shelf), () => 0)
  const keys = await shelf.readKeys()
  keys.pin.other.hello = await anotherHello(room)
  ann.tabs = []

  await shelf.writeKeys(keys)

  assert.equal(await annPage.session.words(), null)
  assert.deepEqual([annPage.state.phase, annPage.state.reason], ["stopped", "changed"])
})

test("a different own hello or own id in the storage stops the session", async () => {
  const { room, ann, annPage } = await twoPeople()
  const renamed = "cccccccccccccccc"
  const reloaded = new Page(ann, room)
  const hellos = { [renamed]: room.hellos[ANN], [BEN]: room.hellos[BEN] }
  await reloaded.session.afterJoin({ participantId: renamed, hellos, shelf: room.seats.get(ANN).shelf, expiresAt: 0 })
  const shelf = await Shelf.of(ann.openTab().storage, ROOM_ID, fromBase64Url(room.seats.get(ANN).shelf), () => 0)
  const keys = await shelf.readKeys()

  await shelf.writeKeys({ ...keys, hello: await anotherHello(room) })
  await annPage.session.words()

  assert.deepEqual([reloaded.state.reason, annPage.state.reason], ["own-hello", "own-hello"])
})

test("a reload that receives another hello stops before it reveals anything", async () => {
  const { room, ann } = await twoPeople()
  room.seats.get(BEN).hello = await anotherHello(room)

  const reloaded = await new Page(ann, room).join()

  assert.deepEqual([reloaded.state.phase, reloaded.state.reason], ["stopped", "changed"])
  assert.equal(await reloaded.session.keysMessage(), null)
})

test("a missing or different own hello stops the session", async () => {
  const { room, annPage, benPage } = await twoPeople()

  await annPage.session.onHellos({ [BEN]: room.hellos[BEN] })
  await benPage.session.onHellos(undefined)

  assert.deepEqual([annPage.state.reason, benPage.state.reason], ["own-hello", "own-hello"])
})

// --- What is remembered ---

test("a broken order stays known after a reload and in another tab", async () => {
  const { room, ann, annPage, benPage } = await twoPeople()
  const second = await new Page(ann, room).join()
  await benPage.say("one")
  const [original] = room.messages.slice(-1)
  await annPage.session.open([original])

  await annPage.session.open([{ ...original, participantId: ANN }])
  await second.session.words()
  const reloaded = await new Page(ann, room).join()

  assert.equal(annPage.state.isOrderBroken, true)
  assert.equal(second.state.isOrderBroken, true)
  assert.equal(reloaded.state.isOrderBroken, true)
})

test("the confirmation of the safety words survives a reload", async () => {
  const { room, ann, annPage } = await twoPeople()
  assert.equal(annPage.state.wordsConfirmed, false)

  await annPage.session.confirmWords()

  assert.equal(annPage.state.wordsConfirmed, true)
  const [first] = room.messages
  await annPage.session.open([{ ...first, text: "another" }])
  await annPage.session.words()
  const { wordsConfirmed, isOrderBroken } = (await new Page(ann, room).join()).state
  assert.deepEqual([wordsConfirmed, isOrderBroken], [true, true], "one mark does not undo the other")
})

test("if the room refuses the keys message, the page has no safety words", async () => {
  const { annPage } = await twoPeople()

  annPage.session.keysRefused()

  assert.deepEqual([annPage.state.wordsUnavailable, annPage.state.phase], [true, "both"])
})

test("drafts survive a reload, are shared by tabs, and are encrypted in the storage", async () => {
  const { room, ann, annPage } = await twoPeople()
  const second = await new Page(ann, room).join()
  const [one, two] = ["one", "two"].map((text) => ({ id: newId(), sender: "Ann", text: `secret ${text}`, at: 5 }))

  await Promise.all([annPage.session.drafts.addUnsent(one), second.session.drafts.addUnsent(two)])
  await Promise.all(["s", "se", "secret draft"].map((text) => annPage.session.drafts.saveText(text)))

  const reloaded = (await new Page(ann, room).join()).session.drafts
  assert.deepEqual(await reloaded.loadUnsent(), [one, two])
  assert.equal(await reloaded.loadText(), "secret draft")
  assert.ok(![...ann.items.values()].join().includes("secret"))
  await reloaded.removeUnsent(one.id)
  assert.deepEqual(await annPage.session.drafts.loadUnsent(), [two])
})

test("drafts work with full storage", async () => {
  const { ann, annPage } = await twoPeople()
  ann.isFull = true

  await annPage.session.drafts.addUnsent({ id: newId(), sender: "", text: "x", at: 0 })
  await annPage.session.drafts.saveText("x")

  assert.deepEqual(await annPage.session.drafts.loadUnsent(), [])
})
