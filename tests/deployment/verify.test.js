import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { startStack } from "../browser/stack.js"
import { duet } from "./duet-command.js"
import { tamperingProxy } from "./tampering-proxy.js"

/** @type {import("../browser/stack.js").Stack} */
let stack

before(async () => (stack = await startStack("embedded")))
after(() => stack.stop())

/** Runs `duet verify` against a server that changes answers in this way. */
async function verifyThrough(change) {
  const proxy = await tamperingProxy(stack.wranglerUrl, { change })
  try {
    return await duet(["verify", proxy.baseUrl])
  } finally {
    proxy.stop()
  }
}

test("a server that serves this copy passes", async () => {
  const { code, output } = await duet(["verify", stack.wranglerUrl])

  assert.equal(code, 0, output)
  assert.doesNotMatch(output, /BAD/)
})

test("a proxy that changes nothing passes", async () => {
  const { code, output } = await verifyThrough(() => {})

  assert.equal(code, 0, output)
})

test("a changed byte in a module is found, and no other difference", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (path === "/app/room.js") answer.body[100] ^= 1
  })

  assert.equal(code, 1, output)
  assert.match(output, /BAD {2}\/app\/room\.js\n {5}the content differs from byte 100\n/)
  assert.match(output, /\n1 of \d+ addresses/)
})

test("a changed style sheet is found", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (path === "/style.css") answer.body = Buffer.concat([answer.body, Buffer.from("body{display:none}")])
  })

  assert.equal(code, 1, output)
  assert.match(output, /BAD {2}\/style\.css\n {5}the content differs from byte \d+, \d+ bytes in place of \d+/)
})

test("a missing header is found", async () => {
  const { code, output } = await verifyThrough((answer) => delete answer.headers["content-security-policy"])

  assert.equal(code, 1, output)
  assert.match(output, /header content-security-policy is missing/)
})

test("a weakened header is found", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (!path.startsWith("/room/")) return
    answer.headers["content-security-policy"] = "script-src 'self' 'unsafe-inline'"
  })

  assert.equal(code, 1, output)
  assert.match(
    output,
    /BAD {2}\/room\/.+\n {5}header content-security-policy is "script-src 'self' 'unsafe-inline'", not "/,
  )
})

test("an additional header is found", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (path === "/") answer.headers.link = "<https://other.example/x.css>; rel=stylesheet"
  })

  assert.equal(code, 1, output)
  assert.match(output, /additional header link: <https:\/\/other\.example\/x\.css>/)
})

test("an additional script is found and shown", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (!path.startsWith("/room/")) return
    const html = answer.body.toString().replace("</head>", '<script src="https://other.example/x.js"></script></head>')
    answer.body = Buffer.from(html)
  })

  assert.equal(code, 1, output)
  assert.match(output, /additional script: <script src="https:\/\/other\.example\/x\.js">/)
})

test("a redirect is found with its target", async () => {
  const { code, output } = await verifyThrough((answer, path) => {
    if (path !== "/") return
    answer.status = 302
    answer.headers.location = "https://other.example/"
  })

  assert.equal(code, 1, output)
  assert.match(output, /BAD {2}\/ *\n {5}status 302, not 200: leads to https:\/\/other\.example\//)
})

test("an unreachable server is neither the same nor different", async () => {
  const proxy = await tamperingProxy(stack.wranglerUrl)
  proxy.stop()

  const { code, output } = await duet(["verify", proxy.baseUrl])

  assert.equal(code, 2, output)
  assert.match(output, /could not be asked/)
})

for (const address of ["", "duet.example", "ftp://duet.example", "https://duet.example/room/x"]) {
  test(`"${address}" is refused as an address`, async () => {
    const { code, output } = await duet(["verify", address])

    assert.equal(code, 2)
    assert.equal(output, "duet: give the address of a deployment, as in https://duet.example.\n")
  })
}
