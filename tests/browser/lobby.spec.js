// The lobby.

import { createPlainRoom, expect, test } from "./test.js"
import { roomIdOf } from "./person.js"

// --- What sent us here ---

const SENTENCES = [
  ["room-not-found", /There is no room at this link/],
  ["room-full", /This room is full.*Ask for a new link/],
  ["room-expired", /time ran out/],
  ["room-destroyed", /was destroyed/],
  ["not-a-participant", /You no longer have a seat in this room/],
  ["bad-proof", /This link is incomplete/],
  ["bad-link", /That is not a link to a room/],
  ["bad-origin", /This room belongs to another site/],
  ["room-history-full", /as many messages as it can hold/],
  ["store-unavailable", /cannot be reached right now/],
  ["too-many-requests", /too fast/],
  ["misconfigured", /not set up correctly/],
  ["no-such-word", /^Something went wrong/],
  ["constructor", /^Something went wrong/],
  ["%3Cimg%20src=x%20onerror=alert(1)%3E", /^Something went wrong/],
]

test("every error that redirects to the lobby is shown as a sentence, once", async ({ ann }) => {
  for (const [word, sentence] of SENTENCES) {
    await ann.open(`/?error=${word}`)

    await ann.expectLobby(sentence)
    await expect(ann.page).toHaveURL("/")
  }
  await ann.reload()
  await expect(ann.notice).toBeHidden()
})

test("without an error the lobby shows no notice", async ({ ann }) => {
  await ann.open("/")

  await expect(ann.notice).toBeHidden()
  await expect(ann.heading("Duet")).toBeVisible()
})

test("an unknown room redirects to the lobby", async ({ ann }) => {
  await ann.open(`/room/${"x".repeat(21)}`)

  await ann.expectLobby(/There is no room at this link/)
})

test("a URL without a room id redirects to the lobby", async ({ ann }) => {
  await ann.open("/room/half-a-link")

  await ann.expectLobby(/There is no room at this link/)
})

test("the back button of the lobby does not lead to the missing room", async ({ ann }) => {
  await ann.open("/promises")
  await ann.open(`/room/${"x".repeat(21)}`)
  await ann.expectLobby(/There is no room/)

  await ann.page.goBack()

  await expect(ann.heading("What Duet promises")).toBeVisible()
})

// --- A pasted link ---

test("a pasted link opens its room", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open("/")

  await bob.page.getByLabel("Have a link?").fill(link)
  await bob.button("Open").click()

  await bob.expectDoor()
})

test("a link within other text opens its room", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.open("/")

  await bob.page.getByLabel("Have a link?").fill(`  Come in: ${link} – I am there.`)
  await bob.page.keyboard.press("Enter")

  await bob.expectDoor()
})

test("a pasted id opens its room", async ({ bob, request }) => {
  const link = await createPlainRoom(request)
  await bob.open("/")

  await bob.page.getByLabel("Have a link?").fill(` ${roomIdOf(link)} `)
  await bob.button("Open").click()

  await bob.expectDoor()
})

test("invalid text is reported visibly and to screen readers, and stays in the field", async ({ bob }) => {
  await bob.open("/")
  const field = bob.page.getByLabel("Have a link?")

  await field.fill("https://example.com/not-a-room")
  await bob.button("Open").click()

  await expect(bob.page.getByRole("alert").getByText("That is not a link to a room")).toBeVisible()
  await expect(field).toHaveAttribute("aria-invalid", "true")
  await expect(field).toHaveAccessibleDescription(/That is not a link to a room/)
  await expect(field).toBeFocused()
  await expect(field).toHaveValue("https://example.com/not-a-room")
})

test("an empty field is answered with a request for a link", async ({ bob }) => {
  await bob.open("/")

  await bob.button("Open").click()

  await expect(bob.page.getByText("Paste the link you were sent.")).toBeVisible()
})

// --- The pages themselves ---

for (const address of ["/", "/room/some-room", "/promises"]) {
  test(`${address} may load and do only what it uses`, async ({ request }) => {
    const headers = (await request.get(address)).headers()

    const policy = headers["content-security-policy"]
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
    expect(headers["referrer-policy"]).toBe("no-referrer")
    expect(headers["x-content-type-options"]).toBe("nosniff")
    expect(headers["x-robots-tag"]).toMatch(/noindex/)
    expect(headers["set-cookie"]).toBeUndefined()
  })
}

test("every promise in the lobby links to its explanation", async ({ ann }) => {
  await ann.open("/")
  const hrefs = await ann.page
    .locator("main li a")
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")))

  await ann.open("/promises")

  expect(hrefs.length).toBeGreaterThan(2)
  for (const href of hrefs) await expect(ann.page.locator(`[id="${href.split("#")[1]}"]`)).toBeVisible()
})

test("a missing page says so", async ({ request }) => {
  expect((await request.get("/nothing-here")).status()).toBe(404)

  const text = await (await request.get("/nothing-here")).text()

  expect(text).toContain("There is nothing at this address")
})
