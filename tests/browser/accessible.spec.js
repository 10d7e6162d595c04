// axe-core finds nothing wrong (WCAG 2.2, levels A and AA) in any state of the pages, in light and dark colours.

import { AxeBuilder } from "@axe-core/playwright"

import { expect, test } from "./test.js"
import { DishonestServer } from "./dishonest.js"
import { expectStopped, meet } from "./encrypted-room.js"
import { Wire } from "./wire.js"

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

/** The violations that axe finds, as readable lines. */
async function faultsOf(page) {
  // In legacy mode axe opens no page of its own, which would count as another tab of the person.
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).setLegacyMode(true).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => [id, target, failureSummary]))
}

async function expectAccessible({ page }) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme })
    expect(await faultsOf(page), colorScheme).toEqual([])
  }
}

test("the lobby, with and without an error, and the other pages", async ({ ann }) => {
  for (const address of ["/", "/?error=room-full", "/promises", "/404"]) {
    await ann.open(address)
    await expectAccessible(ann)
  }
  await ann.open("/promises")
  for (const summary of await ann.page.locator("summary").all()) await summary.click()
  await expectAccessible(ann)
  await ann.open("/")
  await ann.page.getByLabel("Have a link?").fill("not a link")
  await ann.button("Open").click()
  await expect(ann.page.getByText("That is not a link to a room.")).toBeVisible()
  await expectAccessible(ann)
})

test("a room from the door to its end", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await expect(ann.page.locator("[data-share-code] svg")).toBeVisible()
  await expectAccessible(ann)
  await ann.sendMessage("written while alone")
  await expectAccessible(ann)

  await bob.open(link.split("#")[0])
  await expect(bob.heading("This link is incomplete")).toBeVisible()
  await expectAccessible(bob)
  await bob.open("about:blank")
  await bob.open(link)
  await bob.expectDoor()
  await expectAccessible(bob)
  await bob.button("Join").click()
  await bob.expectInside()

  await bob.sendMessage("A link, https://example.org/, some `code`, and\n```\nmore of it\n```")
  await ann.sendMessage("and an answer")
  await bob.expectMessage("and an answer")
  await ann.page.getByText("What are they for?").click()
  for (const person of [ann, bob]) await expectAccessible(person)
  await ann.button("They match").click()
  await ann.button("Menu").click()
  await expectAccessible(ann)
  await ann.button("Destroy this room…").click()
  await expect(ann.dialog).toBeVisible()
  await expectAccessible(ann)
  await ann.button("Destroy for both").click()
  await bob.expectEnded(/It was destroyed/)
  await expectAccessible(bob)
})

test("a message that waits, and one that failed", async ({ ann, bob }) => {
  await meet(ann, bob)
  await ann.page.routeWebSocket(/realtime/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((raw) => {
      const frame = String(raw).startsWith("{") ? JSON.parse(raw) : {}
      if (frame.type !== "message") return server.send(raw)
      if (refuses) socket.send(JSON.stringify({ type: "error", id: frame.id, error: "bad-request", message: "" }))
    })
  })
  let refuses = false
  await ann.reload()
  await ann.expectInside()
  await ann.sendMessage("waits")
  await expect(ann.message("waits").getByText("Not sent yet…")).toBeVisible()
  await expectAccessible(ann)

  refuses = true
  await ann.reload()
  await ann.expectState("waits", "failed")
  await expectAccessible(ann)
})

test("what interrupts a conversation", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.context.route("**/api/room?*", (route) =>
    route.fulfill({ status: 503, json: { error: "store-unavailable" } }),
  )
  await bob.open(link)
  await expect(bob.heading("This room cannot be opened right now")).toBeVisible()
  await expectAccessible(bob)
  await bob.context.unroute("**/api/room?*")

  const wire = await Wire.of(bob)
  const server = await DishonestServer.towards(ann)
  await bob.open("about:blank")
  await bob.joinRoom(link)
  await wire.closeWith(4408)
  await expect(bob.button("Continue here")).toBeVisible()
  await expectAccessible(bob)

  server.changeHellos(() => ({}))
  await ann.reload()
  await expectStopped(ann)
  await expectAccessible(ann)
})

test("a room whose time is up while the page cannot reach it", async ({ ann }) => {
  await ann.context.clock.install()
  const wire = await Wire.of(ann)
  await ann.createRoom()
  await ann.goOffline(wire)
  await ann.page.clock.fastForward("10:01")
  await expect(ann.heading("This room’s time is up")).toBeVisible()
  await expectAccessible(ann)
})

test("the bar that offers to keep the room open", async ({ ann }) => {
  await ann.context.clock.install()
  await ann.createRoom()
  await ann.page.clock.fastForward("08:30")
  await expect(ann.button("Keep open")).toBeVisible()
  await expectAccessible(ann)
})

test.describe("on the smallest phone", () => {
  test.use({ viewport: { width: 320, height: 640 } })

  const CONTROLS =
    "button, .button, select, summary, li a, label:has(input), input:not([type=checkbox], [type=radio], .visually-hidden)"

  /** Controls that are too small for a finger, by their texts. */
  function smallControls({ page }) {
    return page.locator(CONTROLS).evaluateAll((controls) =>
      controls
        .filter((control) => control.checkVisibility())
        .map((control) => ({ text: control.textContent || control.id, box: control.getBoundingClientRect() }))
        .filter(({ box }) => box.height < 44 || box.width < 44)
        .map(({ text, box }) => `${text.trim()}: ${box.width} × ${box.height}`),
    )
  }

  test("every control is large enough for a finger", async ({ ann, bob }) => {
    for (const address of ["/", "/promises"]) {
      await ann.open(address)
      expect(await smallControls(ann)).toEqual([])
    }
    const link = await ann.createRoom()
    await expect(ann.page.locator("[data-share-code] svg")).toBeVisible()
    expect(await smallControls(ann)).toEqual([])
    await bob.open(link)
    await bob.expectDoor()
    expect(await smallControls(bob)).toEqual([])
    await bob.button("Join").click()
    await expect(ann.button("They match")).toBeVisible()
    await ann.button("Menu").click()
    expect(await smallControls(ann)).toEqual([])
    await ann.button("Destroy this room…").click()
    expect(await smallControls(ann)).toEqual([])
  })
})
