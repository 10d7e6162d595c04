// Shared by the specs of encrypted rooms: two people who join, and the sentences in which a page says what went wrong.

import { readFileSync } from "node:fs"

import { expect } from "./test.js"
import { roomIdOf } from "./person.js"

const ENGLISH = JSON.parse(readFileSync(new URL("../../public/words/en.json", import.meta.url), "utf8"))

export const REFUSED = ENGLISH["list.refused"]
export const WAITING = ENGLISH["list.waiting"]
export const EARLY = ENGLISH.early
export const BROKEN = ENGLISH.broken
/** The mark of a message that the other person has received or seen. */
export const SEEN = new RegExp(`^(${ENGLISH["list.received"]}|${ENGLISH["list.seen"]})$`)
export const WORDS_UNAVAILABLE = ENGLISH["safety.unavailable"]
export const WORDS_AWAITED = ENGLISH["safety.awaited"]
export const CHANGED = ENGLISH["stopped.changed"]
export const WORDS_FALSE = ENGLISH["stopped.words"]
export const LOST = ENGLISH["stopped.lost"]
export const DOWNGRADED = ENGLISH["error.downgraded"]

const FOUR_WORDS = /^[a-z]+ [a-z]+ [a-z]+ [a-z]+$/

/** @param {import("./person.js").Person} person */
export function wordsOf(person) {
  return person.page.locator("[data-safety-words]")
}

/** @param {import("./person.js").Person} person */
export async function expectFourWords(person) {
  await expect(wordsOf(person)).toHaveText(FOUR_WORDS)
  return wordsOf(person).innerText()
}

/** Two people join a room and see four words. The room then has two keys messages, which no page shows. */
export async function meet(ann, bob) {
  const link = await ann.createRoom()
  await bob.joinRoom(link)
  for (const person of [ann, bob]) await expectFourWords(person)
  return link
}

/** Everything in a browser's localStorage. */
export function diskOf(person) {
  return person.page.evaluate(() => ({ ...localStorage }))
}

/** The participant id of a person with a seat. */
export async function idOf(person, link) {
  const answer = await person.page.request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })
  return (await answer.json()).participantId
}

/** The secret in a link. */
export function secretOf(link) {
  return new Uint8Array(Buffer.from(new URL(link).hash.slice(2), "base64url"))
}

/** Checks that the page has stopped: it says why, hides the four words and the composer, and offers to destroy. */
export async function expectStopped(person, sentence = CHANGED) {
  await expect(person.page.getByText(sentence)).toBeVisible()
  await expect(person.composer).toBeHidden()
  await expect(wordsOf(person)).toBeHidden()
  await expect(person.button("Destroy this room…").filter({ visible: true })).toBeVisible()
}

/** Checks that the conversation continues in both directions. */
export async function expectToContinue(ann, bob) {
  for (const [from, to] of [
    [ann, bob],
    [bob, ann],
  ]) {
    const text = `we go on, says ${from === ann ? "one" : "the other"}`
    await from.sendMessage(text)
    await to.expectMessage(text)
  }
}
