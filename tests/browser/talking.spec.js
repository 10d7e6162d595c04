import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"
import { Wire } from "./wire.js"

test("what one says the other sees, both ways and in the same order", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  await ann.says("Hello Bob")
  await bob.sees("Hello Bob")
  await bob.says("Hello Ann")
  await ann.sees("Hello Ann")
  await ann.says("How are you?")
  await bob.sees("How are you?")

  expect(await ann.texts()).toEqual(["Hello Bob", "Hello Ann", "How are you?"])
  expect(await bob.texts()).toEqual(await ann.texts())
})

test("many messages from both at once end up in one order", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  const [fromAnn, fromBob] = [1, 2].map((who) => Array.from({ length: 6 }, (_, index) => `${who}-${index}`))

  const say = async (person, texts) => {
    for (const text of texts) await person.says(text)
  }
  await Promise.all([say(ann, fromAnn), say(bob, fromBob)])

  for (const person of [ann, bob]) {
    await expect(person.messages).toHaveCount(12)
    for (const text of [...fromAnn, ...fromBob]) await person.sees(text)
  }
  expect(await ann.texts()).toEqual(await bob.texts())
})

test("a message is there at once, and confirmed once the room has it", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  await bob.joins(await ann.creates())
  wire.holdMessages()

  await ann.says("on its way")
  await ann.expectState("on its way", "pending")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeVisible()
  await expect(bob.messages).toHaveCount(0)
  wire.letGo()

  await ann.sees("on its way")
  await expect(ann.message("on its way").getByText("Not sent yet…")).toBeHidden()
  await bob.sees("on its way")
})

test("neither words nor names leave the page in the clear", async ({ ann, bob }) => {
  const wire = await Wire.of(ann)
  const bodies = []
  ann.context.on("request", (request) => bodies.push(request.url(), request.postData() ?? ""))
  const link = await ann.creates()
  await bob.joins(link)
  await ann.button("Menu").click()
  await ann.page.getByLabel("Your name in this browser").fill("Nightingale")
  await ann.page.keyboard.press("Enter")

  await ann.says("the owl flies at dawn")
  await bob.sees("the owl flies at dawn")

  const travelled = [...wire.sent, ...bodies].join("\n")
  expect(travelled).toContain("duet1.")
  for (const secret of ["owl", "Nightingale", new URL(link).hash.slice(1)]) expect(travelled).not.toContain(secret)
})

test("what was not sealed in the room is never shown as a message", async ({ ann, bob }) => {
  const link = await ann.creates()
  await bob.joins(link)

  await ann.page.request.post(`/api/messages?roomId=${roomIdOf(link)}`, { data: { text: "believe me" } })

  await expect(bob.log.getByText("Something was refused here")).toBeVisible()
  await expect(bob.page.getByText("believe me")).toHaveCount(0)
  await ann.says("that was not me")
  await bob.sees("that was not me")
})

// --- The composer ---

test("Enter sends, and Shift+Enter begins a new line", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.composer.focus()

  await ann.page.keyboard.type("one")
  await ann.page.keyboard.press("Shift+Enter")
  await ann.page.keyboard.type("two")
  await expect(ann.messages).toHaveCount(0)
  await ann.page.keyboard.press("Enter")

  await expect(ann.composer).toHaveValue("")
  await expect(bob.messages).toHaveCount(1)
  expect(await bob.texts()).toEqual(["one\ntwo"])
})

test("the Send button sends, and leaves the keyboard where it was", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.writes("by button")

  await ann.button("Send").click()

  await bob.sees("by button")
  await expect(ann.composer).toBeFocused()
  await expect(ann.composer).toHaveValue("")
})

test("nothing is sent when there is nothing to say", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  for (const nothing of ["", "   ", "\n\n"]) await ann.says(nothing)
  await ann.says("  something  ")

  await bob.sees("something")
  expect(await bob.texts()).toEqual(["something"])
})

test("the Enter that chooses a word of an input method does not send", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.composer.focus()
  const keyboard = await ann.context.newCDPSession(ann.page)
  const enter = { type: "rawKeyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 }

  await keyboard.send("Input.imeSetComposition", { text: "にほんご", selectionStart: 4, selectionEnd: 4 })
  await keyboard.send("Input.dispatchKeyEvent", enter)
  await keyboard.send("Input.insertText", { text: "日本語" })

  await expect(ann.composer).toHaveValue("日本語")
  await expect(ann.messages).toHaveCount(0)
  await ann.page.keyboard.press("Enter")
  await bob.sees("日本語")
})

for (const [what, init] of [
  ["says that it composes", { isComposing: true }],
  ["has the key code 229", { keyCode: 229 }],
]) {
  test(`an Enter that ${what} does not send`, async ({ ann }) => {
    await ann.creates()
    await ann.writes("unfinished")

    const event = { key: "Enter", bubbles: true, cancelable: true, ...init }
    await ann.composer.evaluate((field, event) => field.dispatchEvent(new KeyboardEvent("keydown", event)), event)

    await expect(ann.composer).toHaveValue("unfinished")
    await expect(ann.messages).toHaveCount(0)
  })
}

test("what is too long is said to be, and is not sent", async ({ ann }) => {
  await ann.creates()

  await ann.says("x".repeat(13_000))

  await expect(ann.button("Send")).toBeDisabled()
  await expect(ann.page.getByText(/^\d+ too many$/)).toBeVisible()
  await expect(ann.composer).toHaveAttribute("aria-invalid", "true")
  await expect(ann.messages).toHaveCount(0)
})

