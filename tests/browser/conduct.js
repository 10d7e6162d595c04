// What no page may do in any test: log to the console, throw, or send requests to another origin.

import { expect } from "@playwright/test"

export class Conduct {
  #origins
  /** @type {string[]} */
  #unsteady = []
  /** @type {string[]} */
  #faults = []

  /** @param {string} baseUrl the origin of the pages */
  constructor(baseUrl) {
    this.#origins = [new URL(baseUrl).origin]
  }

  /** @param {string} baseUrl another origin of the same Worker, on which connections may fail */
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

  /** Fails if there was any violation, and lists all. */
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

  /** The browser itself logs calls that the API refuses, and a network that lets none through. */
  #isRefusal(message) {
    const [text, url] = [message.text(), message.location().url]
    // The page drops a connection that does not open in time.
    if (text.includes("WebSocket is closed before the connection is established")) return true
    if (text.startsWith("WebSocket connection to")) return this.#unsteady.some((origin) => url.startsWith(origin))
    if (!text.startsWith("Failed to load resource")) return false
    const origins = [...this.#unsteady, ...this.#origins.map((origin) => `${origin}/api/`)]
    return origins.some((origin) => url.startsWith(origin))
  }
}
