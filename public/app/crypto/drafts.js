// What a person has written and the room does not have yet: the text in the field, and the messages that wait to be
// sent.

/**
 * A message to be sent. A repeated send changes none of its values.
 * @typedef {object} Draft
 * @property {string} id
 * @property {string} sender
 * @property {string} text
 * @property {number} at when it was written, in milliseconds since the Unix epoch
 */

/**
 * Where drafts are stored. It may throw if the browser stores nothing more, and it is gone after a room's end.
 * @typedef {object} DraftStore
 * @property {(name: "draft" | "outbox") => Promise<Record<string, unknown> | null>} read
 * @property {(name: "draft" | "outbox", value: object) => Promise<void>} write
 * @property {<T>(task: () => Promise<T>) => Promise<T>} withLock runs a task while no other tab runs one
 */

export class Drafts {
  #store
  /** @type {string | null} the newest text that is not stored yet */
  #unsaved = null
  #saving = Promise.resolve()

  /** @param {DraftStore} store */
  constructor(store) {
    this.#store = store
  }

  /** The text in the field. */
  async loadText() {
    const text = (await this.#store.read("draft"))?.text
    return typeof text === "string" ? text : ""
  }

  /**
   * Stores the text in the field. Of many calls in a row, only the last one takes effect.
   * @param {string} text
   */
  saveText(text) {
    const isFirst = this.#unsaved === null
    this.#unsaved = text
    if (isFirst) this.#saving = this.#saving.then(() => this.#saveNewest())
    return this.#saving
  }

  /**
   * The messages that the room has not confirmed, of all tabs, in the order in which they were written.
   * @returns {Promise<Draft[]>}
   */
  async loadUnsent() {
    const drafts = (await this.#store.read("outbox"))?.drafts
    return Array.isArray(drafts) ? drafts : []
  }

  /** @param {Draft} draft */
  addUnsent(draft) {
    return this.#changeUnsent((drafts) => [...drafts, draft])
  }

  /** @param {string} id of a message that the room has, or that is not sent after all */
  removeUnsent(id) {
    return this.#changeUnsent((drafts) => drafts.filter((draft) => draft.id !== id))
  }

  async #saveNewest() {
    const text = this.#unsaved ?? ""
    this.#unsaved = null
    await this.#store.write("draft", { text }).catch(() => {})
  }

  /** @param {(drafts: Draft[]) => Draft[]} change */
  #changeUnsent(change) {
    return this.#store.withLock(async () => {
      const drafts = await this.loadUnsent()
      const changed = change(drafts)
      const isSame = changed.length === drafts.length
      // If the browser stores nothing more, the message is still sent.
      if (!isSame) await this.#store.write("outbox", { drafts: changed }).catch(() => {})
    })
  }
}
