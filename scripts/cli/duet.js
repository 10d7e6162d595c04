#!/usr/bin/env node
// The command `duet`: in the npm package, and behind the npm scripts of a checkout.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { deploy } from "./deploy.js"
import { doctor } from "./doctor.js"
import { findNode, isNodeNewEnough, wrangler } from "./tools.js"
import { verify } from "./verify.js"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))

const HELP = `duet: a private, temporary chat room for two people, opened by a link.

  duet start [options]      serves Duet on this machine, at http://localhost:8787
  duet deploy [options]     deploys it to Cloudflare; --dry-run does everything except the upload
  duet verify <url>         compares the pages that a deployment serves with this copy
  duet doctor <url>         tests whether everything works in a deployment, in a room that it creates
  duet wrangler <...>       Cloudflare's own tool: login, secret put, tail
  duet --help, --version

Options of start and deploy go to wrangler, for example:

  duet start --port 9000 --var ROOM_TTL_SECONDS:60
  duet deploy --name my-duet

start reads secrets from .dev.vars in this folder and keeps its rooms in .duet/. A deployment keeps
rooms in their own storage, or in Upstash Redis once both of these are set:

  duet wrangler secret put UPSTASH_REDIS_REST_URL
  duet wrangler secret put UPSTASH_REDIS_REST_TOKEN

Exit codes of verify and doctor: 0 if everything is right, 1 if something is wrong, 2 without an answer.`

/** @type {Record<string, (args: string[]) => number | Promise<number>>} */
const COMMANDS = {
  start: (args) => wrangler(ROOT, "dev", ["--show-interactive-dev-session=false", ...args]),
  deploy: (args) => deploy(ROOT, args),
  verify: (args) => withOrigin(args, (origin) => verify(origin, ROOT)),
  doctor: (args) => withOrigin(args, (origin) => doctor(origin, ROOT)),
  wrangler: ([command = "--help", ...args]) => wrangler(ROOT, command, args),
}

/** @param {string[]} args */
async function main([name = "--help", ...args]) {
  if (["--help", "-h", "help"].includes(name)) return say(HELP)
  if (["--version", "-v"].includes(name)) return say(version())
  const command = COMMANDS[name]
  if (!command) return complain(`there is no command "${name}"; see duet --help.`)
  return isNodeNewEnough() ? command(args) : againWithOwnNode()
}

/** Restarts under the package's own Node.js: wrangler and WebSockets need a newer one than many machines have. */
function againWithOwnNode() {
  const node = findNode(ROOT)
  if (!node) return complain("Node.js 22.12 or newer is needed: install it, https://nodejs.org.")
  return spawnSync(node, process.argv.slice(1), { stdio: "inherit" }).status ?? 1
}

/**
 * @param {string[]} args
 * @param {(origin: URL) => Promise<number>} action
 */
function withOrigin([address, ...rest], action) {
  const url = URL.parse(address ?? "")
  const isOrigin = url && ["http:", "https:"].includes(url.protocol) && url.pathname === "/" && !url.search
  if (!isOrigin || rest.length > 0) return complain("give the address of a deployment, as in https://duet.example.")
  return action(url)
}

function version() {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version
}

/** @param {string} text */
function say(text) {
  console.log(text)
  return 0
}

/** @param {string} text */
function complain(text) {
  console.error(`duet: ${text}`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
