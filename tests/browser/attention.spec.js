// How the page signals new messages while the user looks elsewhere, and what it does not reveal.

import { expect, test } from "./test.js"
import { meet } from "./encrypted-room.js"

const SWITCH = "Notifications that say only “New message”"

/** Replaces what the browser would show outside the page, and records it. */
async function watchDesktop(person) {
  await person.context.addInitScript(() => {
    window.desktop = { badge: 0, asked: 0, notifications: [] }
    navigator.setAppBadge = async (badge) => void Object.assign(window.desktop, { badge })
    navigator.clearAppBadge = () => navigator.setAppBadge(0)
    window.Notification = class extends EventTarget {
      static async requestPermission() {
        window.desktop.asked += 1
        return window.permission ?? "granted"
      }

      constructor(title, options) {
        super()
        this.shown = { title, ...options }
        window.desktop.notifications.push(this)
      }

      close() {
        window.desktop.notifications = window.desktop.notifications.filter((other) => other !== this)
      }
    }
  })
}

function desktopOf({ page }) {
  return page.evaluate(() => {
    const { badge, asked, notifications } = window.desktop
    return { badge, asked, notifications: notifications.map(({ shown }) => shown) }
  })
}

function iconOf({ page }) {
  return page.locator("link[rel=icon]")
}

test("unread messages are counted in the title and the badge and shown in the icon, until one looks", async ({
  ann,
  bob,
}) => {
  await watchDesktop(bob)
  await meet(ann, bob)
  await bob.hidePage()

  await ann.sendMessage("one")
  await ann.sendMessage("two")

  await expect(bob.page).toHaveTitle("(2) Duet")
  await expect(iconOf(bob)).toHaveAttribute("href", "/favicon-unread.svg")
  expect(await desktopOf(bob)).toEqual({ badge: 2, asked: 0, notifications: [] })
  await bob.showPage()
  await expect(bob.page).toHaveTitle("Duet")
  await expect(iconOf(bob)).toHaveAttribute("href", "/favicon.svg")
  expect((await desktopOf(bob)).badge).toBe(0)
})

test("a notification is asked for by a press only, and says nothing of the message", async ({ ann, bob }) => {
  await watchDesktop(bob)
  await meet(ann, bob)
  expect((await desktopOf(bob)).asked).toBe(0)
  await bob.toggleSwitch(SWITCH)
  await bob.hidePage()

  await ann.sendMessage("our secret")
  await ann.sendMessage("another one")

  await expect(bob.page).toHaveTitle("(2) Duet")
  const { asked, notifications } = await desktopOf(bob)
  expect([asked, notifications]).toEqual([1, [{ title: "New message", icon: "/favicon-unread.svg" }]])
  await bob.showPage()
  expect((await desktopOf(bob)).notifications).toEqual([])
})

test("a browser that refuses notifications is told where to allow them", async ({ ann, bob }) => {
  await watchDesktop(bob)
  await bob.context.addInitScript(() => (window.permission = "denied"))
  await meet(ann, bob)
  await bob.button("Menu").click()

  await bob.page.getByLabel(SWITCH).click()

  await expect(bob.page.getByText("This browser does not allow notifications here.")).toBeVisible()
  await expect(bob.page.getByLabel(SWITCH)).not.toBeChecked()
})

test("at the end nothing outside the page tells of the room", async ({ ann, bob }) => {
  await watchDesktop(bob)
  await meet(ann, bob)
  await bob.toggleSwitch(SWITCH)
  await bob.hidePage()
  await ann.sendMessage("last words")
  await expect(bob.page).toHaveTitle("(1) Duet")

  await ann.destroyRoom()

  await bob.expectEnded(/It was destroyed/)
  await expect(bob.page).toHaveTitle("Duet")
  await expect(iconOf(bob)).toHaveAttribute("href", "/favicon.svg")
  expect(await desktopOf(bob)).toEqual({ badge: 0, asked: 1, notifications: [] })
})
