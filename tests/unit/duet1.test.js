import assert from "node:assert/strict"
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from "node:crypto"
import { readFileSync } from "node:fs"
import { test } from "node:test"

import { codecOf, secretIn } from "../../public/app/crypto/codec.js"
import { SealedCodec, accessOf, canSeal, isSecret, newSecret } from "../../public/app/crypto/sealed.js"

const VECTORS = JSON.parse(readFileSync(new URL("duet1-vectors.json", import.meta.url), "utf8"))
const ROOM = "V1StGXR8_Z5jdHi6B-myT"
const SECRET = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64url")
const REFUSED = { kind: "refused" }
const DRAFT = { id: "draft-0000-0000-00001", sender: "Ann", text: "hello", at: 5 }
const ANN = "annannannannanna"
const BOB = "bobbobbobbobbobb"

/** The codec of somebody who has a seat. */
async function sealOf(secret, roomId) {
  const codec = new SealedCodec(secret, roomId)
  await codec.onJoined()
  return codec
}

// The format once more, in the words of another library: what docs/sealing.md says, and not what the page does.

function hkdf(secret, salt, info) {
  return Buffer.from(hkdfSync("sha256", Buffer.from(secret, "base64url"), salt, info, 32))
}

function additionalData(id, participantId) {
  return Buffer.from(`duet/1|${ROOM}|${id}|${participantId}`)
}

function opened(text, id, participantId) {
  const bytes = Buffer.from(text.slice("duet1.".length), "base64url")
  const decipher = createDecipheriv("aes-256-gcm", hkdf(SECRET, ROOM, "duet/1 messages"), bytes.subarray(0, 12))
  decipher.setAAD(additionalData(id, participantId)).setAuthTag(bytes.subarray(-16))
  return decipher.update(bytes.subarray(12, -16)).toString() + decipher.final().toString()
}

function sealed(plaintext, id = DRAFT.id, participantId = ANN) {
  const nonce = Buffer.alloc(12, 7)
  const cipher = createCipheriv("aes-256-gcm", hkdf(SECRET, ROOM, "duet/1 messages"), nonce)
  cipher.setAAD(additionalData(id, participantId))
  const bytes = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return { id, participantId, text: "duet1." + bytes.toString("base64url") }
}

function stored({ id, text }, participantId = ANN) {
  return { id, text, participantId }
}

/** The same text with one character of its end changed. */
function changed(text) {
  const last = text.at(-2) === "A" ? "B" : "A"
  return text.slice(0, -2) + last + text.at(-1)
}

// --- The secret and what is derived from it ---

