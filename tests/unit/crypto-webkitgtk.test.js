import assert from "node:assert/strict"
import { test } from "node:test"

import { canEncrypt } from "../../public/app/crypto/arrival.js"
import { x25519 } from "../../public/app/crypto/hello.js"

const PREFIX_BYTES = 16

/** WebKitGTK refuses X25519 keys whose first byte is zero. */
function refuseKeysThatBeginWithZero(t) {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle)
  t.mock.method(crypto.subtle, "importKey", (format, bytes, ...rest) => {
    if (format === "pkcs8" && bytes[PREFIX_BYTES] === 0) throw new DOMException("refused", "DataError")
    return importKey(format, bytes, ...rest)
  })
}

test("a browser that takes no key that begins with zero can encrypt, and agrees on the same secret", async (t) => {
  const zeroFirst = Uint8Array.from({ length: 32 }, (_, index) => index)
  const point = Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 9 : 0))
  const prefix = Buffer.from("302e020100300506032b656e04220420", "hex")
  const own = await crypto.subtle.importKey("pkcs8", Buffer.concat([prefix, zeroFirst]), "X25519", false, [
    "deriveBits",
  ])
  const other = await crypto.subtle.importKey("raw", point, "X25519", false, [])
  const expected = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, own, 256))

  refuseKeysThatBeginWithZero(t)

  assert.ok(await canEncrypt())
  assert.deepEqual(await x25519(zeroFirst, point), expected)
})
