// Keeping a room open, up to its maximum lifetime.

import { expect, test } from "./test.js"

test.use({ settings: { ROOM_TTL_SECONDS: 9, ROOM_MAX_LIFETIME_SECONDS: 16 } })

/** The announcements for screen readers that are not visible on the screen. */
function announcements({ page }) {
  return page.locator("[data-announce]")
}

test("either person keeps the room open for both, until it has its longest life", async ({ ann, bob }) => {
  await bob.joinRoom(await ann.createRoom())

  for (const person of [ann, bob]) {
    await expect(announcements(person)).toHaveText(/^This room ends soon\. Press “Keep open”/)
    await expect(person.page.getByText(/^Ends in 0:0\d$/)).toBeVisible()
  }
  await bob.button("Keep open").press("Enter")

  await expect(bob.composer).toBeFocused()
  for (const person of [ann, bob]) {
    await expect(announcements(person)).toHaveText("The room was kept open")
    await expect(person.button("Keep open")).toBeHidden()
  }
  for (const person of [ann, bob]) {
    await expect(person.page.getByText(/^Ends in 0:0\d\. It cannot stay open any longer\.$/)).toBeVisible()
    await expect(announcements(person)).toHaveText("This room ends soon, and cannot stay open any longer.")
    await expect(person.button("Keep open")).toBeHidden()
  }
  for (const person of [ann, bob]) await person.expectEnded(/Its time ran out/)
})
