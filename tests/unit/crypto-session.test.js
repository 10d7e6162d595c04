import assert from "node:assert/strict"
import { test } from "node:test"

import { fromBase64Url, randomBytes } from "../../public/app/crypto/bytes.js"
import { makeHello } from "../../public/app/crypto/hello.js"
import { canEncrypt, createSession, fragmentOf, newLinkSecret, sweep } from "../../public/app/crypto/session.js"
import { Shelf } from "../../public/app/crypto/shelf.js"
import { ANN, BEN, Browser, Page, ROOM_ID, Room, arriveWith, newId, twoPeople } from "./fake-room.js"

const kinds = (outcomes) => outcomes.map(({ kind }) => kind)
const texts = (outcomes) => outcomes.filter(({ kind }) => kind === "shown").map(({ text }) => text)

/** Somebody else's hello, made with the link: what a server has that knows it too. */
async function anotherHello({ secret }) {
  return makeHello(ROOM_ID, secret, { e: randomBytes(32), r: randomBytes(32) })
}

// --- Two people ---

test("two people read each other, and have the same four words", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("hello")
  await benPage.say("hi")

  const [annSees, benSees] = [await annPage.ready(), await benPage.ready()]

  assert.deepEqual(texts(annSees), ["hello", "hi"])
  assert.deepEqual(texts(benSees), ["hello", "hi"])
  assert.deepEqual(annSees.filter(({ isOwn }) => isOwn).map(({ text }) => text), ["hello"])
  assert.equal((await annPage.session.words()).length, 4)
  assert.deepEqual(await annPage.session.words(), await benPage.session.words())
  assert.deepEqual([annPage.state.phase, annPage.state.hasWords], ["both", true])
  assert.ok(!JSON.stringify(room.messages).includes("hello"))
})

