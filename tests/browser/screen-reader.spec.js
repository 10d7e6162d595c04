// What a screen reader finds and hears at each step of docs/accessibility.md.

import { expect, test } from "./test.js"

/** The announcements for screen readers. */
function announcements({ page }) {
  return page.locator("[data-announce]")
}

test("create, join, talk and destroy, as a screen reader finds them", async ({ ann, bob }) => {
  await ann.open("/")
  await expect(ann.page.getByRole("main")).toMatchAriaSnapshot(`
    - heading "Duet" [level=1]
    - paragraph: A private room for two. It disappears.
    - list:
      - listitem: You make a room
      - listitem: You send its link to one person
      - listitem: You talk. Then it is gone.
    - button "Create a private room"
    - group "Ends when nobody writes for":
      - radio "10 minutes" [checked]
      - radio "1 hour"
      - radio "24 hours"
    - textbox "Have a link?"
    - button "Open"
  `)

  const link = await ann.createRoom()
  await expect(ann.page.getByRole("status").getByText("Waiting for the other person")).toBeVisible()
  await expect(ann.sharePanel).toMatchAriaSnapshot(`
    - heading "Send this link to one person" [level=2]
    - paragraph: The first person to open it and join takes the second seat.
    - img "The link as a QR code"
    - textbox "Link to this room"
    - button "Copy link"
  `)

  await bob.open(link)
  await expect(bob.page.getByRole("main")).toMatchAriaSnapshot(`
    - heading "You are invited to a private room" [level=1]
    - paragraph: /It is a room for two/
    - textbox "Your name in the room"
    - button "Join"
  `)
  await bob.joinRoom(link, { as: "Bob" })

  await expect(ann.page.getByRole("status").getByText("Both here")).toBeVisible()
  await expect(ann.page.getByRole("region", { name: "Your four words:" })).toMatchAriaSnapshot(`
    - paragraph: /Your four words:/
    - paragraph: Read them to each other by voice, not in this chat.
    - button "They match"
    - group: What are they for?
  `)
  await bob.sendMessage("hello")
  await ann.expectMessage("hello")
  await expect(ann.log).toHaveAttribute("aria-busy", "false")
  await expect(ann.log).toMatchAriaSnapshot(`
    - article:
      - text: Bob
      - time: /\\d\\d:\\d\\d/
      - text: hello
  `)
  await expect(ann.composer).toBeFocused()

  await ann.button("Menu").press("Enter")
  await ann.button("Destroy this room…").press("Enter")
  await expect(ann.page.getByRole("dialog")).toMatchAriaSnapshot(`
    - dialog "Destroy this room?":
      - heading "Destroy this room?" [level=2]
      - paragraph: Everything is deleted for both of you, now.
      - button "Destroy for both"
      - button "Keep it"
  `)
  await ann.button("Destroy for both").press("Enter")
  for (const person of [ann, bob]) await expect(person.heading("This room has ended")).toBeFocused()
  await expect(announcements(ann)).toBeEmpty()
})

test("a copied link is announced", async ({ ann }) => {
  await ann.context.grantPermissions(["clipboard-write"])
  await ann.createRoom()

  await ann.button("Copy link").filter({ visible: true }).click()

  await expect(announcements(ann)).toHaveText("The link is copied.")
})
