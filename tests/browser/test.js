// The fixtures of every spec: a Worker with one of the stores, and people with a browser each.

import { test as base, expect } from "@playwright/test"

import { Conduct } from "./conduct.js"
import { Person } from "./person.js"
import { startStack } from "./stack.js"

/** The lifetime of a room, in seconds, in the Worker of specs about expiry. */
export const BRIEF_SECONDS = 8
export const BRIEF_ROOMS = { ROOM_TTL_SECONDS: BRIEF_SECONDS }

const START_LIMIT_MS = 180_000

export { expect }

export const test = base.extend({
  /** The store; set by the projects. */
  store: ["embedded", { option: true, scope: "worker" }],
  /** Variables of the Worker, for specs that need other than the usual ones. */
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

  /** Creates as many people as a test needs. */
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
 * The room's status as a stranger gets it.
 * @param {import("@playwright/test").APIRequestContext} request
 * @param {string} roomId
 */
export async function statusOf(request, roomId) {
  const response = await request.get(`/api/room?roomId=${roomId}`)
  const { status, error } = await response.json()
  return status ?? error
}

/**
 * Creates a room like a program: not encrypted, and without taking a seat.
 * @param {import("@playwright/test").APIRequestContext} request
 * @param {{ttlSeconds?: number}} choice
 * @returns {Promise<string>} its link
 */
export async function createPlainRoom(request, choice = {}) {
  const response = await request.post("/api/room/create", { data: choice })
  const { roomId } = await response.json()
  return new URL(`/room/${roomId}`, response.url()).href
}
