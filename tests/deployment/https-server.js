import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

import { ROOT } from "../browser/stack.js"

// Overrides .dev.vars, which may name a developer's own database.
const COMMAND = [
  "start",
  "--local-protocol",
  "https",
  "--port",
  "0",
  "--inspector-port",
  "0",
  "--env-file",
  "/dev/null",
]

/** Starts Duet like `npm start`, over https. It ends when its standard input closes, also if this process is killed. */
export async function startOverHttps() {
  const folder = mkdtempSync(join(tmpdir(), "duet-https-"))
  const duet = [process.execPath, join(ROOT, "scripts/cli/duet.js"), ...COMMAND, "--persist-to", folder]
  const env = { ...process.env, CI: "1", CLOUDFLARE_CF_FETCH_ENABLED: "false" }
  // The guard ends its whole process group, so it needs a group of its own.
  const child = spawn("sh", [join(ROOT, "tests/support/src/guard.sh"), ...duet], {
    cwd: ROOT,
    env,
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  })
  const ended = once(child, "exit")
  return {
    baseUrl: await readyAddress(child),
    async stop() {
      child.stdin.end("stop\n")
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {import("node:child_process").ChildProcess} child */
async function readyAddress(child) {
  const output = []
  for await (const line of createInterface({ input: child.stdout })) {
    output.push(line)
    const [, address] = line.match(/Ready on (https:\S+)/) ?? []
    if (address) {
      child.stdout.resume()
      return address
    }
  }
  throw new Error(`no server came up:\n${output.join("\n")}`)
}
