// What every spec starts from: a Worker with one of the stores, and people with a browser each.

import { test as base, expect } from "@playwright/test"

import { Conduct } from "./conduct.js"
import { Person } from "./person.js"
import { startStack } from "./stack.js"

/** How long a room lives in the Worker of specs that wait for its end. */
export const BRIEF_SECONDS = 8
export const BRIEF_ROOMS = { ROOM_TTL_SECONDS: BRIEF_SECONDS }

const START_LIMIT_MS = 180_000

export { expect }

export const test = base.extend({
  /** Where rooms are kept; the projects set it. */
  store: ["embedded", { option: true, scope: "worker" }],
  /** Settings of the Worker, for specs that need others than the usual ones. */
  settings: [{}, { option: true, scope: "worker" }],

  stack: [
    async ({ store, settings }, use) => {
      const stack = await startStack(store, settings)
      await use(stack)
      await stack.stop()
    },
    { scope: "worker", timeout: START_LIMIT_MS },
  ],

  baseURL: async ({ stack }, use) => use(stack.baseUrl),

  conduct: async ({ baseURL }, use) => {
    const conduct = new Conduct(baseURL)
    await use(conduct)
    conduct.expectFaultless()
  },

  /** Makes people, as many as a test needs. */
  meet: async ({ browser, baseURL, conduct }, use) => {
    const contexts = []
    await use(async () => {
      const context = await browser.newContext({ baseURL })
      contexts.push(context)
      conduct.watch(context)
      return new Person(context)
    })
    for (const context of contexts) await context.close()
  },

  ann: async ({ meet }, use) => use(await meet()),
  bob: async ({ meet }, use) => use(await meet()),
  chris: async ({ meet }, use) => use(await meet()),
})

/**
 * Asks the room whether there is a seat, as a stranger.
 * @param {import("@playwright/test").APIRequestContext} request
 * @param {string} roomId
 */
export async function statusOf(request, roomId) {
  const response = await request.get(`/api/room?roomId=${roomId}`)
  const { status, error } = await response.json()
  return status ?? error
}

/**
 * Makes a room as a program would: not sealed, without a seat taken.
 * @param {import("@playwright/test").APIRequestContext} request
 * @param {{ttlSeconds?: number}} choice
 * @returns {Promise<string>} its link
 */
export async function createPlainRoom(request, choice = {}) {
  const response = await request.post("/api/room/create", { data: choice })
  const { roomId } = await response.json()
  return new URL(`/room/${roomId}`, response.url()).href
}
