// Every language, and changing between them.

import { tableOf, withoutPlural } from "../../scripts/words.js"
import { layoutFaults, pseudo } from "./layout.js"
import { expect, test } from "./test.js"

const GERMAN = tableOf("de")
const ARABIC = tableOf("ar")
const ENGLISH = tableOf("en")

const root = (person) => person.page.locator("html")

// --- English ---

test("English is in the page: no table is requested before the composer is ready", async ({ ann }) => {
  const asked = []
  ann.context.on("request", (request) => asked.push(new URL(request.url()).pathname))

  await ann.createRoom()

  expect(asked).toContain("/app/room.js")
  expect(asked.filter((path) => path.startsWith("/words/"))).toEqual([])
  await expect(root(ann)).toHaveAttribute("lang", "en")
})

test.describe("a browser whose language Duet does not have", () => {
  test.use({ locale: "nl-NL" })

  test("gets English", async ({ ann }) => {
    await ann.createRoom()

    await ann.expectStatus(ENGLISH["header.alone"])
  })
})

// --- The browser's language ---

test("the browser's language is recognised in any regional variant", async ({ browser, baseURL }) => {
  for (const [locale, language] of [
    ["fr-CA", "fr"],
    ["es-MX", "es"],
    ["pt-PT", "pt-BR"],
    ["ja", "ja"],
    ["zh-TW", "zh-Hans"],
  ]) {
    const context = await browser.newContext({ baseURL, locale })
    const page = await context.newPage()
    await page.goto("/")

    await expect(page.locator("html")).toHaveAttribute("lang", language)
    await expect(page.locator("[data-create] button")).toHaveText(tableOf(language)["lobby.create"])
    await expect(page.getByLabel(tableOf(language).language)).toHaveValue(language)
    await context.close()
  }
})

test.describe("a German browser", () => {
  test.use({ locale: "de-AT" })

  test("gets German from the lobby to the end", async ({ ann, bob }) => {
    await ann.open("/")
    await expect(root(ann)).toHaveAttribute("lang", "de")
    await ann.button(GERMAN["lobby.create"]).click()
    await ann.expectStatus(GERMAN["header.alone"])
    await expect(ann.timeLeft).toHaveText("noch 10 Min.")

    await bob.open(await ann.page.locator("[data-share-link]").inputValue())
    await bob.button(GERMAN["door.join"]).click()
    await bob.expectStatus(GERMAN["header.together"])
    await bob.page.locator("#text").fill("Hallo")
    await bob.page.keyboard.press("Enter")
    await expect(bob.page.locator("[data-part=name]").first()).toHaveText(GERMAN["list.you"])

    await bob.button(GERMAN["header.menu"]).click()
    await bob.button(GERMAN["menu.destroy"]).click()
    await bob.button(GERMAN["destroy.now"]).click()
    await expect(ann.page.locator("[data-ended-reason]")).toHaveText(GERMAN["ended.room-destroyed"])
  })

  test("can be used in English until the table has come", async ({ ann }) => {
    const { promise: isLate, resolve: release } = Promise.withResolvers()
    await ann.context.route("**/words/de.json", async (route) => {
      await isLate
      await route.continue()
    })

    await ann.createRoom()
    release()

    await ann.expectStatus(GERMAN["header.alone"])
  })

  test("gets the reason for a redirect to the lobby in German", async ({ ann }) => {
    await ann.open("/?error=room-full")

    await expect(ann.notice).toHaveText(GERMAN["error.room-full"])
  })
})

test.describe("an Arabic browser", () => {
  test.use({ locale: "ar-EG" })

  test("shows pages from right to left, and texts in their own direction", async ({ ann, bob }) => {
    await ann.open("/")
    await expect(root(ann)).toHaveAttribute("dir", "rtl")
    await ann.button(ARABIC["lobby.create"]).click()
    await expect(ann.timeLeft).toHaveText(/١٠/)
    await bob.open(await ann.page.locator("[data-share-link]").inputValue())
    await bob.button(ARABIC["door.join"]).click()
    await ann.page.locator("#text").fill("Left to right.")
    await ann.page.keyboard.press("Enter")
    // A message moves to another list when it is confirmed.
    const text = ann.page.locator("[data-state=sent] [data-part=text]")
    await expect(text).toBeVisible()

    const { x, width } = await text.evaluate((element) => element.getBoundingClientRect().toJSON())
    const direction = await text.evaluate((element) => getComputedStyle(element).direction)

    expect(x + width).toBeLessThan(ann.page.viewportSize().width / 2)
    expect(direction).toBe("ltr")
  })
})

// --- The choice ---

