import { once } from "node:events"
import { connect, createServer } from "node:net"

/** Between one person's browser and the Worker: a network that can fail as networks do. Bytes only, no HTTP. */
export class Proxy {
  #server
  #target
  /** @type {Set<{browser: import("node:net").Socket, worker: import("node:net").Socket}>} */
  #pairs = new Set()
  #isSilent = false

  /** @param {string} baseUrl of the Worker */
  static async to(baseUrl) {
    const proxy = new Proxy(new URL(baseUrl))
    proxy.#server.listen(0, "localhost")
    await once(proxy.#server, "listening")
    return proxy
  }

  /** @param {URL} target */
  constructor(target) {
    this.#target = target
    // Whoever half-closes here decides so; nothing is closed in answer.
    this.#server = createServer({ allowHalfOpen: true }, (browser) => this.#join(browser))
  }

  get baseUrl() {
    return `http://localhost:${this.#server.address().port}`
  }

  /** The same link, through this network. */
  through(link) {
    const { pathname, hash } = new URL(link)
    return `${this.baseUrl}${pathname}${hash}`
  }

  /**
   * New connections lead there.
   * @param {string} baseUrl
   */
  leadTo(baseUrl) {
    this.#target = new URL(baseUrl)
  }

  /** Resets every connection. */
  reset() {
    for (const { browser, worker } of this.#pairs) for (const end of [browser, worker]) end.resetAndDestroy()
  }

  /** From now on nothing gets through, and nobody is told: neither on connections that are there nor on new ones. */
  fallSilent() {
    this.#isSilent = true
    for (const { browser, worker } of this.#pairs) {
      browser.unpipe(worker).resume()
      worker.unpipe(browser).resume()
    }
  }

  /** Ends what the Worker hears, and goes on towards the browser as if nothing had happened. */
  halfClose() {
    for (const { browser, worker } of this.#pairs) {
      browser.unpipe(worker).resume()
      worker.end()
    }
  }

  /** New connections get through again. What fell silent stays so, as when a network address has changed. */
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
      // A reset is what this is for.
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