test("the longest message that may be written arrives", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await ann.writes("x".repeat(13_000))
  const tooMany = Number.parseInt(await ann.page.getByText(/^\d+ too many$/).innerText())
  const text = "x".repeat(13_000 - tooMany)

  await ann.says(text)

  await expect(bob.messages).toHaveCount(1)
  expect(await bob.texts()).toEqual([text])
})

// --- What is said, as it is shown ---

const HOSTILE = [
  '<img src=x onerror="window.pwned = true">',
  "<script>window.pwned = true</script>",
  "<svg/onload=window.pwned=true>",
  '"><b>bold</b>',
  "{{constructor.constructor('window.pwned = true')()}}",
  "&lt;b&gt; &amp; &#x3c;",
]

test("markup is shown as the text that it is", async ({ ann, bob }) => {
  await bob.joins(await ann.creates(), { as: '<img src=x onerror="pwned=1">' })

  for (const text of HOSTILE) await ann.says(text)
  await bob.says("my name is nice")

  for (const text of HOSTILE) await bob.sees(text)
  await ann.sees("my name is nice")
  await expect(ann.message("my name is nice").getByText('<img src=x onerror="pwned=1">')).toBeVisible()
  for (const person of [ann, bob]) {
    await expect(person.messages.locator("[data-part=text] *, [data-part=name] *")).toHaveCount(0)
    expect(await person.page.evaluate(() => "pwned" in window)).toBe(false)
  }
})

test("only https becomes a link, and a link gives nothing away", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  const dead = ["javascript:alert(1)", "data:text/html,<b>x</b>", "http://example.com/", "//example.com", "file:///etc/passwd"]

  for (const text of dead) await ann.says(text)
  await ann.says("see https://example.com/a?b=c#d.")

  await bob.sees("see https://example.com/a?b=c#d.")
  const links = bob.messages.getByRole("link")
  await expect(links).toHaveCount(1)
  await expect(links).toHaveText("https://example.com/a?b=c#d")
  await expect(links).toHaveAttribute("href", "https://example.com/a?b=c#d")
  await expect(links).toHaveAttribute("target", "_blank")
  await expect(links).toHaveAttribute("rel", /\bnoopener\b/)
  await expect(links).toHaveAttribute("rel", /\bnoreferrer\b/)
})

test("one long word stays within the page", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())
  await bob.page.setViewportSize({ width: 320, height: 640 })
  const word = "Donaudampfschiff".repeat(40)

  await ann.says(word)

  await bob.sees(word)
  const overflow = await bob.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)
  expect(overflow).toBe(0)
})

test("writing is shown to the other, until the message is there", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  await bob.composer.pressSequentially("well")

  await expect(ann.typing).toHaveText("The other person is writing…")
  await expect(bob.typing).toBeEmpty()
  await bob.page.keyboard.press("Enter")
  await ann.sees("well")
  await expect(ann.typing).toBeEmpty()
})

test("who stops writing is no longer shown to write", async ({ ann, bob }) => {
  await bob.joins(await ann.creates())

  await bob.composer.pressSequentially("w")

  await expect(ann.typing).toHaveText("The other person is writing…")
  await expect(ann.typing).toBeEmpty()
})

// --- The reader's place ---

const LONG = Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n")

async function haveLongTalk(ann, bob) {
  await bob.joins(await ann.creates())
  await ann.says(LONG)
  await ann.says("the end of it")
  await bob.sees("the end of it")
}

async function scrollUp(person) {
  await person.scroller.evaluate((element) => element.scrollTo(0, 100))
  await expect.poll(() => placeOf(person)).toBe(100)
}

function placeOf(person) {
  return person.scroller.evaluate((element) => element.scrollTop)
}

test("who reads at the end stays at the end", async ({ ann, bob }) => {
  await haveLongTalk(ann, bob)

  await ann.says("news")

  await bob.sees("news")
  await expect(bob.message("news")).toBeInViewport()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
})

test("who reads further up is not moved, and is told of what is new", async ({ ann, bob }) => {
  await haveLongTalk(ann, bob)
  await scrollUp(bob)

  await ann.says("news")
  await expect(bob.button("1 new message")).toBeVisible()
  await ann.says("more news")
  await expect(bob.button("2 new messages")).toBeVisible()

  expect(await placeOf(bob)).toBe(100)
  await expect(bob.message("news")).not.toBeInViewport()
  await bob.button("2 new messages").click()
  await expect(bob.message("more news")).toBeInViewport()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
})

test("somebody's coming and going is no new message", async ({ ann, bob }) => {
  await haveLongTalk(ann, bob)
  await scrollUp(bob)

  await ann.leaves()

  await bob.seesStatus("The other person is away")
  await expect(bob.log.getByText("The other person left")).toBeAttached()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
  expect(await placeOf(bob)).toBe(100)
})

test("who reads further up and says something goes to the end", async ({ ann, bob }) => {
  await haveLongTalk(ann, bob)
  await scrollUp(bob)

  await bob.says("my word")

  await expect(bob.message("my word")).toBeInViewport()
})

test("a program in a plain room and a person in the page talk to each other", async ({ ann, request }) => {
  const link = await createPlainRoom(request)
  await ann.joins(link)
  await request.post(`/api/room/join?roomId=${roomIdOf(link)}`, { data: {} })

  await request.post(`/api/messages?roomId=${roomIdOf(link)}`, { data: { sender: "curl", text: "hello from a program" } })
  await ann.says("hello program")

  await ann.sees("hello from a program")
  await ann.sees("hello program")
  const answer = await request.get(`/api/messages?roomId=${roomIdOf(link)}`)
  expect((await answer.json()).messages.map(({ text }) => text)).toEqual(["hello from a program", "hello program"])
})
