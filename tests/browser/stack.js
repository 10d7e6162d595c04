// A Worker with its store, as `duet-stack` of tests/support starts it.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/**
 * Starts one, on a fresh store.
 * @param {"embedded" | "upstash"} store
 * @param {Record<string, string | number>} vars settings of the Worker
 * @returns {Promise<{baseUrl: string, stop: () => Promise<void>}>}
 */
export async function startStack(store, vars = {}) {
  // Browsers that all come from one address are what a limit per address is against.
  const settings = Object.entries({ ADDRESS_LIMITS: "off", ...vars })
  const args = ["--store", store, ...settings.flatMap(([name, value]) => ["--var", `${name}:${value}`])]
  const command = ["run", "--quiet", "--package", "duet-test-support", "--bin", "duet-stack", "--", ...args]
  // Playwright asks its children for colours, and an address in colour is none.
  const env = { ...process.env, FORCE_COLOR: "0" }
  // It ends when its standard input does, hence also when we are killed.
  const child = spawn("cargo", command, { cwd: ROOT, env, stdio: ["pipe", "pipe", "inherit"] })
  const { baseUrl } = await firstLine(child)
  return { baseUrl, stop: () => stop(child) }
}

async function firstLine(child) {
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`duet-stack ended with ${code} before it was ready`)
  })
  // It ends later, too, and then nobody waits for this any more.
  ended.catch(() => {})
  const [line] = await Promise.race([once(lines, "line"), ended])
  return JSON.parse(line)
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "exit")
  child.stdin.end()
  await ended
}
