// First visits to the lobby and to a room: node bench/visits.js BASE_URL VISITS

import { atMost, createRoom, median, printRows, row } from "./browser.js"
import { startProxy } from "./proxy.js"

const [baseUrl, visits] = process.argv.slice(2)

const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 }
const SLOW_CPU = { rate: 4 }
const MAX_MS_ON_SLOW_4G = 900
const MAX_BYTES = 50_000
const MAX_TASK_MS = 50

/** In the page: records tasks over 50 ms. */
function watchLongTasks() {
  window.longTasks = []
  const observer = new PerformanceObserver((list) => {
    window.longTasks.push(...list.getEntries().map(({ duration }) => duration))
  })
  observer.observe({ type: "longtask", buffered: true })
}

/** In the page: logs when the lobby's modules have run. */
function watchLobby() {
  addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => console.log("usable", performance.now())))
}

/** In the page: presses Join as soon as the door shows it, types, and logs when the text stands in the field. */
function joinAndType() {
  const isShown = (selector) => document.querySelector(selector).getClientRects().length > 0
  let hasJoined = false
  const look = () => {
    if (!hasJoined && isShown("[data-door] button")) {
      hasJoined = true
      document.querySelector("[data-door] button").click()
    }
    if (!hasJoined || !isShown("[data-composer] textarea")) return requestAnimationFrame(look)
    document.querySelector("[data-composer] textarea").focus()
    if (!document.execCommand("insertText", false, "hello")) return requestAnimationFrame(look)
    console.log("usable", performance.now())
  }
  addEventListener("DOMContentLoaded", look)
}

/**
 * One visit by a fresh browser. A script in the page finds out when it is usable: Playwright's own scripts would run on
 * the slowed processor too, and take a quarter of the time.
 */
async function visit(browser, proxy, { address, script, isSlow }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  try {
    const page = await context.newPage()
    if (isSlow) await slowDown(page)
    else await page.addInitScript(watchLongTasks)
    await page.addInitScript(script)
    Object.assign(proxy, { fileBytes: 0, fileRequests: 0, apiRequests: 0 })
    const usable = page.waitForEvent("console", (message) => message.text().startsWith("usable "))
    const [logged] = await Promise.all([usable, page.goto(address, { waitUntil: "commit" })])
    const usableMs = Number(logged.text().split(" ")[1])
    const usableBytes = proxy.fileBytes
    await page.waitForLoadState("networkidle")
    const longTasks = await page.evaluate(() => window.longTasks ?? [])
    const { fileBytes, fileRequests, apiRequests } = proxy
    return { usableMs, usableBytes, longestTaskMs: Math.max(0, ...longTasks), fileBytes, fileRequests, apiRequests }
  } finally {
    await context.close()
  }
}

async function slowDown(page) {
  const devTools = await page.context().newCDPSession(page)
  await devTools.send("Network.enable")
  await devTools.send("Network.emulateNetworkConditions", SLOW_4G)
  await devTools.send("Emulation.setCPUThrottlingRate", SLOW_CPU)
}

/** The medians of several visits. */
async function visitOften(browser, proxy, about) {
  const all = []
  for (let count = 0; count < Number(visits); count += 1) {
    all.push(await visit(browser, proxy, { ...about, address: await about.address() }))
  }
  const of = (figure) => median(all.map((one) => one[figure]))
  const highest = (figure) => Math.max(...all.map((one) => one[figure]))
  return {
    ...all[0],
    usableMs: of("usableMs"),
    usableBytes: highest("usableBytes"),
    longestTaskMs: of("longestTaskMs"),
  }
}

function rowsOf(name, usable, fast, slow) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`
  const longestMs = fast.longestTaskMs
  const longest = longestMs > 0 ? `${longestMs.toFixed(0)} ms` : `none over ${MAX_TASK_MS} ms`
  return [
    // On a slow network, nothing that is not needed arrives meanwhile.
    row(`${name}: bytes ${usable}`, kilobytes(slow.usableBytes), {
      target: `≤ ${kilobytes(MAX_BYTES)}`,
      isMet: slow.usableBytes <= MAX_BYTES,
    }),
    row(`${name}: bytes in all`, kilobytes(fast.fileBytes)),
    row(`${name}: requests`, `${fast.fileRequests} files, ${fast.apiRequests} to the API`),
    row(`${name}: longest task`, longest, atMost(MAX_TASK_MS, longestMs)),
    row(`${name}: ${usable}`, `${fast.usableMs.toFixed(0)} ms`),
    row(`${name}: ${usable}, slow 4G`, `${slow.usableMs.toFixed(0)} ms`, atMost(MAX_MS_ON_SLOW_4G, slow.usableMs)),
  ]
}

await printRows(async (browser) => {
  const proxy = await startProxy(baseUrl)
  const lobby = { address: () => proxy.url, script: watchLobby }
  const host = await browser.newContext({ ignoreHTTPSErrors: true })
  const address = async () => {
    const { page, link } = await createRoom(host, proxy.url)
    await page.close()
    return link
  }
  const room = { address, script: joinAndType }
  const measure = async (about) => [
    await visitOften(browser, proxy, { ...about, isSlow: false }),
    await visitOften(browser, proxy, { ...about, isSlow: true }),
  ]
  const rows = [
    ...rowsOf("lobby", "until a room can be made", ...(await measure(lobby))),
    ...rowsOf("room", "until a message can be typed", ...(await measure(room))),
  ]
  proxy.close()
  return rows
})
