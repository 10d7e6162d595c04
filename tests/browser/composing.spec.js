// The composer.

import { expect, test } from "./test.js"

test("Enter sends, and Shift+Enter begins a new line", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.composer.focus()

  await ann.page.keyboard.type("one")
  await ann.page.keyboard.press("Shift+Enter")
  await ann.page.keyboard.type("two")
  await expect(ann.messages).toHaveCount(0)
  await ann.page.keyboard.press("Enter")

  await expect(ann.composer).toHaveValue("")
  await expect(bob.messages).toHaveCount(1)
  expect(await bob.messageTexts()).toEqual(["one\ntwo"])
})

test("the Send button sends, and leaves the keyboard where it was", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.fillComposer("by button")

  await ann.button("Send").click()

  await bob.expectMessage("by button")
  await expect(ann.composer).toBeFocused()
  await expect(ann.composer).toHaveValue("")
})

test("nothing is sent when there is nothing to say", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  for (const nothing of ["", "   ", "\n\n"]) await ann.sendMessage(nothing)
  await ann.sendMessage("  something  ")

  await bob.expectMessage("something")
  expect(await bob.messageTexts()).toEqual(["something"])
})

test("the Enter that chooses a word of an input method does not send", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await ann.composer.focus()
  const keyboard = await ann.context.newCDPSession(ann.page)
  const enter = { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 }

  await keyboard.send("Input.imeSetComposition", { text: "にほんご", selectionStart: 4, selectionEnd: 4 })
  await keyboard.send("Input.dispatchKeyEvent", enter)
  await keyboard.send("Input.insertText", { text: "日本語" })

  await expect(ann.composer).toHaveValue("日本語")
  await expect(ann.messages).toHaveCount(0)
  await ann.page.keyboard.press("Enter")
  await bob.expectMessage("日本語")
})

for (const [what, init] of [
  ["says that it composes", { isComposing: true }],
  ["has the key code 229", { keyCode: 229 }],
]) {
  test(`an Enter that ${what} does not send`, async ({ ann }) => {
    await ann.createRoom()
    await ann.fillComposer("unfinished")

    const event = { key: "Enter", bubbles: true, cancelable: true, ...init }
    await ann.composer.evaluate((field, event) => field.dispatchEvent(new KeyboardEvent("keydown", event)), event)

    await expect(ann.composer).toHaveValue("unfinished")
    await expect(ann.messages).toHaveCount(0)
  })
}

test("a text that is too long is reported and not sent", async ({ ann }) => {
  await ann.createRoom()

  await ann.sendMessage("x".repeat(13_000))

  await expect(ann.button("Send")).toBeDisabled()
  await expect(ann.page.getByText(/^\d+ too many$/)).toBeVisible()
  await expect(ann.composer).toHaveAttribute("aria-invalid", "true")
  await expect(ann.messages).toHaveCount(0)
})
