// Conversations of maximum length: the page's work for one message does not grow with them.

import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"

const COUNT = 4_900
const AT_ONCE = 20
/** Elements of messages that are in the page at most. */
const MOST_ELEMENTS = 260

test.use({ settings: { MESSAGE_RATE_PER_SECOND: 0 } })
test.describe.configure({ timeout: 240_000 })

/** Sends many messages like a program with this person's cookie. */
async function fill(person, link, count) {
  const url = `/api/messages?roomId=${roomIdOf(link)}`
  let next = 1
  const say = async () => {
    while (next <= count) {
      const number = next++
      const answer = await person.page.request.post(url, { data: { sender: "A program", text: `filler ${number}` } })
      expect(answer.status()).toBe(201)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, say))
}

/** The text of the message with this sequence number. */
async function textAt(person, link, seq) {
  const answer = await person.page.request.get(`/api/messages?roomId=${roomIdOf(link)}&after=${seq - 1}&limit=1`)
  const { messages } = await answer.json()
  return messages[0].text
}

/** Records from now on which elements of the list change. */
function watchElements(person) {
  return person.log.evaluate((log) => {
    window.touched = []
    new MutationObserver((records) => {
      for (const record of records) window.touched.push(...record.addedNodes, ...record.removedNodes)
    }).observe(log, { childList: true, subtree: true })
  })
}

function touchedArticles(person) {
  return person.page.evaluate(
    () => window.touched.filter((node) => node instanceof Element && node.matches("article")).length,
  )
}

function placeOf(message) {
  return message.evaluate((element) => element.getBoundingClientRect().top)
}

test("with thousands of messages the newest appear at once, older ones load, and nothing jumps", async ({
  ann,
  bob,
  request,
}) => {
  const link = await createPlainRoom(request)
  await ann.joinRoom(link)
  await bob.joinRoom(link)
  await fill(ann, link, COUNT)
  await ann.expectMessage(await textAt(ann, link, COUNT))

  await test.step("a reload shows the newest ones, and one can write", async () => {
    await bob.reload()
    await expect(bob.message(await textAt(bob, link, COUNT))).toBeInViewport()
    await bob.sendMessage("right after the reload")
    await ann.expectMessage("right after the reload")
    expect(await bob.messages.count()).toBeLessThan(MOST_ELEMENTS)
  })

  await test.step("a message changes its own element, and sometimes a few far from the screen", async () => {
    for (const person of [ann, bob]) await watchElements(person)
    for (const text of ["one more", "and another"]) {
      await bob.sendMessage(text)
      await ann.expectMessage(text)
    }
    for (const person of [ann, bob]) expect(await touchedArticles(person)).toBeLessThanOrEqual(40)
    expect(await ann.messages.count()).toBeLessThan(MOST_ELEMENTS)
  })

  await test.step("scrolling up leads to the first message, and the page keeps a window of them only", async () => {
    const first = bob.message(await textAt(bob, link, 1))
    await expect(async () => {
      await bob.scroller.evaluate((element) => (element.scrollTop = 0))
      expect(await first.count()).toBe(1)
    }).toPass({ intervals: [10], timeout: 60_000 })
    await bob.scroller.evaluate((element) => (element.scrollTop = 0))
    await expect(first).toBeInViewport()
    expect(await bob.messages.count()).toBeLessThan(MOST_ELEMENTS)
  })

  await test.step("what is being read stays in place when a message arrives", async () => {
    const reading = bob.messages.nth(8)
    await bob.scroller.evaluate((element) => element.scrollBy(0, 60))
    await expect(reading).toBeInViewport()
    const before = await placeOf(reading)
    await ann.sendMessage("news")
    await expect(bob.button("1 new message")).toBeVisible()
    expect(await placeOf(reading)).toBe(before)
    await bob.button("1 new message").click()
    await expect(bob.message("news")).toBeInViewport()
  })
})
