// The end of a room in this browser: what remains in memory and in storage.

import assert from "node:assert/strict"
import { test } from "node:test"
import { fromBase64Url } from "../../public/app/crypto/bytes.js"
import { newLinkSecret } from "../../public/app/crypto/link.js"
import { sweep } from "../../public/app/crypto/stored.js"
import { Shelf } from "../../public/app/crypto/shelf.js"
import { ANN, BEN, Browser, Page, ROOM_ID, Room, newId, twoPeople } from "./fake-room.js"

const kinds = (outcomes) => outcomes.map(({ kind }) => kind)

test("the end deletes all entries of the room at once, and none reappears", async () => {
  const { room, ann, annPage } = await twoPeople()
  await annPage.session.drafts.saveText("half a sentence")
  await annPage.session.confirmWords()
  ann.items.set("duet:name", "Ann")
  const late = [annPage.session.drafts.saveText("late"), annPage.session.confirmWords(), annPage.session.words()]

  annPage.session.destroy()

  assert.deepEqual([...ann.items.keys()], ["duet:name"])
  await Promise.all(late)
  assert.deepEqual([...ann.items.keys()], ["duet:name"])
  assert.equal(annPage.state.phase, "ended")
  assert.equal(annPage.session.link, "")
  assert.equal(await annPage.session.words(), null)
  assert.equal(await annPage.session.seal({ id: newId(), sender: "", text: "x", at: 0 }), null)
  assert.deepEqual(
    kinds(await annPage.session.open(room.messages)),
    room.messages.map(() => "stopped"),
  )
})

for (const end of ["destroy", "forget"]) {
  test(`an end by “${end}” erases the link's secret from memory and decrypts nothing more`, async () => {
    const { room, annPage } = await twoPeople()
    const secret = newLinkSecret()
    const alone = await new Page(new Browser(ANN), new Room(), { arrival: { kind: "encrypted", secret } }).join()
    await annPage.say("hello")

    for (const page of [alone, annPage]) page.session[end]()

    assert.deepEqual(secret, new Uint8Array(32))
    assert.deepEqual([annPage.state.phase, annPage.state.hasWords, annPage.session.link], ["ended", false, ""])
    assert.equal(await annPage.session.words(), null)
    assert.equal(await annPage.session.keysMessage(), null)
    assert.deepEqual(new Set(kinds(await annPage.session.open(room.messages))), new Set(["stopped"]))
  })
}

test("a page that forgets a room keeps the stored entries, and the next page continues with them", async () => {
  const { room, ann, annPage, benPage } = await twoPeople()
  await annPage.session.drafts.saveText("half a sentence")

  annPage.session.forget()

  assert.deepEqual(ann.entryNames(), ["draft", "keys"])
  const next = await new Page(ann, room).join()
  await next.ready()
  assert.equal(await next.session.drafts.loadText(), "half a sentence")
  assert.deepEqual(await next.session.words(), await benPage.session.words())
})

test("an end while a seat is taken or a key is pinned leaves nothing", async () => {
  for (const steps of Array.from({ length: 40 }, (_, index) => index)) {
    const room = new Room()
    const ann = new Browser(ANN)
    const page = new Page(ann, room)
    const answer = room.join(ANN, await page.session.joinFields())
    await new Page(new Browser(BEN), room).join()
    const under = page.session.afterJoin({ ...answer, hellos: room.hellos })
    for (let step = 0; step < steps; step += 1) await new Promise((resolve) => setImmediate(resolve))

    page.session.destroy()
    await under

    assert.equal(ann.items.size, 0, `after ${steps} steps`)
    assert.deepEqual([page.state.phase, page.session.link], ["ended", ""])
    assert.equal(await page.session.keysMessage(), null)
  }
})

test("the stored entries of a closed browser cannot be decrypted with the link and all hellos", async () => {
  const { room, ann } = await twoPeople()
  const seen = [
    room.secret,
    ...[room.hellos[ANN], room.hellos[BEN]].flatMap((hello) => [
      fromBase64Url(hello).slice(1, 33),
      fromBase64Url(hello).slice(33, 65),
    ]),
  ]
  const [entry] = ann.items.values()
  const opens = async (secret) => {
    const disk = new Browser(ANN).openTab().storage
    const shelf = await Shelf.of(disk, ROOM_ID, secret, () => 0)
    disk.setItem(shelf.item("keys"), entry)
    return shelf.readKeys()
  }

  for (const secret of seen) assert.equal(await opens(secret), null)
  const shelf = fromBase64Url(room.seats.get(ANN).shelf)
  assert.notEqual(await opens(shelf), null, "it opens while the server has the shelf")
})

test("every page load deletes expired or unreadable entries and nothing else", () => {
  const ann = new Browser(ANN)
  const { storage } = ann.openTab()
  const item = (name) => `duet:${ROOM_ID}:ETijxuY06sinzPo6NA3jN7:${name}`
  ann.items.set(item("keys"), '{"end":1001,"box":"AA"}')
  ann.items.set(item("draft"), '{"end":1000,"box":"AA"}')
  ann.items.set(item("outbox"), "no JSON")
  ann.items.set(item("marks"), '{"box":"AA"}')
  ann.items.set("duet:name", "Ann")
  ann.items.set("somebody else's", "")

  sweep(storage, 1000)

  assert.deepEqual([...ann.items.keys()], [item("keys"), "duet:name", "somebody else's"])
})

test("an entry lives for a day, or as long as the room if that is longer", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const page = new Page(ann, room)
  const answer = room.join(ANN, await page.session.joinFields())
  const endOf = () => JSON.parse([...ann.items.values()].at(-1)).end
  assert.equal(endOf(), ann.nowMs + 86_400_000)

  await page.session.afterJoin({ ...answer, expiresAt: ann.nowMs + 200_000_000 })
  await page.session.drafts.saveText("x")

  assert.equal(endOf(), ann.nowMs + 200_000_000)
})
