// Visits the pages as a newcomer does, and prints what that took as JSON: node bench/pages.js BASE_URL VISITS

import { gzipSync } from "node:zlib"

import { chromium } from "@playwright/test"

import { findChromium } from "../tests/browser/chromium.js"

const [baseUrl, visits] = process.argv.slice(2)

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

/** Reports long tasks, which are those over 50 ms, to `window.longTasks`, from the first one on. */
function watchLongTasks() {
  window.longTasks = []
  const observer = new PerformanceObserver((list) => {
    window.longTasks.push(...list.getEntries().map(({ duration }) => duration))
  })
  observer.observe({ type: "longtask", buffered: true })
}

/**
 * One visit by somebody who was never here.
 * @param {import("@playwright/test").Browser} browser
 * @param {string} address
 * @param {(page: import("@playwright/test").Page) => Promise<void>} untilUsable
 */
async function visit(browser, address, untilUsable) {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const responses = []
    page.on("response", (response) => responses.push(response))
    await page.addInitScript(watchLongTasks)
    const beganMs = performance.now()
    await page.goto(address)
    await untilUsable(page)
    const usableMs = performance.now() - beganMs
    await page.waitForLoadState("networkidle")
    const longTasks = await page.evaluate(() => window.longTasks)
    return { usableMs, longestTaskMs: Math.max(0, ...longTasks), ...(await weigh(responses)) }
  } finally {
    await context.close()
  }
}

async function weigh(responses) {
  const isFile = (response) => !new URL(response.url()).pathname.startsWith("/api/")
  const files = responses.filter(isFile)
  const bodies = await Promise.all(files.map((response) => response.body()))
  const sum = (sizes) => sizes.reduce((all, size) => all + size, 0)
  return {
    requests: responses.length,
    apiRequests: responses.length - files.length,
    files: files.map((response, place) => ({
      path: new URL(response.url()).pathname.replace(/^\/room\/.*/, "/room/*"),
      bytes: bodies[place].length,
    })),
    bytes: sum(bodies.map((body) => body.length)),
    gzippedBytes: sum(bodies.map((body) => gzipSync(body, { level: 9 }).length)),
  }
}

/** Several visits, and the median of their times: a task's length is wall time, and others use the machine too. */
async function visitOften(browser, about, address, untilUsable) {
  const all = []
  for (let count = 0; count < Number(visits); count++) all.push(await visit(browser, await address(), untilUsable))
  return { ...about, ...all[0], usableMs: medianOf(all, "usableMs"), longestTaskMs: medianOf(all, "longestTaskMs") }
}

function medianOf(all, figure) {
  const sorted = all.map((one) => one[figure]).sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)])
}

/** Somebody makes a room in the lobby and hands on its link. */
async function invite(browser) {
  const page = await browser.newPage()
  await page.goto(baseUrl)
  await page.getByRole("button", { name: "Create a private room", exact: true }).click()
  const field = page.getByLabel("Link to this room")
  await field.and(page.locator("input:not([value=''])")).or(field).waitFor()
  let link = ""
  while (!link.includes("#")) link = await field.inputValue()
  return link
}

const composer = (page) => page.getByRole("textbox", { name: "Message", exact: true })

async function join(page) {
  await page.getByRole("button", { name: "Join", exact: true }).click()
  await composer(page).fill("hello")
}

const browser = await chromium.launch({ executablePath: findChromium(), args: ARGS })
try {
  const lobby = { page: "lobby", limitBytes: 20_000, usable: "until a room can be made" }
  const room = { page: "room", limitBytes: 50_000, usable: "until a message can be typed" }
  const lobbyIsUsable = (page) =>
    page.getByRole("button", { name: "Create a private room", exact: true }).click({ trial: true })
  console.log(
    JSON.stringify([
      await visitOften(browser, lobby, () => baseUrl, lobbyIsUsable),
      await visitOften(browser, room, () => invite(browser), join),
    ]),
  )
} finally {
  await browser.close()
}
