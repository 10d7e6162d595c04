import assert from "node:assert/strict"
import { afterEach, test } from "node:test"

import { codeOf, createRoom, joinRoom, listMessages, roomStatus } from "../../public/app/net/api.js"

const realFetch = globalThis.fetch
afterEach(() => (globalThis.fetch = realFetch))

/**
 * The error code of a call that gets this answer.
 * @param {Response} response
 * @param {() => Promise<unknown>} [call]
 */
async function codeFor(response, call = () => roomStatus("x")) {
  globalThis.fetch = async () => response
  return call().then(() => "", codeOf)
}

function html(status, body) {
  return new Response(`<!doctype html><title>${body}</title>`, { status, headers: { "content-type": "text/html" } })
}

// --- The platform's own answers ---

for (const [what, response, code] of [
  ["over its daily quota, by its status", () => html(429, "Too many requests"), "over-quota"],
  ["over its daily quota, by its number", () => html(503, "Error 1027: temporarily rate limited"), "over-quota"],
  ["too fast for the platform", () => html(429, "Error 1015: You are being rate limited"), "too-many-requests"],
  ["broken", () => html(500, "Error 1101: Worker threw exception"), "internal"],
  ["something in between that answers in HTML", () => html(200, "Log in to this network"), "offline"],
]) {
  test(`an HTML answer means that the server is ${what}`, async () => {
    assert.equal(await codeFor(response()), code)
  })
}

test("every call recognises the platform's quota", async () => {
  const page = { after: 0, limit: 1, patienceMs: 1_000 }
  const calls = [() => createRoom({}), () => joinRoom("x", {}), () => listMessages("x", page)]

  for (const call of calls) assert.equal(await codeFor(html(429, "quota"), call), "over-quota")
})

// --- The API's answers ---

test("the API's error code counts, whatever the status", async () => {
  const refusal = Response.json({ error: "too-many-requests", message: "" }, { status: 429 })

  assert.equal(await codeFor(refusal), "too-many-requests")
})

test("an answer without content is valid", async () => {
  assert.equal(await codeFor(new Response(null, { status: 204 })), "")
})
