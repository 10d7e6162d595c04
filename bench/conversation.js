// Two pages that talk, in a short and in a long conversation: node bench/conversation.js BASE_URL VISITS

import { atMost, button, composer, createRoom, median, printRows, row } from "./browser.js"

const [baseUrl, visits] = process.argv.slice(2)

const SHORT = 20
const LONG = 4_900
const AT_ONCE = 20
const SAMPLES = 10 * Number(visits)
const MAX_GROWTH = 1.3
const MAX_TASK_MS = 50
const MAX_RELOAD_MS = 1_000

/**
 * In the page: records long tasks, when Enter was pressed, and when each text was first drawn. Times are in
 * milliseconds since the Unix epoch, by the same clock in both pages.
 */
function watch() {
  const now = () => performance.timeOrigin + performance.now()
  window.longTasks = []
  window.drawn = {}
  window.pressed = 0
  const note = ({ startTime, duration }) =>
    window.longTasks.push({ at: performance.timeOrigin + startTime, ms: duration })
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "longtask", buffered: true })
  const onKey = ({ key }) => {
    if (key === "Enter") window.pressed = now()
  }
  addEventListener("keydown", onKey, true)
  const drawn = (node) => {
    const text = node.querySelector?.("[data-part=text]")?.textContent
    if (text) requestAnimationFrame(() => setTimeout(() => (window.drawn[text] ??= now())))
  }
  const added = (records) => records.forEach(({ addedNodes }) => addedNodes.forEach(drawn))
  new MutationObserver(added).observe(document, { childList: true, subtree: true })
}

/** Joins a room in a browser of its own. */
async function join(browser, path) {
  const page = await (await browser.newContext({ baseURL: baseUrl })).newPage()
  await page.addInitScript(watch)
  await page.goto(path)
  await button(page, "Join").click()
  await composer(page).waitFor()
  return page
}

/** Makes a room without encryption, so that a program can fill it. */
async function createPlainRoom() {
  const { roomId } = await (await fetch(`${baseUrl}/api/room/create`, { method: "POST" })).json()
  return roomId
}

/** Sends messages as a program, with the first person's cookie. */
async function fill(page, roomId, from, to) {
  let next = from
  const send = async () => {
    while (next <= to) {
      const data = { sender: "A program", text: `filler ${next++}, as long as many a message is` }
      const answer = await page.request.post(`/api/messages?roomId=${roomId}`, { data })
      if (!answer.ok()) throw new Error(`filling failed with ${answer.status()}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
}

/** The time from Enter in one page until the text is drawn in the other. */
async function deliver([from, to], label) {
  const times = []
  const beganMs = await to.evaluate(() => performance.timeOrigin + performance.now())
  for (let count = 0; count < SAMPLES; count += 1) {
    const text = `${label} ${count}`
    await composer(from).fill(text)
    await composer(from).press("Enter")
    const drawnMs = await (await to.waitForFunction((text) => window.drawn[text], text, { polling: 5 })).jsonValue()
    times.push(drawnMs - (await from.evaluate(() => window.pressed)))
  }
  const longTasks = (page) =>
    page.evaluate((beganMs) => window.longTasks.filter(({ at }) => at >= beganMs).map(({ ms }) => ms), beganMs)
  const longest = Math.max(0, ...(await longTasks(from)), ...(await longTasks(to)))
  return { p50Ms: median(times), longestTaskMs: Math.round(longest) }
}

/** The time of a reload until the newest message is drawn. */
async function reload(page) {
  const once = async () => {
    await page.reload()
    const drawn = await page.waitForFunction(() => Object.values(window.drawn)[0], null, { polling: 5 })
    return (await drawn.jsonValue()) - (await page.evaluate(() => performance.timeOrigin))
  }
  return median(await Array.fromAsync({ length: 5 }, once))
}

async function longConversation(browser) {
  const roomId = await createPlainRoom()
  const pages = [await join(browser, `/room/${roomId}`), await join(browser, `/room/${roomId}`)]
  await fill(pages[0], roomId, 1, SHORT)
  await deliver(pages, "warming up")
  const short = await deliver(pages, "short")
  // The messages delivered so far count, too: a room holds 5,000 messages.
  await fill(pages[0], roomId, SHORT + 1, LONG - 2 * SAMPLES)
  const long = await deliver(pages, "long")
  const elements = await pages[1].getByRole("article").count()
  const reloadMs = await reload(pages[1])
  await Promise.all(pages.map((page) => page.context().close()))
  const growth = long.p50Ms / short.p50Ms
  const longest = long.longestTaskMs > 0 ? `${long.longestTaskMs} ms` : `none over ${MAX_TASK_MS} ms`
  return [
    row(`Enter to drawn, ${LONG} messages`, `${long.p50Ms} ms`, {
      baseline: `${SHORT} messages: ${short.p50Ms} ms`,
      ratio: growth,
      target: `≤ ${MAX_GROWTH}`,
      isMet: growth <= MAX_GROWTH,
    }),
    row("longest task while messages arrive", longest, atMost(MAX_TASK_MS, long.longestTaskMs)),
    row(`reload with ${LONG} messages, newest drawn`, `${reloadMs} ms`, atMost(MAX_RELOAD_MS, reloadMs)),
    row("messages in the page at once", String(elements)),
  ]
}

/** The time from pressing Join until the first message, sent before, can be read. */
async function joinToFirstMessage(browser, isEncrypted) {
  const { page, link } = isEncrypted ? await createRoom(await browser.newContext(), baseUrl) : await plainRoom(browser)
  await composer(page).fill("the first message")
  await composer(page).press("Enter")
  await page.getByText("the first message").waitFor()
  const guest = await (await browser.newContext({ baseURL: baseUrl })).newPage()
  await guest.addInitScript(watch)
  await guest.goto(link)
  const joined = button(guest, "Join")
  await joined.evaluate((it) => it.addEventListener("click", () => (window.joinedMs = performance.now()), true))
  // A person reads the door, and the conversation's modules load meanwhile.
  await guest.waitForFunction(() => document.querySelector("#inside-modules").content.childElementCount === 0)
  await guest.waitForLoadState("networkidle")
  await joined.click()
  const drawn = await guest.waitForFunction(() => window.drawn["the first message"], null, { polling: 5 })
  const joinedMs = await guest.evaluate(() => performance.timeOrigin + window.joinedMs)
  const took = (await drawn.jsonValue()) - joinedMs
  await Promise.all([page, guest].map((one) => one.context().close()))
  return took
}

async function plainRoom(browser) {
  const link = `/room/${await createPlainRoom()}`
  return { page: await join(browser, link), link }
}

async function joins(browser) {
  const [encrypted, plain] = [[], []]
  for (let count = 0; count < Number(visits); count += 1) {
    encrypted.push(await joinToFirstMessage(browser, true))
    plain.push(await joinToFirstMessage(browser, false))
  }
  const [encryptedMs, plainMs] = [median(encrypted), median(plain)]
  const beside = { baseline: `not encrypted: ${plainMs} ms`, ratio: encryptedMs / plainMs }
  return row("Join to the first message read, encrypted", `${encryptedMs} ms`, beside)
}

await printRows(async (browser) => [...(await longConversation(browser)), await joins(browser)])
