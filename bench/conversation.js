// What a message takes between two pages, in a short and in a long conversation, and what a reload of the long one takes. Prints
// JSON: node bench/conversation.js BASE_URL MESSAGES SAMPLES

import { chromium } from "@playwright/test"

import { findChromium } from "../tests/browser/chromium.js"

const [baseUrl, messages, samples] = process.argv.slice(2)
const SHORT = 20
const AT_ONCE = 20

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

/** In the page: notes down long tasks, and when each text was first drawn. Times are epoch milliseconds, the same in both pages. */
function watch() {
  const now = () => performance.timeOrigin + performance.now()
  window.longTasks = []
  window.drawn = {}
  window.pressed = 0
  new PerformanceObserver((list) => {
    window.longTasks.push(
      ...list.getEntries().map(({ startTime, duration }) => ({ at: performance.timeOrigin + startTime, ms: duration })),
    )
  }).observe({ type: "longtask", buffered: true })
  addEventListener(
    "keydown",
    ({ key }) => {
      if (key === "Enter") window.pressed = now()
    },
    true,
  )
  const drawn = (node) => {
    const text = node.querySelector?.("[data-part=text]")?.textContent
    if (text) requestAnimationFrame(() => setTimeout(() => (window.drawn[text] ??= now())))
  }
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) drawn(node)
  }).observe(document, { childList: true, subtree: true })
}

/** Both people, in a plain room. */
async function meet(browser) {
  const { roomId } = await (await fetch(`${baseUrl}/api/room/create`, { method: "POST" })).json()
  const pages = []
  for (let person = 0; person < 2; person += 1) {
    const context = await browser.newContext({ baseURL: baseUrl })
    const page = await context.newPage()
    await page.addInitScript(watch)
    await page.goto(`/room/${roomId}`)
    await page.getByRole("button", { name: "Join", exact: true }).click()
    await composer(page).waitFor()
    pages.push(page)
  }
  return { roomId, pages }
}

const composer = (page) => page.getByRole("textbox", { name: "Message", exact: true })

/** Says so much as a program, with the first person's cookie. */
async function fill(page, roomId, from, to) {
  let next = from
  const say = async () => {
    while (next <= to) {
      const data = { sender: "A program", text: `filler ${next++}, as long as many a message is` }
      const answer = await page.request.post(`/api/messages?roomId=${roomId}`, { data })
      if (!answer.ok()) throw new Error(`filling failed with ${answer.status()}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, say))
}

/** From Enter in the one page until the text is drawn in the other. */
async function deliver([from, to], label) {
  const times = []
  const beganMs = await to.evaluate(() => performance.timeOrigin + performance.now())
  for (let count = 0; count < Number(samples); count += 1) {
    const text = `${label} ${count}`
    await composer(from).fill(text)
    await composer(from).press("Enter")
    const drawnMs = await (await to.waitForFunction((text) => window.drawn[text], text, { polling: 5 })).jsonValue()
    times.push(drawnMs - (await from.evaluate(() => window.pressed)))
  }
  const longest = await Promise.all(
    [from, to].map((page) =>
      page.evaluate(
        (beganMs) => Math.max(0, ...window.longTasks.filter(({ at }) => at >= beganMs).map(({ ms }) => ms)),
        beganMs,
      ),
    ),
  )
  return { p50Ms: median(times), longestTaskMs: Math.round(Math.max(...longest)) }
}

/** A reload, until the newest message is drawn. */
async function reload(page) {
  const times = []
  for (let count = 0; count < 5; count += 1) {
    await page.reload()
    const drawn = await page.waitForFunction(() => Object.values(window.drawn)[0], null, { polling: 5 })
    times.push((await drawn.jsonValue()) - (await page.evaluate(() => performance.timeOrigin)))
  }
  return median(times)
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)] * 10) / 10
}

const browser = await chromium.launch({ executablePath: findChromium(), args: ARGS })
try {
  const { roomId, pages } = await meet(browser)
  await fill(pages[0], roomId, 1, SHORT)
  await deliver(pages, "warming up")
  const short = await deliver(pages, "short")
  await fill(pages[0], roomId, SHORT + 1, Number(messages))
  const long = await deliver(pages, "long")
  const elements = await pages[1].getByRole("article").count()
  const reloadMs = await reload(pages[1])
  console.log(JSON.stringify({ messages: Number(messages), short, long, elements, reloadMs }))
} finally {
  await browser.close()
}
