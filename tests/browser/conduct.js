// What no page may ever do, whatever a test is about: complain in the console, break, or talk to anybody else.

import { expect } from "@playwright/test"

export class Conduct {
  #origin
  /** @type {string[]} */
  #faults = []

  /** @param {string} baseUrl where the pages come from */
  constructor(baseUrl) {
    this.#origin = new URL(baseUrl).origin
  }

  /** @param {import("@playwright/test").BrowserContext} context */
  watch(context) {
    context.on("request", (request) => this.#checkAddress(request.url()))
    context.on("console", (message) => this.#checkConsole(message))
    context.on("weberror", (error) => this.#faults.push(`uncaught: ${error.error().stack}`))
  }

  /** Fails with everything that was seen. */
  expectFaultless() {
    expect(this.#faults, "what the pages did wrong").toEqual([])
  }

  #checkAddress(url) {
    if (new URL(url).origin !== this.#origin) this.#faults.push(`request to ${url}`)
  }

  #checkConsole(message) {
    if (!["error", "warning"].includes(message.type()) || this.#isRefusal(message)) return
    this.#faults.push(`${message.type()}: ${message.text()} (${message.location().url})`)
  }

  /** A call that the API refuses, or that the network does not let through, is told by the browser itself. */
  #isRefusal(message) {
    return message.text().startsWith("Failed to load resource") && message.location().url.includes(`${this.#origin}/api/`)
  }
}
