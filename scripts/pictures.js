// Makes the README's pictures and the app's icons from the running product: `npm run pictures`.

import { mkdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

import { chromium, expect } from "@playwright/test"

import { findChromium } from "../tests/browser/chromium.js"
import { Person } from "../tests/browser/person.js"
import { startStack } from "../tests/browser/stack.js"

const PICTURES = fileURLToPath(new URL("../docs/pictures/", import.meta.url))
const ICONS = fileURLToPath(new URL("../public/icons/", import.meta.url))
const PHONE = { width: 390, height: 844 }
const DESK = { width: 1100, height: 844 }

const CONVERSATION = [
  ["ann", "Did the link work?"],
  ["bob", "It did. The words match on my side, too."],
  ["ann", "Good. The key is under the third pot, the blue one."],
  ["ann", "Code for the gate:\n```\n4 7 1 1 #\n```"],
  ["bob", "Got it. See you at eight."],
]

/** Icons by name: the width in pixels, and how much of it the two dots take. */
const SIZES = { 180: [180, 0.7], 192: [192, 0.74], 512: [512, 0.74], maskable: [512, 0.56] }

const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] })
const stack = await startStack("embedded", {})
try {
  for (const folder of [PICTURES, ICONS]) mkdirSync(folder, { recursive: true })
  await drawIcons()
  await takePictures()
} finally {
  await browser.close()
  await stack.stop()
}

async function drawIcons() {
  const svg = readFileSync(new URL("../public/favicon.svg", import.meta.url), "utf8")
  for (const [name, [size, share]] of Object.entries(SIZES)) {
    const page = await browser.newPage({ viewport: { width: size, height: size } })
    const style = "margin:0;display:grid;place-items:center;height:100vh;background:#fbfaf8"
    await page.setContent(`<body style="${style}">${svg.replace("<svg ", `<svg width="${size * share}" `)}`)
    await page.screenshot({ path: `${ICONS}${name}.png` })
    await page.close()
  }
}

async function takePictures() {
  const [ann, bob] = [await person(DESK, "light"), await person(PHONE, "dark")]
  const visitor = await person(PHONE, "light")
  await visitor.open("/")
  await take(visitor, "lobby")
  await bob.joinRoom(await ann.createRoom(), { as: "Bob" })
  await expect(ann.button("They match")).toBeVisible()
  for (const { page } of [ann, bob]) await page.getByRole("button", { name: "They match" }).click()
  for (const [name, text] of CONVERSATION) {
    const [from, to] = name === "ann" ? [ann, bob] : [bob, ann]
    await from.sendMessage(text)
    await expect(to.messages.last()).toContainText(text.split("\n")[0])
  }
  await expect(bob.log.getByText("Seen", { exact: true }).filter({ visible: true })).toHaveCount(1)
  await take(ann, "room")
  await take(bob, "phone")
}

/**
 * @param {{width: number, height: number}} viewport
 * @param {"light" | "dark"} colorScheme
 */
async function person(viewport, colorScheme) {
  const options = { baseURL: stack.baseUrl, viewport, colorScheme, locale: "en-GB", reducedMotion: "reduce" }
  return new Person(await browser.newContext(options))
}

/**
 * @param {Person} person
 * @param {string} name
 */
async function take({ page }, name) {
  await page.evaluate(() => document.activeElement?.blur())
  await page.screenshot({ path: `${PICTURES}${name}.png` })
}
