// Who is here, how long the room still lives, and whether we are connected: the head of the room.

/**
 * The time left in words.
 * @param {number} msLeft
 */
export function timeLeft(msLeft) {
  const seconds = Math.max(0, Math.ceil(msLeft / 1000))
  if (seconds === 0) return "ending now"
  if (seconds < 120) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min left`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h left` : `${Math.floor(minutes / 60)} h ${rest} min left`
}

/** @typedef {{participants: string[], online: string[]}} Presence who has a seat, and who of them is here */

/**
 * @param {Presence} presence
 * @param {string} self
 * @returns {"alone" | "together" | "away"}
 */
export function company({ participants, online }, self) {
  const others = participants.filter((participant) => participant !== self)
  if (others.length === 0) return "alone"
  return others.some((other) => online.includes(other)) ? "together" : "away"
}

const COMPANY_WORDS = {
  alone: "Waiting for the other person",
  together: "Both here",
  away: "The other person is away",
}

export class Header {
  #root
  #status
  #time
  #fuse
  #expiresAt = 0
  #lifeMs = 1
  #clockAheadMs = 0
  /** @type {keyof typeof COMPANY_WORDS} */
  #company = "alone"
  #connection = "Connecting…"

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#status = /** @type {HTMLElement} */ (root.querySelector("[data-status]"))
    this.#time = /** @type {HTMLElement} */ (root.querySelector("[data-time]"))
    this.#fuse = /** @type {HTMLElement} */ (root.querySelector("[data-fuse]"))
    setInterval(() => this.tick(), 1000)
  }

  /**
   * Sets our clock by the room's: both people see the same time left.
   * @param {number} serverNow
   * @param {number} lifeSeconds
   */
  setClock(serverNow, lifeSeconds) {
    this.#clockAheadMs = serverNow - Date.now()
    this.#lifeMs = lifeSeconds * 1000
  }

  /** @param {number} expiresAt */
  set expiresAt(expiresAt) {
    this.#expiresAt = expiresAt
    this.tick()
  }

  /** @param {keyof typeof COMPANY_WORDS} company */
  set company(company) {
    this.#company = company
    this.#root.dataset.company = company
    this.#say()
  }

  /** @param {string} connection a word on the connection; empty while all is well */
  set connection(connection) {
    this.#connection = connection
    this.#root.toggleAttribute("data-disconnected", connection !== "")
    this.#say()
  }

  /** Shows the time that is left now. Right after a sleep too, since it is read off the clock and not counted. */
  tick() {
    if (this.#expiresAt === 0) return
    // The two clocks are compared once and drift a little: never more than a whole life.
    const msLeft = Math.min(this.#expiresAt - Date.now() - this.#clockAheadMs, this.#lifeMs)
    const words = timeLeft(msLeft)
    if (this.#time.textContent !== words) this.#time.textContent = words
    this.#root.toggleAttribute("data-ending", msLeft < 120_000)
    this.#fuse.style.setProperty("--left", String(Math.min(1, Math.max(0, msLeft / this.#lifeMs))))
  }

  #say() {
    const words = this.#connection || COMPANY_WORDS[this.#company]
    if (this.#status.textContent !== words) this.#status.textContent = words
  }
}
