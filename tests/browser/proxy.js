import { once } from "node:events"
import { connect, createServer } from "node:net"

/** A network between one person's browser and the Worker that can fail. It forwards bytes and knows no HTTP. */
export class Proxy {
  #server
  #target
  /** @type {Set<{browser: import("node:net").Socket, worker: import("node:net").Socket}>} */
  #pairs = new Set()
  #isSilent = false

  /** @param {string} baseUrl the Worker's address */
  static async to(baseUrl) {
    const proxy = new Proxy(new URL(baseUrl))
    proxy.#server.listen(0, "localhost")
    await once(proxy.#server, "listening")
    return proxy
  }

  /** @param {URL} target */
  constructor(target) {
    this.#target = target
    // The test decides when a half closes, so nothing is closed in answer.
    this.#server = createServer({ allowHalfOpen: true }, (browser) => this.#join(browser))
  }

  get baseUrl() {
    return `http://localhost:${this.#server.address().port}`
  }

  /** The same link, but through this proxy. */
  through(link) {
    const { pathname, hash } = new URL(link)
    return `${this.baseUrl}${pathname}${hash}`
  }

  /**
   * Makes new connections lead to this address.
   * @param {string} baseUrl
   */
  leadTo(baseUrl) {
    this.#target = new URL(baseUrl)
  }

  /** Resets every connection. */
  reset() {
    for (const { browser, worker } of this.#pairs) for (const end of [browser, worker]) end.resetAndDestroy()
  }

  /** Drops all data from now on without closing anything, on existing and on new connections. */
  fallSilent() {
    this.#isSilent = true
    for (const { browser, worker } of this.#pairs) {
      browser.unpipe(worker).resume()
      worker.unpipe(browser).resume()
    }
  }

  /** Closes the half towards the Worker and keeps the half towards the browser open. */
  halfClose() {
    for (const { browser, worker } of this.#pairs) {
      browser.unpipe(worker).resume()
      worker.end()
    }
  }

  /** Lets new connections through again. Silent ones stay silent, as after a change of the network address. */
  mend() {
    this.#isSilent = false
  }

  async close() {
    this.#server.close()
    this.reset()
    await once(this.#server, "close")
  }

  #join(browser) {
    const worker = connect({ host: this.#target.hostname, port: Number(this.#target.port), allowHalfOpen: true })
    const pair = { browser, worker }
    this.#pairs.add(pair)
    for (const end of [browser, worker]) {
      end.setNoDelay(true)
      // Resets are part of the test.
      end.on("error", () => {})
      end.on("close", () => this.#part(pair))
    }
    if (this.#isSilent) return void browser.resume()
    browser.pipe(worker, { end: true })
    worker.pipe(browser, { end: true })
  }

  #part(pair) {
    this.#pairs.delete(pair)
    if (!this.#isSilent) for (const end of Object.values(pair)) end.destroy()
  }
}