test("what is written while alone waits for the other, and opens when both were here once", async () => {
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

test("what is sent before the keys message goes under the early key, and arrives all the same", async () => {
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

test("the page knows up to where the other has seen the same", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  await benPage.ready()
  await benPage.say("two")

  await annPage.ready()

  assert.equal(annPage.state.otherHasSeen, room.messages.length - 1)
})

test("a message that was changed, swapped or dropped is noticed, and the rest goes on", async () => {
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

test("of two messages with one id the first counts, also if the second came first", async () => {
  const { room, annPage, benPage } = await twoPeople()
  await annPage.say("one")
  const original = room.messages.at(-1)
  const copy = { ...original, seq: original.seq + 4 }
  assert.deepEqual(kinds(await benPage.session.open([copy])), ["shown"])

  const outcomes = await benPage.session.open([original])

  assert.deepEqual(kinds(outcomes), ["shown"])
  assert.deepEqual(benPage.laterOutcomes.get(copy.seq), { kind: "refused" })
})

test("a message of no sound form is refused and takes no place", async () => {
  const { annPage } = await twoPeople()
  const sound = { seq: 9, id: newId(), participantId: BEN, sender: "", text: "x", timestamp: 0 }

  for (const wrong of [{ seq: 0 }, { seq: 1.5 }, { seq: "9" }, { id: "short" }, { participantId: "" }, { text: null }]) {
    assert.deepEqual(kinds(await annPage.session.open([{ ...sound, ...wrong }])), ["refused"])
  }
  assert.equal(annPage.state.isOrderBroken, false)
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

test("a page that crashed before the answer to join came has its keys when it loads again", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const crashed = new Page(ann, room)
  room.join(ANN, await crashed.session.joinFields())

  const reloaded = await new Page(ann, room).join()
  await reloaded.say("still me")

  assert.deepEqual(texts(await reloaded.ready()), ["still me"])
})

test("a repeated join sends the same, one after a refusal draws anew", async () => {
  const ann = new Browser(ANN)
  const page = new Page(ann, new Room())
  const first = await page.session.joinFields()
  assert.deepEqual(await page.session.joinFields(), first)
  assert.match(`${first.proof} ${first.hello} ${first.shelf}`, /^[\w-]{43} [\w-]{130} [\w-]{43}$/)

  page.session.joinRefused()

  assert.deepEqual(ann.entryNames(), [])
  assert.notEqual((await page.session.joinFields()).hello, first.hello)
})

test("the exchange secret leaves the disk when the other is pinned", async () => {
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

test("a browser without the entry for its seat has lost the key after a while, and removes nothing", async () => {
  const { room, ann } = await twoPeople()
  const other = new Browser(ANN)
  const before = other.nowMs
  const page = await new Page(other, room).join()

  assert.equal(page.state.phase, "lost")
  assert.ok(other.nowMs - before >= 2_000)
  assert.equal(await page.session.seal({ id: newId(), sender: "", text: "x", at: 0 }), null)
  assert.deepEqual(kinds(await page.session.open(room.messages)), room.messages.map(() => "stopped"))
  assert.deepEqual(ann.entryNames(), ["keys"])
})

test("an entry that does not open is as good as none", async () => {
  const { room, ann } = await twoPeople()
  for (const [item, value] of ann.items) ann.items.set(item, value.replace(/"box":"./, '"box":"_'))

  const page = await new Page(ann, room).join()

  assert.equal(page.state.phase, "lost")
})

test("without localStorage everything works until a reload, and the page is told", async () => {
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

test("a disk that fills up before the join is as good as none", async () => {
  const ann = new Browser(ANN)
  const page = new Page(ann, new Room())
  assert.equal(page.state.survivesReload, true)
  ann.isFull = true

  await page.join()

  assert.deepEqual([page.state.phase, page.state.survivesReload], ["alone", false])
})

test("a pin that cannot be stored is none, and nothing is revealed", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const annPage = await new Page(ann, room).join()
  await new Page(new Browser(BEN), room).join()
  ann.isFull = true

  await annPage.session.onHellos(room.hellos)

  assert.equal(annPage.state.phase, "lost")
  assert.equal(await annPage.session.keysMessage(), null)
})

// --- Several tabs ---

test("of two tabs that join at once, the one that came late takes over the keys of the other", async () => {
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

test("a second tab takes over the root of the first, and stops if it is shown another hello", async () => {
  const { room, ann } = await twoPeople()
  const second = await new Page(ann, room).join()
  assert.equal(second.state.phase, "both")

  await second.session.onHellos({ ...room.hellos, [BEN]: await anotherHello(room) })

  assert.deepEqual([second.state.phase, second.state.reason], ["stopped", "changed"])
  assert.equal(await second.session.words(), null)
})

test("two tabs that are shown two hellos at once pin one of them, and the other tab stops", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const one = await new Page(ann, room).join()
  const two = await new Page(ann, room).join()
  const hellos = [await anotherHello(room), await anotherHello(room)]

  const told = hellos.map((hello) => ({ ...room.hellos, [BEN]: hello }))
  await Promise.all([one, two].map((page, index) => page.session.onHellos(told[index])))

  assert.deepEqual([one.state.phase, two.state.phase].sort(), ["both", "stopped"])
  const stopped = one.state.phase === "stopped" ? one : two
  assert.equal(await stopped.session.keysMessage(), null, "its nonce stays unknown")
})

test("a tab that was alone meets the other through a change of the disk", async () => {
  const room = new Room()
  const ann = new Browser(ANN)
  const one = await new Page(ann, room).join()
  const two = await new Page(ann, room).join()
  await new Page(new Browser(BEN), room).join()

  await one.session.onHellos(room.hellos)
  await two.session.words()

  assert.equal(two.state.phase, "both")
})

test("a pin on the disk that differs stops a tab", async () => {
  const { room, ann, annPage } = await twoPeople()
  const otherTab = ann.openTab().storage
  const shelf = await Shelf.of(otherTab, ROOM_ID, fromBase64Url(room.seats.get(ANN).shelf), () => ann.nowMs)
  const keys = await shelf.readKeys()
  keys.pin.other.hello = await anotherHello(room)

  await shelf.writeKeys(keys)
  await annPage.session.seal({ id: newId(), sender: "", text: "x", at: 0 })

  assert.deepEqual([annPage.state.phase, annPage.state.reason], ["stopped", "changed"])
})

test("a reload that is shown another hello stops before it reveals anything", async () => {
  const { room, ann } = await twoPeople()
  room.seats.get(BEN).hello = await anotherHello(room)

  const reloaded = await new Page(ann, room).join()

  assert.deepEqual([reloaded.state.phase, reloaded.state.reason], ["stopped", "changed"])
  assert.equal(await reloaded.session.keysMessage(), null)
})

test("one's own hello that is missing or another one stops", async () => {
  const { room, annPage, benPage } = await twoPeople()

  await annPage.session.onHellos({ [BEN]: room.hellos[BEN] })
  await benPage.session.onHellos(undefined)

  assert.deepEqual([annPage.state.reason, benPage.state.reason], ["own-hello", "own-hello"])
})

// --- What is remembered ---

test("that order was broken stays known after a reload, and in another tab", async () => {
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

test("that the words match stays known after a reload", async () => {
  const { room, ann, annPage } = await twoPeople()
  assert.equal(annPage.state.wordsConfirmed, false)

  await annPage.session.confirmWords()

  assert.equal(annPage.state.wordsConfirmed, true)
  assert.equal((await new Page(ann, room).join()).state.wordsConfirmed, true)
})

test("a room that refuses the keys message leaves the page without words", async () => {
  const { annPage } = await twoPeople()

  annPage.session.keysRefused()

  assert.deepEqual([annPage.state.wordsUnavailable, annPage.state.phase], [true, "both"])
})

test("drafts outlive a reload, are shared by tabs, and are not readable on the disk", async () => {
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

test("drafts work where the disk is full", async () => {
  const { ann, annPage } = await twoPeople()
  ann.isFull = true

  await annPage.session.drafts.addUnsent({ id: newId(), sender: "", text: "x", at: 0 })
  await annPage.session.drafts.saveText("x")

  assert.deepEqual(await annPage.session.drafts.loadUnsent(), [])
})

// --- The end ---

test("the end removes all entries of the room at once, and nothing comes back", async () => {
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
  assert.deepEqual(kinds(await annPage.session.open(room.messages)), room.messages.map(() => "stopped"))
})

test("an end in the middle of taking a seat or of a pin leaves nothing", async () => {
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

test("what a closed browser's disk holds does not open with the link and all hellos", async () => {
  const { room, ann } = await twoPeople()
  const seen = [room.secret, ...[room.hellos[ANN], room.hellos[BEN]].flatMap((hello) => [
    fromBase64Url(hello).slice(1, 33),
    fromBase64Url(hello).slice(33, 65),
  ])]
  const [entry] = ann.items.values()
  const opens = async (secret) => {
    const disk = new Browser(ANN).openTab().storage
    const shelf = await Shelf.of(disk, ROOM_ID, secret, () => 0)
    disk.setItem(shelf.item("keys"), entry)
    return shelf.readKeys()
  }

  for (const secret of seen) assert.equal(await opens(secret), null)
  assert.notEqual(await opens(fromBase64Url(room.seats.get(ANN).shelf)), null, "it opens while the server has the shelf")
})

test("every load of a page removes entries that are over or cannot be read, and nothing else", () => {
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

test("an entry lives a day, or as long as the room if that is longer", async () => {
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

// --- Arriving, and rooms that are not encrypted ---

test("what there is to do at a room's page follows from link, browser and server", async () => {
  const { storage } = new Browser(ANN).openTab()
  const fragment = fragmentOf(newLinkSecret())
  const known = new Browser(ANN)
  await new Page(known, new Room()).session.joinFields()
  const knownStorage = known.openTab().storage

  assert.equal(arriveWith(storage, { fragment }), "encrypted")
  assert.equal(arriveWith(storage, {}), "key-missing")
  assert.equal(arriveWith(storage, { fragment: fragment.slice(0, -1) }), "key-cut")
  assert.equal(arriveWith(storage, { fragment: fragment.slice(1) }), "key-cut")
  assert.equal(arriveWith(storage, { hasSeat: true }), "encrypted")
  assert.equal(arriveWith(storage, { isSealed: false }), "plain")
  assert.equal(arriveWith(null, { isSealed: false }), "plain")
  assert.equal(arriveWith(storage, { isSealed: false, fragment: "anything" }), "downgraded")
  assert.equal(arriveWith(knownStorage, { isSealed: false }), "downgraded")
  for (const kind of ["key-missing", "key-cut", "downgraded"]) {
    assert.throws(() => createSession({ arrival: { kind } }), TypeError)
  }
})

test("this Node can encrypt", async () => {
  assert.equal(await canEncrypt(), true)
})

test("how long a message may be is known beforehand", async () => {
  const { annPage } = await twoPeople()
  const draft = (length) => ({ id: newId(), sender: "Ann", text: "\u0001".repeat(length), at: 8_640_000_000_000_000 })
  const lengths = Array.from({ length: 2_100 }, (_, index) => index)
  const longest = lengths.findLast((length) => annPage.session.fits(draft(length)))

  assert.ok(longest > 1_900, "each of these characters becomes six")
  assert.ok(await annPage.session.seal(draft(longest)))
  await assert.rejects(annPage.session.seal(draft(2_100)), RangeError)
  const text = (await annPage.session.seal({ ...draft(0), text: "ü".repeat(6_000) })).text
  assert.ok(text.length <= 16_384)
})

test("a plain room has the same interface, and everything passes through", async () => {
  const states = []
  const ann = new Browser(ANN)
  const { storage } = ann.openTab()
  const onChange = (state) => states.push(state)
  const session = createSession({ roomId: ROOM_ID, arrival: { kind: "plain" }, tabStorage: storage, onChange })
  const namesOf = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object)).sort()
  const { annPage } = await twoPeople()
  assert.deepEqual(namesOf(session), namesOf(annPage.session))
  assert.deepEqual(Object.keys(session.state), Object.keys(annPage.state))

  await session.afterJoin({ participantId: ANN, expiresAt: 0, ...(await session.joinFields()) })
  const draft = { id: newId(), sender: "Ann", text: "hi", at: 5 }
  assert.deepEqual(await session.seal(draft), { id: draft.id, sender: "Ann", text: "hi" })
  const message = { seq: 1, id: draft.id, participantId: ANN, sender: "Ann", text: "hi", timestamp: 7 }
  const [outcome] = await session.open([message])
  assert.deepEqual(outcome, { kind: "shown", isOwn: true, isEarly: false, sender: "Ann", text: "hi", at: 7 })
  assert.deepEqual([await session.words(), await session.keysMessage()], [null, null])
  assert.deepEqual([16_384, 16_385].map((length) => session.fits({ text: "x".repeat(length) })), [true, false])

  await session.drafts.addUnsent(draft)
  assert.deepEqual(await session.drafts.loadUnsent(), [draft])
  session.destroy()
  assert.deepEqual([ann.items.size, states.at(-1).phase, await session.seal(draft)], [0, "ended", null])
})
