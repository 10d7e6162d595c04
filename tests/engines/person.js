// A person in any engine. tests/browser/person.js has more methods, but needs Playwright.

import { setTimeout as pause } from "node:timers/promises"

const LIMIT_MS = 20_000
const BETWEEN_LOOKS_MS = 50

export class Person {
  #browser
  #baseUrl
  tab

  static async in(engine, baseUrl) {
    const browser = await engine()
    const person = new Person(browser, baseUrl)
    person.tab = await browser.firstTab()
    return person
  }

  constructor(browser, baseUrl) {
    this.#browser = browser
    this.#baseUrl = baseUrl
  }

  close() {
    return this.#browser.close()
  }

  /** Polls the page until `look` returns something true. @returns {Promise<any>} what `look` returned */
  async until(what, look, argument, limitMs = LIMIT_MS) {
    const end = performance.now() + limitMs
    for (;;) {
      const found = await this.#look(look, argument)
      if (found) return found
      if (performance.now() > end) throw new Error(`did not come: ${what}. The page says: ${await this.textOf("body")}`)
      await pause(BETWEEN_LOOKS_MS)
    }
  }

  /** A look fails while the tab navigates. */
  async #look(look, argument) {
    try {
      return await this.tab.evaluate(look, argument)
    } catch {
      return null
    }
  }

  textOf(selector) {
    return this.tab.evaluate((selector) => document.querySelector(selector).innerText, selector)
  }

  waitUntilVisible(selector) {
    return this.until(selector, (selector) => document.querySelector(selector)?.checkVisibility(), selector)
  }

  async click(selector) {
    await this.waitUntilVisible(selector)
    await this.tab.click(selector)
  }

  async createRoom() {
    await this.tab.goto(`${this.#baseUrl}/`)
    await this.click("[data-create] [type=submit]")
    await this.waitUntilVisible("[data-share-link]")
    return this.until("the link", () => document.querySelector("[data-share-link]").value)
  }

  async joinRoom(link) {
    await this.tab.goto(link)
    await this.click("[data-door] [type=submit]")
    await this.waitUntilVisible("#text")
  }

  async openTab() {
    const address = await this.tab.evaluate(() => location.href)
    this.tab = await this.#browser.newTab()
    await this.tab.goto(address)
  }

  reload() {
    return this.tab.reload()
  }

  async sendMessage(text) {
    await this.waitUntilVisible("#text")
    await this.tab.enter("#text", text)
  }

  expectMessage(text) {
    const look = (text) =>
      [...document.querySelectorAll("[data-list] article[data-state=sent] [data-part=text]")].filter(
        (part) => part.innerText.trim() === text,
      ).length === 1
    return this.until(`“${text}”`, look, text)
  }

  expectStatus(words) {
    const look = (words) => document.querySelector("[data-status]")?.innerText === words
    return this.until(words, look, words)
  }

  readFourWords() {
    const look = () => {
      const words = document.querySelector("[data-safety-words]")
      return words?.checkVisibility() && /^[a-z]+( [a-z]+){3}$/.test(words.innerText) && words.innerText
    }
    return this.until("four words", look)
  }

  keepOpen() {
    return this.click("[data-bar-button]")
  }

  async destroyRoom() {
    await this.click("[popovertarget=menu]")
    await this.click("[data-destroy]")
    await this.click("[data-destroy-now]")
  }

  async expectEnded(reason) {
    await this.waitUntilVisible("[data-scene=ended]")
    await this.until(
      reason,
      (reason) => document.querySelector("[data-ended-reason]").innerText.includes(reason),
      reason,
    )
  }
}
