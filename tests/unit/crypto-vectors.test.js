import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { aesKey, fromBase64Url, sha256, toBase64Url } from "../../public/app/crypto/bytes.js"
import { Conversation } from "../../public/app/crypto/conversation.js"
import { isOpenedBy, makeHello, pointOf, x25519 } from "../../public/app/crypto/hello.js"
import { agree, earlyKey, pairOf, safetyWords } from "../../public/app/crypto/keys.js"
import { accessOf, fragmentOf, proofOf, pskOf, secretOf } from "../../public/app/crypto/link.js"
import { openText, parseText, readKeys, readMark, readSaid, sealText } from "../../public/app/crypto/messages.js"
import { Shelf } from "../../public/app/crypto/shelf.js"
import { WORDS } from "../../public/app/crypto/words.js"
import { Browser, Page } from "./fake-room.js"

const VECTORS = JSON.parse(readFileSync(new URL("../../docs/sealing-vectors.json", import.meta.url), "utf8"))

const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"))
const seatOf = ({ P, hello }) => ({ id: P, hello })
const personOf = (room, name) => room.people.find((person) => person.name === name)

/** A person in the vectors, and the other one. */
function bothSides(room) {
  const [one, two] = room.people
  return [
    [one, two],
    [two, one],
  ]
}

test("X25519 gives the values of RFC 7748, section 6.1", async () => {
  const { aHex, AHex, bHex, BHex, KHex } = VECTORS.rfc7748

  assert.equal(KHex.slice(0, 8), "4a5d9d5b", "the anchor itself, as the RFC prints it")
  assert.deepEqual(await x25519(hex(aHex), hex(BHex)), hex(KHex))
  assert.deepEqual(await x25519(hex(bHex), hex(AHex)), hex(KHex))
})

test("the list of words is the published one", () => {
  assert.deepEqual(WORDS, VECTORS.words)
})

