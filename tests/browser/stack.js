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
 * @returns {Promise<Stack>}
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
  const stack = new Stack(child)
  await stack.isReady()
  return stack
}

export class Stack {
  /** Where the Worker answers; elsewhere after each start. */
  baseUrl = ""
  #child
  #lines

  /** @param {import("node:child_process").ChildProcess} child */
  constructor(child) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })
  }

  async isReady() {
    this.baseUrl = (await this.#answer()).baseUrl
  }

  /** Ends the Worker as a crash would. Its store stays. */
  async kill() {
    this.#child.stdin.write("kill\n")
    await this.#answer()
  }

  /** Starts the Worker again, on what it left. */
  async startAgain() {
    this.#child.stdin.write("start\n")
    await this.isReady()
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, "exit")
    this.#child.stdin.end()
    await ended
  }

  /** The next line that it says. */
  async #answer() {
    const ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`duet-stack ended with ${code} before it answered`)
    })
    // It ends later, too, and then nobody waits for this any more.
    ended.catch(() => {})
    const [line] = await Promise.race([once(this.#lines, "line"), ended])
    return JSON.parse(line)
  }
}
