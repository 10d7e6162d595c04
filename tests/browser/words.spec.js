// The four words: both see the same, unless somebody is between them.

import { expect, test } from "./test.js"
import { Between } from "./between.js"
import { Dishonest } from "./dishonest.js"
import {
  WORDS_AWAITED,
  WORDS_FALSE,
  WORDS_UNAVAILABLE,
  expectStopped,
  expectToGoOn,
  meet,
  seesFourWords,
  wordsOf,
} from "./encrypted-room.js"
import { Forger } from "./peer.js"
import { Wire } from "./wire.js"

test("both see the same four words, also after a reload and in a second tab", async ({ ann, bob }) => {
  await meet(ann, bob)
  const words = await wordsOf(ann).innerText()

  await expect(wordsOf(bob)).toHaveText(words)
  await expect(bob.page.getByText("Read them to each other by voice, not in this chat.")).toBeVisible()
  await bob.reloads()
  await expect(wordsOf(bob)).toHaveText(words)
  await ann.opensTab(ann.page.url())
  await expect(wordsOf(ann)).toHaveText(words)
})

test("“They match” leaves a mark, which a reload keeps", async ({ ann, bob }) => {
  await meet(ann, bob)

  await ann.button("They match").click()

  const mark = ann.page.getByText("You found that they match.")
  await expect(mark).toBeVisible()
  await expect(ann.button("They match")).toBeHidden()
  await ann.reloads()
  await expect(mark).toBeVisible()
  await expect(bob.button("They match")).toBeVisible()
})

test("somebody with server and link in between reads everything, and both see other words", async ({ ann, bob }) => {
  const servers = [await Dishonest.towards(ann), await Dishonest.towards(bob)]
  const link = await ann.creates()
  const between = await Between.people(servers, { link, annId: Object.keys(servers[0].hellos)[0] })
  await bob.joins(link)

  await between.introducesItself()

  const words = [await seesFourWords(ann), await seesFourWords(bob)]
  expect(words[0]).not.toBe(words[1])
  await ann.says("only for you")
  await expect.poll(() => between.readsAnn()).toContain("only for you")
})

test("a nonce that is not the one that was committed to stops the page before it shows words", async ({
  ann,
  playwright,
  baseURL,
}) => {
  const link = await ann.creates()
  const forger = new Forger(await playwright.request.newContext({ baseURL }), link)
  await forger.joins()

  await forger.sendsKeys({ r: new Uint8Array(32).fill(7) })

  await expectStopped(ann, WORDS_FALSE)
  await forger.says("trust me")
  await expect(ann.page.getByText("trust me")).toHaveCount(0)
})

for (const word of ["bad-request", "room-history-full"]) {
  test(`a room that answers ${word} to what the words need leaves one without them, and one talks`, async ({
    ann,
    bob,
  }) => {
    const wire = await Wire.of(bob)
    wire.refuseNext(word)

    await bob.joins(await ann.creates())

    await expect(bob.page.getByText(WORDS_UNAVAILABLE)).toBeVisible()
    for (const person of [ann, bob]) await expect(wordsOf(person)).toBeHidden()
    await expectToGoOn(ann, bob)
  })
}

test("words that do not come are said to be missing, and one talks all the same", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const link = await ann.creates()
  wire.holdMessages()

  await bob.joins(link)

  await expect(bob.page.getByText(WORDS_AWAITED)).toBeVisible()
  await expect(wordsOf(bob)).toBeHidden()
  await seesFourWords(ann)
  await bob.says("are you there?")
  await ann.sees("are you there?")
  wire.letGo()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
  await expect(bob.page.getByText(WORDS_AWAITED)).toBeHidden()
})
