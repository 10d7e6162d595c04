// Deploys Duet, or prints one sentence about what is missing.

import { existsSync } from "node:fs"
import { join } from "node:path"

import { askWrangler, wrangler } from "./tools.js"

/**
 * @param {string} root
 * @param {string[]} args for wrangler
 * @returns {Promise<number>} the exit code
 */
export async function deploy(root, args) {
  const isDry = args.includes("--dry-run")
  const missing = isDry ? undefined : missingForDeployment(askWrangler(root, "whoami", ["--json"]), root)
  if (missing) {
    console.error(`duet: ${missing}`)
    return 1
  }
  // `--no-bundle`, because build/ already is the bundle: it is deployed byte for byte. `wrangler dev` bundles again,
  // because it adds code that reads a refused body to its end, without which the local connection breaks.
  return wrangler(root, "deploy", ["--no-bundle", ...args])
}

/**
 * What is missing for a deployment, according to the output of `wrangler whoami --json`.
 * @param {{code: number, output: string}} answer
 * @param {string} root
 * @returns {string | undefined} a sentence
 */
export function missingForDeployment({ code, output }, root) {
  const who = parse(output)
  if (who?.loggedIn === false) {
    return `Cloudflare does not know you yet: run '${ourWrangler(root)} login', or set CLOUDFLARE_API_TOKEN.`
  }
  if (code !== 0 || !who) {
    return "Cloudflare cannot be reached, or refuses CLOUDFLARE_API_TOKEN: check the network and the token."
  }
  return missingAccount(who.accounts ?? [])
}

/** @param {{id: string, name: string}[]} accounts */
function missingAccount(accounts) {
  if (accounts.length === 0) {
    return "your login or token reaches no Cloudflare account: give it one with the right to edit Workers."
  }
  if (accounts.length === 1 || process.env.CLOUDFLARE_ACCOUNT_ID) return undefined
  const choices = accounts.map(({ id, name }) => `${id} (${name})`).join(", ")
  return `your login reaches several accounts: set CLOUDFLARE_ACCOUNT_ID to one of ${choices}.`
}

/** @param {string} root */
function ourWrangler(root) {
  return existsSync(join(root, "xtask")) ? "npm run wrangler --" : "npx duet wrangler"
}

/** @param {string} json */
function parse(json) {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
