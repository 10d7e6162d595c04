// First visits to the lobby and to a room: node bench/visits.js BASE_URL VISITS

import { atMost, createRoom, median, printRows, row } from "./browser.js"
import { startProxy } from "./proxy.js"

const [baseUrl, visits] = process.argv.slice(2)

const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 }
const MAX_MS_ON_SLOW_4G = 900
const MAX_BYTES = 50_000
const MAX_TASK_MS = 50

/** In the page: records tasks over 50 ms. */
function watchLongTasks() {
  window.longTasks = []
  const record = (list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration))
  new PerformanceObserver(record).observe({ type: "longtask", buffered: true })
}

/** In the page: logs when the lobby's modules have run. */
function watchLobby() {
  addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => console.log("usable", performance.now())))
}

/** In the page: presses Join as soon as the door shows it, types, and logs when the text stands in the field. */
function joinAndType() {
  const shown = (selector) => [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length > 0)
  const look = () => {
    shown("[data-door] button")?.click()
    const field = shown("[data-composer] textarea")
    field?.focus()
    if (!field || !document.execCommand("insertText", false, "hello")) return requestAnimationFrame(look)
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
  await devTools.send("Emulation.setCPUThrottlingRate", { rate: 4 })
}

/** The medians of several visits. */
async function visitOften(browser, proxy, about) {
  const once = async () => visit(browser, proxy, { ...about, address: await about.address() })
  const all = await Array.fromAsync({ length: Number(visits) }, once)
  const [usableMs, longestTaskMs] = ["usableMs", "longestTaskMs"].map((name) => median(all.map((one) => one[name])))
  return { ...all[0], usableMs, longestTaskMs, usableBytes: Math.max(...all.map((one) => one.usableBytes)) }
}

function rowsOf(name, usable, fast, slow) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`
  const longest = fast.longestTaskMs > 0 ? `${fast.longestTaskMs.toFixed(0)} ms` : `none over ${MAX_TASK_MS} ms`
  // On a slow network, nothing that is not needed arrives meanwhile.
  const isMet = slow.usableBytes <= MAX_BYTES
  return [
    row(`${name}: bytes ${usable}`, kilobytes(slow.usableBytes), { target: `≤ ${kilobytes(MAX_BYTES)}`, isMet }),
    row(`${name}: bytes in all`, kilobytes(fast.fileBytes)),
    row(`${name}: requests`, `${fast.fileRequests} files, ${fast.apiRequests} to the API`),
    row(`${name}: longest task`, longest, atMost(MAX_TASK_MS, fast.longestTaskMs)),
    row(`${name}: ${usable}`, `${fast.usableMs.toFixed(0)} ms`),
    row(`${name}: ${usable}, slow 4G`, `${slow.usableMs.toFixed(0)} ms`, atMost(MAX_MS_ON_SLOW_4G, slow.usableMs)),
  ]
}

await printRows(async (browser) => {
  const proxy = await startProxy(baseUrl)
  const host = await browser.newContext({ ignoreHTTPSErrors: true })
  const address = async () => {
    const { page, link } = await createRoom(host, proxy.url)
    await page.close()
    return link
  }
  const measure = async (about) => [
    await visitOften(browser, proxy, { ...about, isSlow: false }),
    await visitOften(browser, proxy, { ...about, isSlow: true }),
  ]
  const lobby = await measure({ address: () => proxy.url, script: watchLobby })
  const room = await measure({ address, script: joinAndType })
  proxy.close()
  return [
    ...rowsOf("lobby", "until a room can be made", ...lobby),
    ...rowsOf("room", "until a message can be typed", ...room),
  ]
})