test("a secret is 32 random bytes as they stand in a link", () => {
  const secrets = Array.from({ length: 100 }, newSecret)

  for (const secret of secrets) {
    assert.match(secret, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(isSecret(secret), true)
  }
  assert.equal(new Set(secrets).size, secrets.length)
})

test("a secret that was cut off or changed on its way is not whole", () => {
  for (const secret of ["", SECRET.slice(1), `${SECRET}A`, `${SECRET}=`, SECRET.replace("A", "!"), ` ${SECRET}`]) {
    assert.equal(isSecret(secret), false, secret)
  }
})

test("a last character that no 32 bytes end with gives a changed secret away", () => {
  assert.equal(isSecret(SECRET), true)
  assert.equal(isSecret(`${SECRET.slice(0, -1)}9`), false)
})

test("proof and access are what the format says", async () => {
  const proof = hkdf(SECRET, "", "duet/1 access")

  const derived = await accessOf(SECRET)

  assert.deepEqual(derived, {
    proof: proof.toString("base64url"),
    access: createHash("sha256").update(proof).digest("base64url"),
  })
})

test("what the room is given tells nothing of the secret's other uses", async () => {
  const { proof, access } = await accessOf(SECRET)
  const key = hkdf(SECRET, ROOM, "duet/1 messages").toString("base64url")

  assert.equal(new Set([SECRET, proof, access, key]).size, 4)
})

// --- Sealing and opening ---

test("a browser like this one can seal", () => {
  assert.equal(canSeal(), true)
})

test("what was sealed opens again", async () => {
  const seal = await sealOf(SECRET, ROOM)
  const draft = { ...DRAFT, sender: "Zoë 🎈", text: "line one\nline two „quoted“ 👩‍🚀" }

  const back = await seal.open(stored(await seal.seal(draft, ANN)))

  assert.deepEqual(back, { kind: "shown", sender: draft.sender, text: draft.text })
})

test("a sealed message can be opened by anybody who has the secret and the format", async () => {
  const seal = await sealOf(SECRET, ROOM)

  const { text } = await seal.seal(DRAFT, ANN)

  assert.deepEqual(JSON.parse(opened(text, DRAFT.id, ANN)), { sender: "Ann", text: "hello" })
})

test("what another program sealed by the format opens here", async () => {
  const seal = await sealOf(SECRET, ROOM)

  const back = await seal.open(sealed('{"text":"hi","sender":"curl","mood":"unknown keys are ignored"}   '))

  assert.deepEqual(back, { kind: "shown", sender: "curl", text: "hi" })
})

test("neither the text nor the name travels in the clear", async () => {
  const seal = await sealOf(SECRET, ROOM)

  const travelling = await seal.seal(DRAFT, ANN)

  assert.deepEqual(Object.keys(travelling).sort(), ["id", "text"])
  assert.match(travelling.text, /^duet1\.[A-Za-z0-9_-]+$/)
  const bytes = Buffer.from(travelling.text.slice(6), "base64url").toString("latin1")
  assert.ok(!bytes.includes("hello") && !bytes.includes("Ann"))
})

test("the length of what travels grows in steps, so that it tells little", async () => {
  const seal = await sealOf(SECRET, ROOM)
  const lengths = new Set()

  for (let length = 1; length <= 90; length++) {
    lengths.add((await seal.seal({ ...DRAFT, text: "x".repeat(length) }, ANN)).text.length)
  }

  assert.equal(lengths.size, 1)
})

test("the same message sealed twice does not look the same", async () => {
  const seal = await sealOf(SECRET, ROOM)

  const [one, two] = [await seal.seal(DRAFT, ANN), await seal.seal(DRAFT, ANN)]

  assert.notEqual(one.text, two.text)
})

test("the longest message that may be written fits into what a room takes", async () => {
  const seal = await sealOf(SECRET, ROOM)
  const draft = { ...DRAFT, text: "x".repeat(seal.bytesLeft({ sender: "Ann", text: "" })) }

  const { text } = await seal.seal(draft, ANN)

  assert.equal(seal.bytesLeft(draft), 0)
  assert.ok(text.length <= 16_384 && text.length > 16_000, `${text.length} bytes`)
})

for (const [what, change] of [
  ["under another id", (message) => ({ ...message, id: "another-0000-0000-001" })],
  ["by another participant", (message) => ({ ...message, participantId: BOB })],
  ["with a changed text", (message) => ({ ...message, text: changed(message.text) })],
  ["cut short", (message) => ({ ...message, text: message.text.slice(0, -4) })],
  ["without its prefix", (message) => ({ ...message, text: message.text.slice(6) })],
  ["with a prefix of another format", (message) => ({ ...message, text: `duet2.${message.text.slice(6)}` })],
]) {
  test(`a message ${what} does not open`, async () => {
    const seal = await sealOf(SECRET, ROOM)
    const message = stored(await seal.seal(DRAFT, ANN))

    assert.deepEqual(await seal.open(change(message)), REFUSED)
  })
}

test("a message of another room or of another secret does not open", async () => {
  const seal = await sealOf(SECRET, ROOM)
  const message = stored(await seal.seal(DRAFT, ANN))

  assert.deepEqual(await (await sealOf(SECRET, "a".repeat(21))).open(message), REFUSED)
  assert.deepEqual(await (await sealOf(newSecret(), ROOM)).open(message), REFUSED)
})

for (const text of ["hello", "", "duet1.", "duet1.!!!!", "duet1.AAAA", "duet1.=", `duet1.${"A".repeat(37)}`]) {
  test(`“${text.slice(0, 20)}” was never sealed and does not open`, async () => {
    const seal = await sealOf(SECRET, ROOM)

    assert.deepEqual(await seal.open({ id: DRAFT.id, participantId: ANN, text }), REFUSED)
  })
}

for (const plaintext of ["", "hello", "null", "[]", "7", '{"text":"hi"}', '{"text":7,"sender":"Ann"}', "\xff"]) {
  test(`a sealed “${plaintext}” is no message`, async () => {
    const seal = await sealOf(SECRET, ROOM)

    assert.deepEqual(await seal.open(sealed(Buffer.from(plaintext, "latin1"))), REFUSED)
  })
}

// --- The safety code ---

test("both sides see the same four words, in whatever order they know each other", async () => {
  const [ann, bob] = [await sealOf(SECRET, ROOM), await sealOf(SECRET, ROOM)]

  const [words, others] = [await ann.safetyWords([ANN, BOB]), await bob.safetyWords([BOB, ANN])]

  assert.deepEqual(words, others)
  assert.equal(words.length, 4)
  for (const word of words) assert.match(word, /^[a-z]+$/)
})

test("somebody in between, with another secret or as another participant, changes the words", async () => {
  const words = await (await sealOf(SECRET, ROOM)).safetyWords([ANN, BOB])

  assert.notDeepEqual(await (await sealOf(newSecret(), ROOM)).safetyWords([ANN, BOB]), words)
  assert.notDeepEqual(await (await sealOf(SECRET, ROOM)).safetyWords([ANN, "eveeveeveeveevee"]), words)
})

test("every byte has a word of its own, and all of them are published", async () => {
  const seen = new Set()
  for (let room = 0; room < 3000 && seen.size < 256; room++) {
    const seal = await sealOf(SECRET, String(room))
    for (const word of await seal.safetyWords([ANN, BOB])) seen.add(word)
  }

  assert.deepEqual([...seen].sort(), [...VECTORS.words].sort())
})

// --- The codec ---

test("what joins along is the proof, and the link carries the secret", async () => {
  const codec = codecOf(ROOM, SECRET)

  assert.deepEqual(await codec.joinFields(), { proof: (await accessOf(SECRET)).proof })
  assert.equal(codec.fragment, `#${SECRET}`)
})

test("a codec that has forgotten its keys seals and opens nothing, and knows no secret", async () => {
  const seal = await sealOf(SECRET, ROOM)
  const message = stored(await seal.seal(DRAFT, ANN))

  seal.forget()

  assert.equal(await seal.seal(DRAFT, ANN), null)
  assert.deepEqual(await seal.open(message), REFUSED)
  assert.deepEqual([seal.fragment, await seal.safetyWords([ANN, BOB])], ["", null])
})

test("there is nothing to compare while one is alone", async () => {
  assert.equal(await (await sealOf(SECRET, ROOM)).safetyWords([ANN]), null)
})

test("a plain room's messages travel as they are", async () => {
  const codec = codecOf(ROOM, null)

  assert.deepEqual(await codec.seal(DRAFT, ANN), { id: DRAFT.id, sender: "Ann", text: "hello" })
  assert.deepEqual(await codec.open({ ...DRAFT, participantId: ANN }), { kind: "shown", sender: "Ann", text: "hello" })
  assert.deepEqual([codec.fragment, await codec.joinFields(), codec.bytesLeft({ sender: "", text: "é" })], ["", {}, 16_382])
})

test("the secret is found in a fragment, however it was decorated", () => {
  for (const fragment of [`#${SECRET}`, SECRET, `#${SECRET}.`, `#${SECRET}&utm_source=mail`, `#x=${SECRET}`]) {
    assert.equal(secretIn(fragment), SECRET, fragment)
  }
  assert.deepEqual([secretIn(""), secretIn("#")], [null, null])
  for (const fragment of ["#abc", `#${SECRET.slice(1)}`, `#${SECRET}A`]) assert.equal(secretIn(fragment), "", fragment)
})

// --- The published vectors ---

for (const { secret, roomId, proof, access, participantIds, safetyCode, messages } of VECTORS.rooms) {
  test(`the published vectors of the room ${roomId} hold`, async () => {
    const seal = await sealOf(secret, roomId)

    assert.deepEqual(await accessOf(secret), { proof, access })
    assert.equal((await seal.safetyWords(participantIds)).join(" "), safetyCode)
    for (const { id, participantId, sender, text, nonce, sealed } of messages) {
      const bytes = Uint8Array.from(Buffer.from(nonce, "base64url"))
      assert.deepEqual(await seal.seal({ id, sender, text }, participantId, bytes), { id, text: sealed })
      assert.deepEqual(await seal.open({ id, participantId, text: sealed }), { kind: "shown", sender, text })
    }
  })
}
