import assert from "node:assert/strict"
import { test } from "node:test"
import { fromBase64Url } from "../../public/app/crypto/bytes.js"
import { fragmentOf } from "../../public/app/crypto/link.js"
import { Shelf } from "../../public/app/crypto/shelf.js"
import { ANN, BEN, Browser, Page, ROOM_ID, Room, newId, twoPeople } from "./fake-room.js"

const kinds = (outcomes) => outcomes.map(({ kind }) => kind)
const texts = (outcomes) => outcomes.filter(({ kind }) => kind === "shown").map(({ text }) => text)

// --- Two people ---

test("two people can read each other and have the same four words", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("hello")
  await benPage.say("hi")

  const [annSees, benSees] = [await annPage.ready(), await benPage.ready()]

  assert.deepEqual(texts(annSees), ["hello", "hi"])
  assert.deepEqual(texts(benSees), ["hello", "hi"])
  assert.deepEqual(
    annSees.filter(({ isOwn }) => isOwn).map(({ text }) => text),
    ["hello"],
  )
  assert.equal((await annPage.session.words()).length, 4)
  assert.deepEqual(await annPage.session.words(), await benPage.session.words())
  assert.deepEqual([annPage.state.phase, annPage.state.hasWords], ["both", true])
  assert.ok(!JSON.stringify(room.messages).includes("hello"))
})

test("messages written while alone can be decrypted once both people have joined", async () => {
  const room = new Room()
  const annPage = await new Page(new Browser(ANN), room).join()
  await annPage.say("are you there?")
  const [own] = await annPage.ready()
  assert.deepEqual([own.kind, own.isEarly, annPage.state.phase], ["shown", true, "alone"])
  const benPage = await new Page(new Browser(BEN), room).join()
  assert.deepEqual(kinds(await benPage.ready()), ["waiting", "keys"])

  await annPage.ready()
  await benPage.ready()

  const opened = benPage.laterOutcomes.get(1)
  assert.deepEqual([opened.kind, opened.text, opened.isOwn], ["shown", "are you there?", false])
})

test("messages sent before the keys message use the early key and arrive", async () => {
  const room = new Room()
  const [annPage, benPage] = [new Page(new Browser(ANN), room), new Page(new Browser(BEN), room)]
  await annPage.join()
  await benPage.join()
  await annPage.session.onHellos(room.hellos)
  assert.equal(annPage.state.phase, "both")
  await annPage.say("too early")
  const earlyKid = room.messages[0].text.slice(0, 11)

  room.store(ANN, await annPage.session.keysMessage())
  await annPage.say("now")

  assert.notEqual(room.messages[2].text.slice(0, 11), earlyKid)
  assert.equal(room.messages[1].text.slice(0, 11), room.messages[2].text.slice(0, 11))
  assert.deepEqual(texts(await benPage.ready()), ["too early", "now"])
})

test("the page knows how far the other person has seen the same messages", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  await benPage.ready()
  await benPage.say("two")

  await annPage.ready()

  assert.equal(annPage.state.otherHasSeen, room.messages.length - 1)
  await annPage.say("three")
  await annPage.ready()
  assert.equal(annPage.state.otherHasSeen, 3, "one's own messages say nothing of the other")
})

test("a mark says up to where the other person has read", async () => {
  const { annPage, benPage } = await twoPeople()
  for (const text of ["one", "two"]) await annPage.say(text)
  await benPage.ready()
  const [one, two] = [await benPage.session.sealMark(1), await benPage.session.sealMark(2)]

  await annPage.ready()
  const read = []
  for (const text of [two, one]) {
    await annPage.session.takeMark(text)
    read.push(annPage.state.otherHasRead)
  }

  assert.deepEqual(read, [2, 2], "a late mark takes nothing back")
})

test("a mark that is forged, one's own, or a message says nothing", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  await benPage.ready()
  await benPage.say("two")
  await annPage.ready()
  const [ofBen, ofAnn] = [await benPage.session.sealMark(1), await annPage.session.sealMark(1)]
  const changed = ofBen.slice(0, -1) + (ofBen.endsWith("A") ? "B" : "A")

  for (const text of [ofAnn, changed, room.messages.at(-1).text, "1"]) await annPage.session.takeMark(text)

  assert.deepEqual([annPage.state.otherHasRead, annPage.state.isOrderBroken], [0, false])
})

test("a mark over another conversation shows that the two people were not shown the same", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  await annPage.session.open(room.messages)
  const forged = room.messages.map((message, index) =>
    index === room.messages.length - 1 ? { ...message, id: newId() } : message,
  )
  await benPage.session.open(forged)

  await annPage.session.takeMark(await benPage.session.sealMark(room.messages.length))

  assert.deepEqual([annPage.state.otherHasRead, annPage.state.isOrderBroken], [0, true])
})

test("a changed, swapped or dropped message is noticed, and the rest continues", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  await annPage.session.open(room.messages)
  await annPage.say("two")
  const forged = room.messages.map((message) => ({ ...message }))
  forged.at(-2).text = forged.at(-1).text

  const outcomes = await benPage.session.open(forged)

  assert.deepEqual(kinds(outcomes.slice(-2)), ["refused", "shown"])
  assert.equal(benPage.state.isOrderBroken, true)
  assert.equal(benPage.state.phase, "both")
})

test("of two messages with one id the first in order counts, even if it arrives last", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  const original = room.messages.at(-1)
  const copy = { ...original, seq: original.seq + 4 }
  assert.deepEqual(kinds(await benPage.session.open([copy])), ["shown"])

  const outcomes = await benPage.session.open([original])

  assert.deepEqual(kinds(outcomes), ["shown"])
  assert.deepEqual(benPage.laterOutcomes.get(copy.seq), { kind: "refused" })
})

