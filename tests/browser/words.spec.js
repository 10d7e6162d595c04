// The four words: both people see the same words, unless there is a man in the middle.

import { expect, test } from "./test.js"
import { ManInTheMiddle } from "./man-in-the-middle.js"
import { DishonestServer } from "./dishonest.js"
import {
  WORDS_AWAITED,
  WORDS_FALSE,
  WORDS_UNAVAILABLE,
  expectStopped,
  expectToContinue,
  meet,
  expectFourWords,
  wordsOf,
} from "./encrypted-room.js"
import { Forger } from "./peer.js"
import { Wire } from "./wire.js"

test("both see the same four words, also after a reload and in a second tab", async ({ ann, bob }) => {
  await meet(ann, bob)
  const words = await wordsOf(ann).innerText()

  await expect(wordsOf(bob)).toHaveText(words)
  await expect(bob.page.getByText("Read them to each other by voice, not in this chat.")).toBeVisible()
  await bob.reload()
  await expect(wordsOf(bob)).toHaveText(words)
  await ann.openTab(ann.page.url())
  await expect(wordsOf(ann)).toHaveText(words)
})

test("“They match” leaves a mark, which a reload keeps", async ({ ann, bob }) => {
  await meet(ann, bob)

  await ann.button("They match").click()

  const mark = ann.page.getByText("You checked them: they match.")
  await expect(mark).toBeVisible()
  await expect(ann.button("They match")).toBeHidden()
  await ann.reload()
  await expect(mark).toBeVisible()
  await expect(bob.button("They match")).toBeVisible()
})

test("somebody with server and link in between reads everything, and both see other words", async ({ ann, bob }) => {
  const servers = [await DishonestServer.towards(ann), await DishonestServer.towards(bob)]
  const link = await ann.createRoom()
  const attacker = await ManInTheMiddle.between(servers, { link, annId: Object.keys(servers[0].hellos)[0] })
  await bob.joinRoom(link)

  await attacker.sendKeysMessages()

  const words = [await expectFourWords(ann), await expectFourWords(bob)]
  expect(words[0]).not.toBe(words[1])
  await ann.sendMessage("only for you")
  await expect.poll(() => attacker.readAnnsMessages()).toContain("only for you")
})

test("a nonce that is not the one that was committed to stops the page before it shows words", async ({
  ann,
  playwright,
  baseURL,
}) => {
  const link = await ann.createRoom()
  const forger = new Forger(await playwright.request.newContext({ baseURL }), link)
  await forger.joinRoom()

  await forger.sendKeysMessage({ r: new Uint8Array(32).fill(7) })

  await expectStopped(ann, WORDS_FALSE)
  await forger.sendMessage("trust me")
  await expect(ann.page.getByText("trust me")).toHaveCount(0)
})

for (const word of ["bad-request", "room-history-full"]) {
  test(`a room that answers ${word} to what the words need leaves one without them, and one talks`, async ({
    ann,
    bob,
  }) => {
    const wire = await Wire.of(bob)
    wire.refuseNext(word)

    await bob.joinRoom(await ann.createRoom())

    await expect(bob.page.getByText(WORDS_UNAVAILABLE)).toBeVisible()
    for (const person of [ann, bob]) await expect(wordsOf(person)).toBeHidden()
    await expectToContinue(ann, bob)
  })
}

test("words that do not come are said to be missing, and one talks all the same", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const link = await ann.createRoom()
  wire.holdMessages()

  await bob.joinRoom(link)

  await expect(bob.page.getByText(WORDS_AWAITED)).toBeVisible()
  await expect(wordsOf(bob)).toBeHidden()
  await expectFourWords(ann)
  await bob.sendMessage("are you there?")
  await ann.expectMessage("are you there?")
  wire.release()
  await expect(wordsOf(bob)).toHaveText(await wordsOf(ann).innerText())
  await expect(bob.page.getByText(WORDS_AWAITED)).toBeHidden()
})
