// A WebSocket whose frames can be awaited.

const TIMEOUT_MS = 10_000

/**
 * Opens a socket.
 * @param {URL} address
 * @param {Record<string, string>} headers
 * @returns {Promise<Socket>}
 */
export async function connect(address, headers) {
  // Node's WebSocket accepts headers, unlike a browser's.
  const Client = /** @type {any} */ (WebSocket)
  const socket = new Socket(new Client(address, { headers }))
  await socket.isOpen()
  return socket
}

/** Keeps what arrives until it is taken. */
export class Socket {
  #socket
  /** @type {string[]} */
  #texts = []
  #end = ""
  #changed = new EventTarget()

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket
    socket.addEventListener("open", () => this.#push())
    socket.addEventListener("message", ({ data }) => this.#push(data))
    socket.addEventListener("error", () => this.#setEnd("the handshake was refused"))
    socket.addEventListener("close", ({ code, reason }) => this.#setEnd(`the socket was closed with ${code} ${reason}`))
  }

  async isOpen() {
    await this.#until(() => this.#socket.readyState === WebSocket.OPEN || undefined, "the socket did not open")
  }

  /** @param {string} text */
  send(text) {
    this.#socket.send(text)
  }

  /**
   * The first wanted text that has not been taken yet.
   * @param {(text: string) => boolean} isWanted
   * @returns {Promise<string>}
   */
  text(isWanted) {
    return this.#until(() => this.#take(isWanted), "what was awaited did not arrive")
  }

  /**
   * The first wanted JSON frame that has not been taken yet.
   * @param {(frame: any) => boolean} isWanted
   */
  async frame(isWanted) {
    return JSON.parse(await this.text((text) => text.startsWith("{") && isWanted(JSON.parse(text))))
  }

  close() {
    this.#socket.close()
  }

  /** @param {(text: string) => boolean} isWanted */
  #take(isWanted) {
    const at = this.#texts.findIndex(isWanted)
    return at < 0 ? undefined : this.#texts.splice(at, 1)[0]
  }

  /** @param {string} [text] */
  #push(text) {
    if (text !== undefined) this.#texts.push(text)
    this.#changed.dispatchEvent(new Event("changed"))
  }

  /** @param {string} end */
  #setEnd(end) {
    this.#end ||= end
    this.#push()
  }

  /**
   * @template T
   * @param {() => T | undefined} look
   * @param {string} complaint
   * @returns {Promise<T>}
   */
  #until(look, complaint) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${complaint} in ${TIMEOUT_MS / 1000} s`))),
        TIMEOUT_MS,
      )
      const settle = (/** @type {() => void} */ act) => {
        clearTimeout(timer)
        this.#changed.removeEventListener("changed", check)
        act()
      }
      const check = () => {
        const found = look()
        if (found !== undefined) settle(() => resolve(found))
        else if (this.#end) settle(() => reject(new Error(this.#end)))
      }
      this.#changed.addEventListener("changed", check)
      check()
    })
  }
}