test("a malformed message is refused and counts as a difference", async () => {
  const sound = { seq: 9, id: newId(), participantId: BEN, sender: "", text: "x", timestamp: 0 }

  const wrongs = [{ seq: 0 }, { seq: 1.5 }, { seq: "9" }, { id: "short" }, { participantId: "" }, { text: null }]
  for (const wrong of wrongs) {
    const { annPage } = await twoPeople()
    assert.deepEqual(kinds(await annPage.session.open([{ ...sound, ...wrong }])), ["refused"])
    assert.equal(annPage.state.isOrderBroken, true)
  }
})

test("a missing sequence number counts as a difference, also after a reload", async () => {
  const { room, ann, annPage } = await twoPeople()

  await annPage.session.noteHole()

  const reloaded = await new Page(ann, room).join()
  assert.deepEqual([annPage.state.isOrderBroken, annPage.state.phase], [true, "both"])
  assert.equal(reloaded.state.isOrderBroken, true)
})

// --- Starting again ---

test("a reload keeps everything: keys, words, history, and what was written while alone", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const first = await new Page(ann, room).join()
  await first.say("early")
  const benPage = await new Page(new Browser(BEN), room).join()
  for (const page of [first, benPage, first, benPage]) await page.ready()
  const words = await first.session.words()

  const reloaded = await new Page(ann, room).join()
  const outcomes = await reloaded.ready()

  assert.deepEqual(texts(outcomes), ["early"])
  assert.deepEqual(await reloaded.session.words(), words)
  assert.equal(await reloaded.session.keysMessage(), null, "it is in the history")
  assert.equal(reloaded.session.link, `/room/${ROOM_ID}#${fragmentOf(room.secret)}`)
})

test("a page that crashed before the answer to join has its keys after a reload", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const crashed = new Page(ann, room)
  room.join(ANN, await crashed.session.joinFields())

  const reloaded = await new Page(ann, room).join()
  await reloaded.say("still me")

  assert.deepEqual(texts(await reloaded.ready()), ["still me"])
})

test("a repeated join sends the same keys; after a refusal new keys are drawn", async () => {
  const ann = new Browser(ANN)
  const page = new Page(ann, new Room())
  const first = await page.session.joinFields()
  assert.deepEqual(await page.session.joinFields(), first)
  assert.match(`${first.proof} ${first.hello} ${first.shelf}`, /^[\w-]{43} [\w-]{130} [\w-]{43}$/)

  page.session.joinRefused()

  assert.deepEqual(ann.entryNames(), [])
  assert.notEqual((await page.session.joinFields()).hello, first.hello)
})

test("the exchange secret is deleted from storage when the other person is pinned", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const annPage = await new Page(ann, room).join()
  const keysOf = async () => {
    const shelf = await Shelf.of(ann.openTab().storage, ROOM_ID, fromBase64Url(room.seats.get(ANN).shelf), Date.now)
    return shelf.readKeys()
  }
  assert.equal((await keysOf()).e.length, 32)
  await new Page(new Browser(BEN), room).join()

  await annPage.ready()

  const kept = await keysOf()
  assert.deepEqual([kept.e, kept.pin.id, kept.pin.other.id], [undefined, ANN, BEN])
})

test("a browser without the entry for its seat reports a lost key after a while and deletes nothing", async () => {
  const { room, ann } = await twoPeople()
  const other = new Browser(ANN)
  const before = other.nowMs
  const page = await new Page(other, room).join()

  assert.equal(page.state.phase, "lost")
  assert.ok(other.nowMs - before >= 2_000)
  assert.equal(await page.session.seal({ id: newId(), sender: "", text: "x", at: 0 }), null)
  assert.deepEqual(
    kinds(await page.session.open(room.messages)),
    room.messages.map(() => "stopped"),
  )
  assert.deepEqual(ann.entryNames(), ["keys"])
})

test("an entry that cannot be decrypted counts as absent", async () => {
  const changed = (_, first) => `"box":"${first === "A" ? "B" : "A"}`
  const { room, ann } = await twoPeople()
  for (const [item, value] of ann.items) ann.items.set(item, value.replace(/"box":"(.)/, changed))

  const page = await new Page(ann, room).join()

  assert.equal(page.state.phase, "lost")
})

test("without localStorage everything works until a reload, and the page is notified", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  ann.isFull = true
  const annPage = await new Page(ann, room).join()
  const benPage = await new Page(new Browser(BEN), room, { storage: null }).join()
  assert.deepEqual([annPage.state.survivesReload, benPage.state.survivesReload], [false, false])
  for (const page of [annPage, benPage, annPage]) await page.ready()

  await annPage.say("from memory")

  assert.deepEqual(texts(await benPage.ready()), ["from memory"])
  assert.equal(ann.items.size, 0)
})

test("storage that is full before the join counts as absent", async () => {
  const ann = new Browser(ANN)
  const page = new Page(ann, new Room())
  assert.equal(page.state.survivesReload, true)
  ann.isFull = true

  await page.join()

  assert.deepEqual([page.state.phase, page.state.survivesReload], ["alone", false])
})

test("a pin that cannot be stored does not count, and nothing is revealed", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const annPage = await new Page(ann, room).join()
  await new Page(new Browser(BEN), room).join()
  ann.isFull = true

  await annPage.session.onHellos(room.hellos)

  assert.equal(annPage.state.phase, "lost")
  assert.equal(await annPage.session.keysMessage(), null)
})
