import { expect } from "@playwright/test"

const INSIDE = /^(Waiting for the other person|Both here|The other person is away)$/

/** Somebody with a browser of their own. What they do and see reads as a story. */
export class Person {
  /** The tab they look at. */
  page

  /** @param {import("@playwright/test").BrowserContext} context */
  constructor(context) {
    this.context = context
  }

  // --- Where they look ---

  get composer() {
    return this.page.getByRole("textbox", { name: "Message", exact: true })
  }

  get log() {
    return this.page.getByRole("log", { name: "Messages" })
  }

  get messages() {
    return this.log.getByRole("article")
  }

  get status() {
    return this.page.locator("[data-status]")
  }

  get timeLeft() {
    return this.page.locator("[data-time]")
  }

  get typing() {
    return this.page.locator("[data-typing]")
  }

  get scroller() {
    return this.page.locator("[data-scroller]")
  }

  get sharePanel() {
    return this.page.getByRole("region", { name: "Send this link to one person" })
  }

  get shareField() {
    return this.page.getByLabel("Link to this room")
  }

  get dialog() {
    return this.page.getByRole("dialog", { name: "Destroy this room?" })
  }

  get notice() {
    return this.page.locator("[data-notice]")
  }

  /** @param {string} name */
  button(name) {
    return this.page.getByRole("button", { name, exact: true })
  }

  /** @param {string} name */
  heading(name) {
    return this.page.getByRole("heading", { name })
  }

  /** @param {string} text the whole text of a message */
  message(text) {
    return this.messages.filter({ has: this.page.locator("[data-part=text]").getByText(text, { exact: true }) })
  }

  /** A message as it stands: `sent`, `pending` or `failed`. */
  async expectState(text, state) {
    await expect(this.message(text)).toHaveAttribute("data-state", state)
  }

  // --- Coming in ---

  /** @param {string} address */
  async opens(address) {
    this.page ??= await this.context.newPage()
    await this.page.goto(address)
  }

  /**
   * Makes a room in the lobby.
   * @returns {Promise<string>} its link
   */
  async creates() {
    await this.opens("/")
    await this.button("Create a private room").click()
    await this.expectInside()
    return this.readsLink()
  }

  /**
   * Comes in by the door.
   * @param {string} link
   * @param {{as?: string}} given the name to go by; the one that the page proposes otherwise
   */
  async joins(link, { as } = {}) {
    await this.opens(link)
    await this.expectDoor()
    if (as) await this.page.getByLabel("Your name in the room").fill(as)
    await this.button("Join").click()
    await this.expectInside()
  }

  /** The link as the share panel gives it: the address bar does not show all of it. */
  async readsLink() {
    await expect(this.shareField).toHaveValue(/\/room\//)
    return this.shareField.inputValue()
  }

  async expectDoor() {
    await expect(this.heading("You are invited to a private room")).toBeVisible()
  }

  async expectInside() {
    await expect(this.composer).toBeVisible()
    await expect(this.status).toHaveText(INSIDE)
  }

  /** @param {RegExp} sentence what the lobby says */
  async expectLobby(sentence) {
    await expect(this.button("Create a private room")).toBeVisible()
    await expect(this.notice).toHaveText(sentence)
  }

  // --- Talking ---

  /** @param {string} text */
  async writes(text) {
    await this.composer.fill(text)
  }

  /** @param {string} text */
  async says(text) {
    await this.writes(text)
    await this.composer.press("Enter")
  }

  /** @param {string} text a whole message, once and confirmed by the room */
  async sees(text) {
    await expect(this.message(text)).toHaveCount(1)
    await expect(this.message(text)).toBeVisible()
    await this.expectState(text, "sent")
  }

  /** @param {string} words what the head of the room says */
  async seesStatus(words) {
    await expect(this.status).toHaveText(words)
  }

  /** @returns {Promise<string[]>} all messages, from top to bottom */
  texts() {
    return this.messages.locator("[data-part=text]").allInnerTexts()
  }

  // --- Coming and going ---

  async reloads() {
    await this.page.reload()
  }

  /** Closes the tab. */
  async leaves() {
    await this.page.close()
    this.page = undefined
  }

  /** Opens one more tab and looks at that from now on. */
  async opensTab(address) {
    this.page = await this.context.newPage()
    await this.page.goto(address)
  }

  /** Loses the network. */
  async goesOffline(wire) {
    await wire.cut()
    await this.context.setOffline(true)
  }

  async comesBack(wire) {
    wire.mend()
    await this.context.setOffline(false)
  }

  // --- Ending ---

  async asksToDestroy() {
    await this.button("Menu").click()
    await this.button("Destroy this room…").click()
    await expect(this.dialog).toBeVisible()
  }

  async destroys() {
    await this.asksToDestroy()
    await this.button("Destroy for both").click()
  }

  /** @param {RegExp} reason */
  async expectEnded(reason) {
    await expect(this.heading("This room has ended")).toBeVisible()
    await expect(this.page.locator("[data-ended-reason]")).toHaveText(reason)
  }
}

/**
 * The room that a link leads to.
 * @param {string} link
 */
export function roomIdOf(link) {
  return new URL(link).pathname.split("/")[2]
}
