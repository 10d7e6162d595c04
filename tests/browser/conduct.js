// What no page may ever do, whatever a test is about: complain in the console, break, or talk to anybody else.

import { expect } from "@playwright/test"

export class Conduct {
  #origins
  /** @type {string[]} */
  #unsteady = []
  /** @type {string[]} */
  #faults = []

  /** @param {string} baseUrl where the pages come from */
  constructor(baseUrl) {
    this.#origins = [new URL(baseUrl).origin]
  }

  /** @param {string} baseUrl another way to the same place, on which connections may fail */
  allowUnsteady(baseUrl) {
    this.#origins.push(new URL(baseUrl).origin)
    this.#unsteady.push(new URL(baseUrl).origin)
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
    if (!this.#origins.includes(new URL(url).origin)) this.#faults.push(`request to ${url}`)
  }

  #checkConsole(message) {
    if (!["error", "warning"].includes(message.type()) || this.#isRefusal(message)) return
    this.#faults.push(`${message.type()}: ${message.text()} (${message.location().url})`)
  }

  /** A call that the API refuses, or a network that lets none through, is told by the browser itself. */
  #isRefusal(message) {
    const [text, url] = [message.text(), message.location().url]
    // A page gives up a connection that does not open in time.
    if (text.includes("WebSocket is closed before the connection is established")) return true
    if (text.startsWith("WebSocket connection to")) return this.#unsteady.some((origin) => url.startsWith(origin))
    return (
      text.startsWith("Failed to load resource") && this.#origins.some((origin) => url.startsWith(`${origin}/api/`))
    )
  }
}