for (const room of VECTORS.rooms) {
  const { roomId } = room
  const S = fromBase64Url(room.S, 32)

  test(`${roomId}: the link gives the published values`, async () => {
    assert.equal(`/room/${roomId}#${fragmentOf(S)}`, room.link)
    assert.deepEqual(secretOf(room.link.split("#")[1]), S)
    assert.equal(await proofOf(S), room.proof)
    assert.equal(await accessOf(S), room.access)
    assert.equal(toBase64Url(await pskOf(S, roomId)), room.psk)
  })

  test(`${roomId}: each person sends the published hello`, async () => {
    for (const person of room.people) {
      const [e, r] = [person.e, person.r].map((text) => fromBase64Url(text, 32))

      const hello = await makeHello(roomId, S, { e, r })

      assert.equal(hello, person.hello)
      assert.equal(toBase64Url(pointOf(fromBase64Url(hello))), person.E)
      assert.equal(await isOpenedBy(roomId, hello, r), true)
      assert.equal((await earlyKey(fromBase64Url(person.w), seatOf(person))).kid, person.kid0)
    }
  })

  test(`${roomId}: two hellos give the published keys and words on both sides`, async () => {
    for (const [own, other] of bothSides(room)) {
      const root = await agree(roomId, S, fromBase64Url(own.e), seatOf(own), seatOf(other))
      const pair = await pairOf(roomId, root, seatOf(own), seatOf(other))

      assert.equal(toBase64Url(root), room.root)
      assert.equal(pair.th, room.th)
      assert.equal(pair.ownKey.kid, room.kid)
      assert.deepEqual([pair.ownKeysId, pair.otherKeysId], [room.keysId[own.name], room.keysId[other.name]])
      const words = await safetyWords(pair, fromBase64Url(own.r), fromBase64Url(other.r))
      assert.equal(words.join(" "), room.safetyWords)
    }
  })

  test(`${roomId}: messages are encrypted and decrypted as published`, async () => {
    for (const { id, participantId, kid, key, nonce, json, text, kind } of room.messages) {
      const envelope = { roomId, id, participantId }
      const sealingKey = { kid, key: await aesKey(fromBase64Url(key)) }

      assert.equal(await sealText(envelope, sealingKey, JSON.parse(json), fromBase64Url(nonce)), text)

      const plaintext = await openText(envelope, sealingKey, parseText(text))
      if (kind === "keys") {
        const { r, w } = readKeys(plaintext)
        assert.deepEqual({ keys: { nonce: toBase64Url(r), early: toBase64Url(w) } }, JSON.parse(json))
      } else {
        assert.deepEqual(readSaid(plaintext), JSON.parse(json))
      }
    }
  })

  test(`${roomId}: seen marks are encrypted and decrypted as published`, async () => {
    for (const { participantId, kid, key, nonce, json, text } of room.marks) {
      const envelope = { roomId, id: "seen", participantId }
      const sealingKey = { kid, key: await aesKey(fromBase64Url(key)) }

      assert.equal(await sealText(envelope, sealingKey, JSON.parse(json), fromBase64Url(nonce)), text)
      assert.deepEqual({ seen: readMark(await openText(envelope, sealingKey, parseText(text))) }, JSON.parse(json))
    }
  })

  test(`${roomId}: the heads are the published ones`, async () => {
    const conversation = new Conversation(roomId, () => {})
    const waits = async () => ({ outcome: { kind: "waiting" } })
    const half = (head) => toBase64Url(fromBase64Url(head, 32).slice(0, 16))
    assert.deepEqual(await conversation.seen(), [0, half(room.firstHead)])

    for (const message of room.messages) {
      await conversation.take([message], waits)

      assert.deepEqual(await conversation.seen(), [message.seq, half(message.head)])
    }
  })

  test(`${roomId}: the entries of a browser are the published ones`, async () => {
    for (const { of, check, item, name, nonce, json, box } of room.shelf) {
      const storage = new Browser("").openTab().storage
      const shelf = await Shelf.of(storage, roomId, fromBase64Url(personOf(room, of).shelf), () => 0)

      await shelf.write(name, JSON.parse(json), fromBase64Url(nonce))

      assert.equal(shelf.check, check)
      assert.deepEqual(JSON.parse(storage.getItem(item)), { end: 86_400_000, box })
      const keys = await shelf.readKeys()
      await shelf.writeKeys(keys)
      assert.deepEqual(await shelf.read(name), JSON.parse(json), "nothing is lost between bytes and text")
    }
  })

  test(`${roomId}: both people read the whole conversation, also if the other's hello comes last`, async () => {
    for (const [own] of bothSides(room)) {
      const page = await reader(room, own.name)
      await page.session.open(room.messages)
      const hellos = Object.fromEntries(room.people.map(({ P, hello }) => [P, hello]))

      await page.session.onHellos(hellos)

      const outcomes = await page.session.open(room.messages)
      const expected = room.messages.map(({ kind }) => (kind === "keys" ? "keys" : "shown"))
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        expected,
      )
      assert.equal(page.state.isOrderBroken, false)
      assert.equal((await page.session.words()).join(" "), room.safetyWords)
    }
  })
}

/** A page of this person, who has a seat and does not know the other's hello yet. */
async function reader(room, name) {
  const { P, hello, shelf } = personOf(room, name)
  const entry = room.shelf.find(({ of, when }) => of === name && when === "before the join")
  const browser = new Browser(P)
  browser.items.set(entry.item, JSON.stringify({ end: browser.nowMs + 1, box: entry.box }))
  const page = new Page(browser, { seats: new Map([[P, {}]]) }, { roomId: room.roomId })
  await page.session.afterJoin({ participantId: P, hellos: { [P]: hello }, shelf, expiresAt: 0 })
  assert.equal(page.state.phase, "alone")
  return page
}

async function afterMessage(page, { message, after }) {
  const [outcome] = await page.session.open([message])
  if (page.state.phase === "stopped") return "stop"
  if (page.state.isOrderBroken) return "broken"
  const words = { shown: "shown", waiting: "waits", refused: "refused" }
  return message.seq <= after ? "ok" : words[outcome.kind]
}

async function outcomeOf(room, negative) {
  if (negative.where === "link") return secretOf(negative.fragment) ? "ok" : "refused"
  const page = await reader(room, negative.reader)
  const hellos = Object.fromEntries(room.people.map(({ P, hello }) => [P, hello]))
  const isHello = negative.where === "hello"
  if (isHello ? negative.pinned : negative.hellos !== false) await page.session.onHellos(hellos)
  if (isHello) {
    await page.session.onHellos(negative.hellos)
    if (page.state.phase !== "stopped") return "ok"
    assert.equal(await page.session.words(), null)
    assert.equal(await page.session.keysMessage(), null)
    return "stop"
  }
  if (negative.where === "conversation") {
    const messages = negative.order.map((from, index) => ({ ...room.messages[from - 1], seq: index + 1 }))
    await page.session.open(messages)
    return page.state.isOrderBroken ? "broken" : "ok"
  }
  await page.session.open(room.messages.slice(0, negative.after))
  assert.equal(page.state.isOrderBroken, false)
  return afterMessage(page, negative)
}

