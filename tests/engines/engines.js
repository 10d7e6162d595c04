// The three engines. Each gives a person a browser with its own profile, with the methods `firstTab`, `newTab` and
// `close`.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { chromium } from "@playwright/test"

import { findChromium } from "../browser/chromium.js"
import { freePort, overHttp, overMarionette } from "./webdriver.js"

const MINI_BROWSERS = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`)
/** The arguments of an X server that chooses the first free display. */
const NEW_DISPLAY = ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]

export const ENGINES = { chromium: startChromium, firefox: startFirefox, webkit: startWebKit }

async function startChromium() {
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] })
  const context = await browser.newContext()
  const newTab = async () => withEnter(await context.newPage())
  return { firstTab: newTab, newTab, close: () => browser.close() }
}

function withEnter(page) {
  page.enter = async (selector, text) => {
    await page.locator(selector).fill(text)
    await page.locator(selector).press("Enter")
  }
  return page
}

async function startFirefox() {
  const profile = await mkdtemp(join(tmpdir(), "duet-firefox-"))
  const port = await freePort()
  await writeFile(join(profile, "user.js"), `user_pref("marionette.port", ${port});\n`)
  const program = process.env.FIREFOX_BIN ?? "firefox-esr"
  const child = spawn(program, ["--headless", "--marionette", "--no-remote", "--profile", profile], { stdio: "ignore" })
  const close = async () => {
    await waitForExit(child)
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  return withSession(() => overMarionette(port), close)
}

async function startWebKit() {
  const display = spawn("Xvfb", NEW_DISPLAY, { stdio: ["ignore", "ignore", "ignore", "pipe"] })
  const [number] = await once(display.stdio[3], "data")
  const port = await freePort()
  const env = { ...process.env, DISPLAY: `:${String(number).trim()}` }
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" })
  const options = { binary: MINI_BROWSERS.find(existsSync), args: ["--automation"] }
  const close = async () => {
    await waitForExit(driver)
    await waitForExit(display)
  }
  return withSession(() => overHttp(port, { alwaysMatch: { "webkitgtk:browserOptions": options } }), close)
}

async function withSession(open, close) {
  try {
    const session = await open()
    return { firstTab: () => session.firstTab(), newTab: () => session.newTab(), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function waitForExit(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const end = once(child, "exit")
  child.kill()
  await end
}
