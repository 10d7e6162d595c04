// Shared by the measurements in a browser.

import { chromium } from "@playwright/test"

import { findChromium } from "../tests/browser/chromium.js"

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

/**
 * A row of the table.
 * @param {string} what
 * @param {string} figure
 * @param {{baseline?: string, ratio?: number, target?: string, isMet?: boolean}} [beside]
 */
export function row(what, figure, { baseline = "", ratio, target = "", isMet } = {}) {
  const verdict = target && (isMet ? "met" : "missed")
  return [ratio?.toFixed(2) ?? "", what, figure, baseline, target, verdict]
}

/** A figure in milliseconds and its upper limit. */
export function atMost(limitMs, figureMs) {
  return { target: `≤ ${limitMs} ms`, isMet: figureMs <= limitMs }
}

/**
 * Measures with a browser, and prints the rows as JSON.
 * @param {(browser: import("@playwright/test").Browser) => Promise<string[][]>} measure
 */
export async function printRows(measure) {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ARGS })
  try {
    console.log(JSON.stringify(await measure(browser)))
  } finally {
    await browser.close()
  }
}

/** The field for a message. */
export const composer = (page) => page.getByRole("textbox", { name: "Message", exact: true })

/** The button with this name. */
export const button = (page, name) => page.getByRole("button", { name, exact: true })

/** The median, rounded to a tenth. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)] * 10) / 10
}

/** Makes a room in the lobby, and returns its page and its link. */
export async function createRoom(context, baseUrl) {
  const page = await context.newPage()
  await page.goto(baseUrl)
  await button(page, "Create a private room").click()
  const field = page.getByLabel("Link to this room")
  await page.waitForFunction((input) => input.value.includes("#"), await field.elementHandle())
  return { page, link: await field.inputValue() }
}
