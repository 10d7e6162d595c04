// Who has a seat and who is online. No DOM.

/** @typedef {"alone" | "together" | "away"} Company */

export class Presence {
  #self
  /** @type {string[]} */
  #participants
  /** @type {string[] | null} null until the room reports it */
  #online = null

  /**
   * @param {string} self
   * @param {string[]} participants who has a seat
   */
  constructor(self, participants) {
    this.#self = self
    this.#participants = participants
  }

  get participants() {
    return this.#participants
  }

  /** @returns {boolean} whether the room has reported who is online */
  get isKnown() {
    return this.#online !== null
  }

  /** Whether the user has the first seat, so that the other person joined later. */
  get isFirst() {
    return this.#participants[0] === this.#self
  }

  /** @returns {Company} */
  get company() {
    const others = this.#participants.filter((participant) => participant !== this.#self)
    if (others.length === 0) return "alone"
    return others.some((other) => this.#online?.includes(other)) ? "together" : "away"
  }

  /**
   * @param {{participants: string[], online: string[]}} update
   * @returns {"together" | "left" | null} the change that is worth a line, if there is one
   */
  update({ participants, online }) {
    const [wasKnown, before] = [this.isKnown, this.company]
    this.#participants = participants
    this.#online = online
    if (!wasKnown || this.company === before) return null
    if (this.company === "together") return "together"
    // A participant who has just taken a seat is not connected yet, and has not left.
    return before === "together" ? "left" : null
  }
}
