// How messages are shown.

import { expect, test } from "./test.js"

const HOSTILE = [
  '<img src=x onerror="window.pwned = true">',
  "<script>window.pwned = true</script>",
  "<svg/onload=window.pwned=true>",
  '"><b>bold</b>',
  "{{constructor.constructor('window.pwned = true')()}}",
  "&lt;b&gt; &amp; &#x3c;",
]

test("markup is shown as text", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom(), { as: '<img src=x onerror="pwned=1">' })

  for (const text of HOSTILE) await ann.sendMessage(text)
  await bob.sendMessage("my name is nice")

  for (const text of HOSTILE) await bob.expectMessage(text)
  await ann.expectMessage("my name is nice")
  await expect(ann.message("my name is nice").getByText('<img src=x onerror="pwned=1">')).toBeVisible()
  for (const person of [ann, bob]) {
    await expect(person.messages.locator("[data-part=text] *, [data-part=name] *")).toHaveCount(0)
    expect(await person.page.evaluate(() => "pwned" in window)).toBe(false)
  }
})

test("only http and https become links, and a link reveals nothing about the page", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  const dead = [
    "javascript:alert(1)",
    "data:text/html,<b>x</b>",
    "https://google.com@example.com/",
    "//example.com",
    "file:///etc/passwd",
  ]

  for (const text of dead) await ann.sendMessage(text)
  await ann.sendMessage("see https://example.com/a?b=c#d.")

  await bob.expectMessage("see https://example.com/a?b=c#d.")
  const links = bob.messages.getByRole("link")
  await expect(links).toHaveCount(1)
  await expect(links).toHaveText("https://example.com/a?b=c#d")
  await expect(links).toHaveAttribute("href", "https://example.com/a?b=c#d")
  await expect(links).toHaveAttribute("target", "_blank")
  await expect(links).toHaveAttribute("rel", /\bnoopener\b/)
  await expect(links).toHaveAttribute("rel", /\bnoreferrer\b/)
})

test("one long word stays within the page", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())
  await bob.page.setViewportSize({ width: 320, height: 640 })
  const word = "Donaudampfschiff".repeat(40)

  await ann.sendMessage(word)

  await bob.expectMessage(word)
  const overflow = await bob.scroller.evaluate((element) => element.scrollWidth - element.clientWidth)
  expect(overflow).toBe(0)
})

test("the typing notice disappears when the person stops typing", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  await bob.composer.pressSequentially("w")

  await expect(ann.typing).toHaveText("The other person is writing…")
  await expect(ann.typing).toBeEmpty()
})

// --- The reader's place ---

const LONG = Array.from({ length: 60 }, (_, line) => `line ${line}`).join("\n")

async function exchangeManyMessages(ann, bob) {
  await bob.joinRoom(await ann.createRoom())
  await ann.sendMessage(LONG)
  await ann.sendMessage("the end of it")
  await bob.expectMessage("the end of it")
}

async function scrollUp(person) {
  await person.scroller.evaluate((element) => element.scrollTo(0, 100))
  await expect.poll(() => placeOf(person)).toBe(100)
}

function placeOf(person) {
  return person.scroller.evaluate((element) => element.scrollTop)
}

test("a reader at the end stays at the end", async ({ ann, bob }) => {
  await exchangeManyMessages(ann, bob)

  await ann.sendMessage("news")

  await bob.expectMessage("news")
  await expect(bob.message("news")).toBeInViewport()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
})

test("a reader further up is not moved and sees a count of new messages", async ({ ann, bob }) => {
  await exchangeManyMessages(ann, bob)
  await scrollUp(bob)

  await ann.sendMessage("news")
  await expect(bob.button("1 new message")).toBeVisible()
  await ann.sendMessage("more news")
  await expect(bob.button("2 new messages")).toBeVisible()

  expect(await placeOf(bob)).toBe(100)
  await expect(bob.message("news")).not.toBeInViewport()
  await bob.button("2 new messages").click()
  await expect(bob.message("more news")).toBeInViewport()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
})

test("coming and going does not count as a new message", async ({ ann, bob }) => {
  await exchangeManyMessages(ann, bob)
  await scrollUp(bob)

  await ann.closeTab()

  await bob.expectStatus("The other person is away")
  await expect(bob.log.getByText("The other person left")).toBeAttached()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
  expect(await placeOf(bob)).toBe(100)
})

test("a reader further up who sends a message is moved to the end", async ({ ann, bob }) => {
  await exchangeManyMessages(ann, bob)
  await scrollUp(bob)

  await bob.sendMessage("my word")

  await expect(bob.message("my word")).toBeInViewport()
})

test("a reload ends at the newest message, even if the page scrolled before they loaded", async ({ ann, bob }) => {
  await exchangeManyMessages(ann, bob)
  const [reading, mayGoOn] = [Promise.withResolvers(), Promise.withResolvers()]
  await bob.page.route("**/api/messages**", async (route) => {
    reading.resolve()
    await mayGoOn.promise
    await route.continue()
  })

  await bob.reload()
  await reading.promise
  await bob.scroller.evaluate((element) => {
    element.style.paddingBlockStart = "2000px"
    element.scrollTop = 10
    element.dispatchEvent(new Event("scroll"))
    element.style.paddingBlockStart = ""
  })
  mayGoOn.resolve()

  await expect(bob.message("the end of it")).toBeInViewport()
  await expect(bob.page.getByRole("button", { name: /new message/ })).toBeHidden()
})
