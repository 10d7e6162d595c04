// Use without a mouse, and with a screen reader.

import { expect, test } from "./test.js"

const MOST_STOPS = 20

/** Presses `key` until `locator` has the focus. */
async function goTo(person, locator, key = "Tab") {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await locator.evaluate((element) => element === document.activeElement)) return
    await person.page.keyboard.press(key)
  }
  await expect(locator).toBeFocused()
}

test("a whole conversation needs nothing but a keyboard", async ({ ann, bob }) => {
  // Create,
  await ann.open("/")
  await goTo(ann, ann.button("Create a private room"))
  await ann.page.keyboard.press("Enter")
  await ann.expectInside()
  const link = await ann.readLink()
  // join,
  await bob.open(link)
  await bob.expectDoor()
  await expect(bob.heading("You are invited to a private room")).toBeFocused()
  await goTo(bob, bob.button("Join"))
  await bob.page.keyboard.press("Enter")
  await bob.expectInside()
  // write,
  await expect(bob.composer).toBeFocused()
  await bob.page.keyboard.type("typed")
  await bob.page.keyboard.press("Enter")
  await ann.expectMessage("typed")
  await goTo(ann, ann.composer)
  await ann.page.keyboard.type("typed back")
  await ann.page.keyboard.press("Enter")
  await bob.expectMessage("typed back")
  // destroy.
  await goTo(ann, ann.button("Menu"), "Shift+Tab")
  await ann.page.keyboard.press("Enter")
  await goTo(ann, ann.button("Destroy this room…"))
  await ann.page.keyboard.press("Enter")
  await expect(ann.button("Keep it")).toBeFocused()
  await goTo(ann, ann.button("Destroy for both"))
  await ann.page.keyboard.press("Enter")
  await ann.expectEnded(/destroyed/)
  await bob.expectEnded(/destroyed/)
})

test("a person who joins can write at once", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await expect(ann.composer).toBeFocused()

  await bob.joinRoom(link)

  await expect(bob.composer).toBeFocused()
})

test("the dialog traps the focus and returns it", async ({ ann }) => {
  await ann.createRoom()
  await ann.openDestroyDialog()
  await expect(ann.button("Keep it")).toBeFocused()

  for (let stop = 0; stop < 4; stop++) {
    await ann.page.keyboard.press("Tab")
    await expect(ann.composer).not.toBeFocused()
  }
  await ann.page.keyboard.press("Escape")

  await expect(ann.dialog).toBeHidden()
  await expect(ann.button("Menu")).toBeFocused()
})

test("Escape closes the menu and returns the focus", async ({ ann }) => {
  await ann.createRoom()
  await ann.button("Menu").press("Enter")
  await expect(ann.page.getByLabel("Your name in this browser")).toBeVisible()

  await ann.page.keyboard.press("Escape")

  await expect(ann.page.getByLabel("Your name in this browser")).toBeHidden()
  await expect(ann.button("Menu")).toBeFocused()
})

test("a question mark outside the text field lists the shortcuts, and a slash leads to the text field", async ({
  ann,
}) => {
  await ann.createRoom()
  const list = ann.page.getByRole("dialog", { name: "Keyboard shortcuts" })
  await ann.page.keyboard.type("really?")
  await expect(ann.composer).toHaveValue("really?")
  await expect(list).toBeHidden()

  await ann.button("Menu").focus()
  await ann.page.keyboard.press("?")
  await expect(list.getByText("Send the message")).toBeVisible()
  await ann.page.keyboard.press("Escape")
  await expect(list).toBeHidden()
  await ann.page.keyboard.press("/")

  await expect(ann.composer).toBeFocused()
  await expect(ann.composer).toHaveValue("really?")
  await ann.button("Menu").click()
  await ann.button("Keyboard shortcuts").click()
  await expect(list).toBeVisible()
  await list.getByLabel("Use / and ? as shortcuts").click()
  await ann.button("Close").click()
  await expect(list).toBeHidden()
  await ann.button("Menu").focus()
  await ann.page.keyboard.press("?")
  await ann.page.keyboard.press("/")
  await expect(list).toBeHidden()
  await expect(ann.button("Menu")).toBeFocused()
})

test("the focus is never lost when a button goes away", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.button("They match").press("Enter")

  await expect(ann.page.getByText("✓ You checked them: they match.")).toBeFocused()
})

test("a menu that is higher than the window can be scrolled to its end", async ({ ann }) => {
  await ann.createRoom()
  await ann.page.setViewportSize({ width: 640, height: 320 })
  await ann.button("Menu").click()

  await ann.button("Destroy this room…").click()

  await expect(ann.dialog).toBeVisible()
})

test("the end of the room is announced to screen readers", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  await ann.destroyRoom()

  await expect(bob.heading("This room has ended")).toBeFocused()
})

test("the conversation is a log, with whole sentences about presence", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  await ann.sendMessage("hello")
  await bob.expectMessage("hello")

  await expect(bob.log).toBeVisible()
  await expect(bob.page.getByRole("status").getByText("Both here")).toBeVisible()
  await expect(bob.message("hello").getByRole("time").or(bob.message("hello").locator("time"))).toHaveText(/\d/)
})

/** Checks that every control and field has an accessible name. */
async function expectNames(person) {
  const controls = person.page.locator("a, button, input, textarea, [role=img]").filter({ visible: true })
  expect(await controls.count()).toBeGreaterThan(0)
  for (const control of await controls.all()) await expect(control).toHaveAccessibleName(/\S/)
}

test("every control has an accessible name in every scene", async ({ ann, bob }) => {
  await ann.open("/")
  await expectNames(ann)
  const link = await ann.createRoom()
  await expectNames(ann)
  await ann.button("Menu").click()
  await expectNames(ann)
  await ann.page.keyboard.press("Escape")
  await bob.open(link.split("#")[0])
  await expect(bob.heading("This link is incomplete")).toBeVisible()
  await expectNames(bob)
  await bob.closeTab()
  await bob.open(link)
  await bob.expectDoor()
  await expectNames(bob)
  await bob.joinRoom(link)
  await expectNames(bob)
  await ann.openDestroyDialog()
  await expectNames(ann)
  await ann.button("Destroy for both").click()
  await bob.expectEnded(/destroyed/)
  await expectNames(bob)
})

for (const address of ["/", "/promises"]) {
  test(`${address} has a language, a title, one main part and one first heading`, async ({ ann }) => {
    await ann.open(address)

    await expect(ann.page.locator("html")).toHaveAttribute("lang", "en")
    await expect(ann.page).toHaveTitle(/Duet/)
    await expect(ann.page.getByRole("main")).toHaveCount(1)
    await expect(ann.page.getByRole("heading", { level: 1 })).toHaveCount(1)
  })
}
