import { expect } from "@playwright/test"

const INSIDE = /^(Waiting for the other person|Both here|The other person is away)$/

/** A person with a browser of their own: what they do in it, and what they should see. */
export class Person {
  /** The current tab. */
  page

  /** @param {import("@playwright/test").BrowserContext} context */
  constructor(context) {
    this.context = context
    /** @type {import("@playwright/test").WebSocket[]} every socket of every page */
    this.sockets = []
    context.on("page", (page) => page.on("websocket", (socket) => this.sockets.push(socket)))
  }

  // --- Elements of the page ---

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

  /** @param {string} text the complete text of a message */
  message(text) {
    return this.messages.filter({ has: this.page.locator("[data-part=text]").getByText(text, { exact: true }) })
  }

  /** Checks the state of a message: `sent`, `pending` or `failed`. */
  async expectState(text, state) {
    await expect(this.message(text)).toHaveAttribute("data-state", state)
  }

  // --- Entering a room ---

  /** @param {string} address */
  async open(address) {
    this.page ??= await this.context.newPage()
    await this.page.goto(address)
  }

  /**
   * Creates a room in the lobby.
   * @returns {Promise<string>} its link
   */
  async createRoom() {
    await this.open("/")
    await this.button("Create a private room").click()
    await this.expectInside()
    return this.readLink()
  }

  /**
   * Joins through the page that a link opens.
   * @param {string} link
   * @param {{as?: string}} given the name; the suggested one if absent
   */
  async joinRoom(link, { as } = {}) {
    await this.open(link)
    await this.expectDoor()
    if (as) await this.page.getByLabel("Your name in the room").fill(as)
    await this.button("Join").click()
    await this.expectInside()
  }

  /** The link in the share panel, because the address bar does not show the key. */
  async readLink() {
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

  /** @param {RegExp} sentence the notice in the lobby */
  async expectLobby(sentence) {
    await expect(this.button("Create a private room")).toBeVisible()
    await expect(this.notice).toHaveText(sentence)
  }

  // --- Messages ---

  /** @param {string} text */
  async fillComposer(text) {
    await this.composer.fill(text)
  }

  /** @param {string} text */
  async sendMessage(text) {
    await this.fillComposer(text)
    await this.composer.press("Enter")
  }

  /** Checks that a message appears once and is confirmed. @param {string} text the complete text */
  async expectMessage(text) {
    await expect(this.message(text)).toHaveCount(1)
    await expect(this.message(text)).toBeVisible()
    await this.expectState(text, "sent")
  }

  /** @param {string} words the status in the room's header */
  async expectStatus(words) {
    await expect(this.status).toHaveText(words)
  }

  /** @returns {Promise<string[]>} the texts of all messages, from top to bottom */
  messageTexts() {
    return this.messages.locator("[data-part=text]").allInnerTexts()
  }

  /** Presses a switch in the menu. @param {string} label */
  async toggleSwitch(label) {
    await this.button("Menu").click()
    await this.page.getByLabel(label).click()
    await this.page.keyboard.press("Escape")
  }

  /**
   * The frames of one type that the current page sends from now on. The list grows.
   * @param {string} type
   */
  sentFrames(type) {
    const frames = []
    const note = ({ payload }) => {
      const frame = String(payload).startsWith("{") ? JSON.parse(payload) : null
      if (frame?.type === type) frames.push(frame)
    }
    for (const socket of this.sockets) socket.on("framesent", note)
    this.page.on("websocket", (socket) => socket.on("framesent", note))
    return frames
  }

  // --- Tabs and connections ---

  /** Moves the page to the background, as when the person looks at another window. */
  hidePage() {
    return this.#isHidden(true)
  }

  showPage() {
    return this.#isHidden(false)
  }

  #isHidden(isHidden) {
    return this.page.evaluate((isHidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: isHidden })
      document.dispatchEvent(new Event("visibilitychange"))
    }, isHidden)
  }

  async reload() {
    await this.page.reload()
  }

  /** Closes the tab. */
  async closeTab() {
    await this.page.close()
    this.page = undefined
  }

  /** Opens another tab, which becomes the current one. */
  async openTab(address) {
    this.page = await this.context.newPage()
    await this.page.goto(address)
  }

  /** Disconnects the network. */
  async goOffline(wire) {
    await wire.cut()
    await this.context.setOffline(true)
  }

  async goOnline(wire) {
    wire.mend()
    await this.context.setOffline(false)
  }

  // --- The end of a room ---

  async openDestroyDialog() {
    await this.button("Menu").click()
    await this.button("Destroy this room…").click()
    await expect(this.dialog).toBeVisible()
  }

  async destroyRoom() {
    await this.openDestroyDialog()
    await this.button("Destroy for both").click()
  }

  /** @param {RegExp} reason */
  async expectEnded(reason) {
    await expect(this.heading("This room has ended")).toBeVisible()
    await expect(this.page.locator("[data-ended-reason]")).toHaveText(reason)
  }
}

/**
 * The room id in a link.
 * @param {string} link
 */
export function roomIdOf(link) {
  return new URL(link).pathname.split("/")[2]
}
