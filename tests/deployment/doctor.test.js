import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { startStack } from "../browser/stack.js"
import { duet } from "./duet-command.js"
import { startOverHttps } from "./https-server.js"
import { tamperingProxy } from "./tampering-proxy.js"

for (const store of /** @type {const} */ (["embedded", "upstash"])) {
  test(`a healthy server passes (${store})`, async () => {
    const healthy = await startStack(store)

    const { code, output } = await duet(["doctor", healthy.wranglerUrl])
    await healthy.stop()

    assert.equal(code, 0, output)
    assert.match(output, /ok {3}nothing remains/)
  })
}

test("over https, the checks for https pass, too", { timeout: 120_000 }, async () => {
  const server = await startOverHttps()

  // wrangler's certificate is self-signed.
  const { code, output } = await duet(["doctor", server.baseUrl], { NODE_TLS_REJECT_UNAUTHORIZED: "0" })
  await server.stop()

  assert.equal(code, 0, output)
  for (const row of ["https is remembered", "cookie"]) assert.match(output, new RegExp(`^ok   ${row} *$`, "m"))
})

/** @type {import("../browser/stack.js").Stack} */
let stack

before(async () => (stack = await startStack("embedded")))
after(() => stack.stop())

const isApi = (path) => path.startsWith("/api/")

/** What is broken, how, and the only rows that may report it. */
const BROKEN = [
  {
    what: "does not know the links of rooms",
    rows: ["link of a room"],
    change(answer, path) {
      if (path.startsWith("/room/")) answer.status = 404
    },
  },
  {
    what: "serves pages without their policy",
    rows: ["start page and its headers", "link of a room", "address that is not there"],
    change(answer, path) {
      if (!isApi(path)) delete answer.headers["content-security-policy"]
    },
  },
  {
    what: "gives cookies that scripts can read",
    rows: ["cookie"],
    change(answer, path) {
      if (path !== "/api/room/join") return
      const cookie = String(answer.headers["set-cookie"] ?? "")
      if (cookie) answer.headers["set-cookie"] = cookie.replace(/; *HttpOnly/, "")
    },
  },
  {
    what: "lets no socket through",
    rows: ["socket opens", "ping is answered", "a message arrives"],
    refusesSockets: true,
  },
  {
    what: "says that a room is destroyed and keeps it",
    rows: ["nothing remains"],
    change(answer, path, method) {
      if (path !== "/api/room" || method !== "GET") return
      answer.status = 200
    },
  },
  {
    what: "has no database",
    rows: ["create a room", "cookie", "two people join", "a third is refused", "a stranger reads nothing"].concat([
      "socket opens",
      "ping is answered",
      "a message arrives",
      "destroy",
      "nothing remains",
    ]),
    change(answer, path) {
      if (path !== "/api/room/create" || answer.status !== 201) return
      answer.status = 503
      answer.body = Buffer.from('{"error":"store-unavailable","message":"The database did not answer."}')
    },
  },
  {
    what: "lets every file be sent again",
    rows: ["caching"],
    change(answer, path) {
      if (!isApi(path)) delete answer.headers.etag
    },
  },
]

for (const { what, rows, change, refusesSockets } of BROKEN) {
  test(`a server that ${what} fails this check and no other`, async () => {
    const proxy = await tamperingProxy(stack.wranglerUrl, { change, refusesSockets })

    const { code, output } = await duet(["doctor", proxy.baseUrl])
    proxy.stop()

    assert.equal(code, 1, output)
    const blamed = output.matchAll(/^BAD {2}(.+?) *$/gm).map(([, row]) => row)
    assert.deepEqual([...blamed], rows, output)
  })
}

test("an unreachable server is reported", async () => {
  const proxy = await tamperingProxy(stack.wranglerUrl)
  proxy.stop()

  const { code, output } = await duet(["doctor", proxy.baseUrl])

  assert.equal(code, 2, output)
  assert.match(output, /does not answer/)
})
