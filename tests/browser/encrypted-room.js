// What the specs of encrypted rooms share: two people who meet, and the sentences in which a page says what went wrong.

import { expect } from "./test.js"
import { roomIdOf } from "./person.js"

export const REFUSED = "A message was refused here: it was not encrypted for this room, or was changed on its way."
export const WAITING = "1 message opens when the other person is back."
export const EARLY = "They can read this once you are both here."
export const BROKEN = "The two of you were not shown the same conversation."
export const SEEN = "The other person has this"
export const WORDS_UNAVAILABLE = "The safety words cannot be shown in this room."
export const WORDS_AWAITED = "Your four words come once the other person’s page has answered."
export const CHANGED =
  "Somebody without this link is in the other seat, or the server changed a key. Nothing more is shown or sent here."
export const WORDS_FALSE =
  "The safety words cannot be trusted: somebody may be between you. Nothing more is shown or sent here."
export const LOST = "This browser has lost the key to this room, and cannot get it back."
export const DOWNGRADED =
  "The server says that this room is not encrypted, but your link or this browser says that it is."

const FOUR_WORDS = /^[a-z]+ [a-z]+ [a-z]+ [a-z]+$/

/** @param {import("./person.js").Person} person */
export function wordsOf(person) {
  return person.page.locator("[data-safety-words]")
}

/** @param {import("./person.js").Person} person */
export async function seesFourWords(person) {
  await expect(wordsOf(person)).toHaveText(FOUR_WORDS)
  return wordsOf(person).innerText()
}

/** Two people in one room who see four words. The room then has two messages, with keys, which no page shows. */
export async function meet(ann, bob) {
  const link = await ann.creates()
  await bob.joins(link)
  for (const person of [ann, bob]) await seesFourWords(person)
  return link
}

/** All that a browser keeps for good. */
export function diskOf(person) {
  return person.page.evaluate(() => ({ ...localStorage }))
}

/** Who somebody with a seat is in the room. */
export async function idOf(person, link) {
  const answer = await person.page.request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })
  return (await answer.json()).participantId
}

/** The secret in a link. */
export function secretOf(link) {
  return new Uint8Array(Buffer.from(new URL(link).hash.slice(2), "base64url"))
}

/** The page says why it goes no further, shows no words, and takes none. */
export async function expectStopped(person, sentence = CHANGED) {
  await expect(person.page.getByText(sentence)).toBeVisible()
  await expect(person.composer).toBeHidden()
  await expect(wordsOf(person)).toBeHidden()
  await expect(person.button("Destroy this room…").filter({ visible: true })).toBeVisible()
}

/** Goes on: what one says, the other reads, in both directions. */
export async function expectToGoOn(ann, bob) {
  for (const [from, to] of [
    [ann, bob],
    [bob, ann],
  ]) {
    const text = `we go on, says ${from === ann ? "one" : "the other"}`
    await from.says(text)
    await to.sees(text)
  }
}
