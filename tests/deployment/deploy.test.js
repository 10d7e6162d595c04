import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"

import { missingForDeployment } from "../../scripts/cli/deploy.js"
import { duet } from "./duet-command.js"

const CHECKOUT = new URL("../..", import.meta.url).pathname

/** @param {string[]} names */
function answerWith(...names) {
  const accounts = names.map((name, index) => ({ id: `id-${index + 1}`, name }))
  return { code: 0, output: JSON.stringify({ loggedIn: true, accounts }) }
}

test("a dry run builds everything and uploads nothing", async () => {
  const { code, output } = await duet(["deploy", "--dry-run"])

  assert.equal(code, 0, output)
  assert.match(output, /--dry-run: exiting now/)
})

test("without a login the deployment stops with one sentence", async () => {
  const home = mkdtempSync(join(tmpdir(), "duet-home-"))
  const env = { HOME: home, XDG_CONFIG_HOME: home, CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_API_KEY: "" }

  const { code, output } = await duet(["deploy"], env)
  rmSync(home, { recursive: true })

  assert.equal(code, 1)
  assert.equal(
    output,
    "duet: Cloudflare does not know you yet: run 'npm run wrangler -- login', or set CLOUDFLARE_API_TOKEN.\n",
  )
})

test("one account is enough", () => {
  assert.equal(missingForDeployment(answerWith("Ann"), CHECKOUT), undefined)
})

for (const [what, answer, sentence] of /** @type {const} */ ([
  ["no account", answerWith(), /reaches no Cloudflare account/],
  ["several accounts", answerWith("Ann", "Ben"), /set CLOUDFLARE_ACCOUNT_ID to one of id-1 \(Ann\), id-2 \(Ben\)\.$/],
  ["no answer", { code: 1, output: "" }, /^Cloudflare cannot be reached/],
])) {
  test(`with ${what} the sentence says so`, () => {
    assert.match(missingForDeployment(answer, CHECKOUT) ?? "", sentence)
  })
}
