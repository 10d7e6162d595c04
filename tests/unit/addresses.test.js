import assert from "node:assert/strict"
import { test } from "node:test"

import { findRoom, fragmentOf, roomIdOf, roomPath, socketUrl } from "../../public/app/net/addresses.js"

const ID = "V1StGXR8_Z5jdHi6B-myT"
const FRAGMENT = "2n5kAU2ozB6XqU0y0c8gE7PZs0Jz8m9HkWvP2n1qRtYw"

// --- Finding a room in what was pasted ---

for (const [what, pasted] of [
  ["a link", `https://duet.example/room/${ID}`],
  ["a link with spaces and line breaks around it", `\n  https://duet.example/room/${ID} \t`],
  ["a link with words around it", `Come in: https://duet.example/room/${ID}, it is open.`],
  ["a link at the end of a sentence", `I am at https://duet.example/room/${ID}.`],
  ["a link in brackets", `(https://duet.example/room/${ID})`],
  ["a link with a slash at its end", `https://duet.example/room/${ID}/`],
  ["a link with a query", `https://duet.example/room/${ID}?utm_source=mail`],
  ["a link of this machine", `http://localhost:8787/room/${ID}`],
  ["a link without its scheme", `duet.example/room/${ID}`],
  ["a bare id", ID],
  ["a bare id with spaces around it", ` ${ID}\n`],
]) {
  test(`a room is found in ${what}`, () => {
    assert.deepEqual(findRoom(pasted), { roomId: ID, fragment: "" })
  })
}

test("the fragment of a link is kept, since it holds the key", () => {
  const found = findRoom(`Here: https://duet.example/room/${ID}#${FRAGMENT} – see you there`)

  assert.deepEqual(found, { roomId: ID, fragment: FRAGMENT })
})

for (const [what, pasted] of [
  ["the # is written as %23", `https://duet.example/room/${ID}%23${FRAGMENT}`],
  ["a mail program added a query before it", `https://duet.example/room/${ID}?utm_source=mail#${FRAGMENT}`],
  ["there is a slash before it", `https://duet.example/room/${ID}/#${FRAGMENT}`],
]) {
  test(`the fragment is found if ${what}`, () => {
    assert.deepEqual(findRoom(pasted), { roomId: ID, fragment: FRAGMENT })
  })
}

test("a fragment in the following text does not belong to the link", () => {
  assert.deepEqual(findRoom(`https://duet.example/room/${ID} and #later`), { roomId: ID, fragment: "" })
})

for (const addition of ["", ".", ") said he", "&utm_source=mail"]) {
  test(`text that a mail program or a tracker appends to a fragment is removed: “${addition}”`, () => {
    assert.equal(fragmentOf(`#${FRAGMENT}${addition}`), FRAGMENT)
  })
}

test("a # followed by anything is never taken for a link without a key", () => {
  assert.deepEqual(["", "#", "#.", "# 2"].map(fragmentOf), ["", "", ".", " 2"])
})

test("a full stop after a fragment does not belong to it", () => {
  assert.deepEqual(findRoom(`https://duet.example/room/${ID}#${FRAGMENT}.`), { roomId: ID, fragment: FRAGMENT })
})

for (const [what, pasted] of [
  ["nothing", ""],
  ["spaces", "   "],
  ["words", "hello there"],
  ["a link to somewhere else", "https://example.com/"],
  ["a link whose id is too short", "https://duet.example/room/abc"],
  ["a link whose id is too long", `https://duet.example/room/${ID}x`],
  ["an id that is too short", ID.slice(1)],
  ["an id that is too long", `${ID}x`],
  ["an id with a letter that no id has", `${ID.slice(1)}!`],
  ["an id within words", `the id is ${ID}`],
  ["markup", '<img src=x onerror="alert(1)">'],
]) {
  test(`no room is found in ${what}`, () => {
    assert.equal(findRoom(pasted), null)
  })
}

test("of two links the first counts", () => {
  const other = "a".repeat(21)

  assert.equal(findRoom(`https://duet.example/room/${ID} https://duet.example/room/${other}`)?.roomId, ID)
})

// --- Addresses ---

test("the path of a page contains its room id", () => {
  assert.equal(roomIdOf(`/room/${ID}`), ID)
  assert.equal(roomIdOf(`/room/${ID}/`), ID)
  assert.equal(roomIdOf(roomPath(ID)), ID)
})

test("a path without a complete id contains no room", () => {
  for (const pathname of ["/", "/room", "/room/", "/room/abc", `/room/${ID}x`, `/room/${ID}%20`]) {
    assert.equal(roomIdOf(pathname), null, pathname)
  }
})

test("the socket is as secure as the page", () => {
  assert.equal(
    socketUrl(ID, { protocol: "https:", host: "duet.example" }),
    `wss://duet.example/api/realtime?roomId=${ID}`,
  )
  assert.equal(
    socketUrl(ID, { protocol: "http:", host: "localhost:8787" }),
    `ws://localhost:8787/api/realtime?roomId=${ID}`,
  )
})