test("a language chosen in the lobby applies to every page and after a reload", async ({ ann }) => {
  await ann.open("/")
  await ann.page.getByLabel(ENGLISH.language).selectOption("Deutsch")
  await expect(ann.button(GERMAN["lobby.create"])).toBeVisible()

  await ann.reload()
  await expect(ann.page.getByLabel(GERMAN.language)).toHaveValue("de")
  await ann.open("/promises")

  await expect(ann.heading(GERMAN["promises.title"])).toBeVisible()
  expect(await ann.page.evaluate(() => ({ ...localStorage }))).toEqual({ "duet:language": "de" })
})

test("a language chosen in the room changes all texts of the page and no message", async ({ ann, bob }) => {
  const link = await ann.createRoom()
  await bob.joinRoom(link, { as: "Bob" })
  await ann.sendMessage("hello")
  await bob.expectMessage("hello")
  await bob.sendMessage("good day")
  await ann.expectMessage("good day")
  await ann.fillComposer("half a sen")

  await ann.button("Menu").click()
  await ann.page.locator("#menu").getByLabel("Language").selectOption("Deutsch")

  await ann.expectStatus(GERMAN["header.together"])
  await expect(ann.timeLeft).toHaveText("noch 10 Min.")
  await expect(ann.page.locator("[data-part=name]")).toHaveText([GERMAN["list.you"], "Bob"])
  await expect(ann.page.locator("[data-sent] .note")).toHaveText([
    GERMAN["note.together"],
    /Ist es die richtige Person\?$/,
  ])
  await expect(ann.page.locator("[data-part=text]")).toHaveText(["hello", "good day"])
  await expect(ann.page.locator("#text")).toHaveValue("half a sen")

  await ann.page.locator("#menu").getByLabel(GERMAN.language).selectOption("English")
  await ann.expectStatus("Both here")
  await expect(ann.message("hello").getByText("You")).toBeVisible()
})

// --- Room for every language ---

test.describe("a language with longer words, from right to left, on the smallest phone", () => {
  test.use({ locale: "ar", viewport: { width: 320, height: 640 } })

  const LONG = Object.fromEntries(
    Object.keys(ARABIC).map((key) => [key, pseudo(ENGLISH[key] ?? ENGLISH[`${withoutPlural(key)}.other`])]),
  )

  /** A person whose page uses that language. */
  async function useLongTexts(person) {
    await person.context.route("**/words/ar.json", (route) => route.fulfill({ json: LONG }))
    return person
  }

  async function expectRoom(person, part) {
    await expect(root(person)).toHaveAttribute("dir", "rtl")
    expect(await layoutFaults(person.page, part)).toEqual([])
  }

  test("fits the lobby, with an error, and the other pages", async ({ ann }) => {
    await useLongTexts(ann)
    for (const address of ["/", "/?error=no-cookies", "/promises", "/404"]) {
      await ann.open(address)
      await expectRoom(ann)
    }
  })

  test("fits the bar before the end and the list of shortcuts", async ({ ann }) => {
    await useLongTexts(ann)
    await ann.context.clock.install()
    await ann.open("/")
    await ann.button(LONG["lobby.create"]).click()
    await expect(ann.page.locator("[data-share-code] svg")).toBeVisible()
    await ann.page.clock.fastForward("08:30")
    await expect(ann.button(LONG["bar.keep"])).toBeVisible()
    await expectRoom(ann)
    await ann.button(LONG["header.menu"]).click()
    await ann.button(LONG["shortcuts.title"]).click()
    await expectRoom(ann, "[data-shortcuts]")
  })

  test("fits the door and the room", async ({ ann, bob }) => {
    for (const person of [ann, bob]) await useLongTexts(person)
    await ann.open("/")
    await ann.button(LONG["lobby.create"]).click()
    await expect(ann.page.locator("[data-share-code] svg")).toBeVisible()
    await expectRoom(ann)

    const link = await ann.page.locator("[data-share-link]").inputValue()
    await bob.open(link.split("#")[0])
    await expect(bob.heading(LONG["rescue.title"])).toBeVisible()
    await expectRoom(bob)
    await bob.open("/")
    await bob.open(link)
    await expect(bob.heading(LONG["door.title"])).toBeVisible()
    await expectRoom(bob)

    await bob.button(LONG["door.join"]).click()
    await ann.expectStatus(LONG["header.together"])
    await ann.page.locator("#text").fill("A message that is long enough for a second line on this phone.")
    await ann.page.keyboard.press("Enter")
    await ann.page.getByText(LONG["safety.why"]).click()
    await expectRoom(ann)

    await ann.button(LONG["header.menu"]).click()
    await expectRoom(ann, "#menu")
    await ann.button(LONG["menu.destroy"]).click()
    await expectRoom(ann, "[data-destroy-dialog]")
    await ann.button(LONG["destroy.now"]).click()
    await expect(bob.heading(LONG["ended.title"])).toBeVisible()
    await expectRoom(bob)
  })
})