test("the published number of negative cases is complete", () => {
  assert.ok(VECTORS.negatives.length >= 118)
})

for (const negative of VECTORS.negatives) {
  test(`${negative.where}: ${negative.what}: ${negative.expect}`, async () => {
    assert.equal(await outcomeOf(VECTORS.rooms[0], negative), negative.expect)
  })
}

/** A text that is encrypted with this person's early key. */
async function earlyText({ roomId }, { P, kid0, K0 }, id, content) {
  const key = { kid: kid0, key: await aesKey(fromBase64Url(K0)) }
  const text = await sealText({ roomId, id, participantId: P }, key, content)
  return { seq: 1, id, participantId: P, sender: "", text }
}

test("a keys message counts only under the key that it confirms", async () => {
  const [room] = VECTORS.rooms
  const ann = personOf(room, "ann")
  const page = await reader(room, "ann")
  await page.session.onHellos(Object.fromEntries(room.people.map(({ P, hello }) => [P, hello])))

  const outcomes = await page.session.open([
    await earlyText(room, ann, room.keysId.ann, { keys: { nonce: ann.r, early: ann.w } }),
  ])

  assert.deepEqual(outcomes, [{ kind: "refused" }])
  assert.notEqual(await page.session.keysMessage(), null)
})

test("a third sender is refused, even while a text of the other person would wait", async () => {
  const [room] = VECTORS.rooms
  const page = await reader(room, "ann")
  await page.session.onHellos(Object.fromEntries(room.people.map(({ P, hello }) => [P, hello])))
  const text = await earlyText(room, personOf(room, "ben"), "bvRycoQuDOjzHwT2UxSYj", {})
  const ofThird = { ...text, seq: 2, participantId: "c".repeat(16), id: "c".repeat(21) }

  const outcomes = await page.session.open([text, ofThird])

  assert.deepEqual(outcomes, [{ kind: "waiting" }, { kind: "refused" }])
})

test("while alone, a message under the own early key is decrypted or refused, and any other waits", async () => {
  const [room] = VECTORS.rooms
  const page = await reader(room, "ann")
  const own = await earlyText(room, personOf(room, "ann"), "a".repeat(21), {})

  const outcomes = await page.session.open([
    own,
    { ...own, seq: 2, id: "b".repeat(21) },
    { ...own, seq: 3, id: "c".repeat(21), participantId: personOf(room, "ben").P },
    { ...room.messages[3], seq: 4 },
    { ...room.messages[5], seq: 5 },
  ])

  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ["refused", "refused", "refused", "waiting", "waiting"],
  )
})

test("integers are digits only, no key stands twice, and texts are well formed", () => {
  const bytes = (text) => Buffer.from(text)
  const read = (at, more = "") =>
    readSaid(bytes(`{"sender":"","text":"","at":${at},"seen":[0,"AAAAAAAAAAAAAAAAAAAAAA"]${more}}  `)) !== null

  assert.ok(read("0") && read("8640000000000000") && read("1", ',"more":{"a":1.5,"b":{"a":[null,true,-1]}}'))
  assert.ok(read("1", ',"a\\"b":1,"a\\":":2,"c":"\\\\"') && read("1", ',"x":"\\ud83d\\ude00"'))
  for (const at of ["1.0", "1e3", "-0", "1E0", "-1", "01", "18446744073709551616", "true", "null", '"1"']) {
    assert.ok(!read(at), at)
  }
  for (const more of [',"text":""', ',"\\u0074ext":""', ',"more":[{"a":1,"a":1}]', ',"x":"\\ud83d"', ',"\\ude00":1']) {
    assert.ok(!read("1", more), more)
  }
})

test("a digest covers all parts joined", async () => {
  assert.deepEqual(await sha256("a", "b"), await sha256("ab"))
})
