// A Worker with its store, started by `duet-stack` of tests/support.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

export const ROOT = fileURLToPath(new URL("../..", import.meta.url))

/**
 * Starts a stack with an empty store.
 * @param {"embedded" | "upstash"} store
 * @param {Record<string, string | number>} vars settings of the Worker
 * @returns {Promise<Stack>}
 */
export async function startStack(store, vars = {}) {
  // All browsers in the tests have the same address, so the limits per address would stop them.
  const settings = Object.entries({ ADDRESS_LIMITS: "off", ...vars })
  const args = ["--store", store, ...settings.flatMap(([name, value]) => ["--var", `${name}:${value}`])]
  const command = ["run", "--quiet", "--package", "duet-test-support", "--bin", "duet-stack", "--", ...args]
  // Playwright sets FORCE_COLOR for its children, and a coloured address is not an address.
  const env = { ...process.env, FORCE_COLOR: "0" }
  // It ends when its standard input closes, and therefore also if this process is killed.
  const child = spawn("cargo", command, { cwd: ROOT, env, stdio: ["pipe", "pipe", "inherit"] })
  const stack = new Stack(child)
  await stack.isReady()
  return stack
}

export class Stack {
  /** The Worker's address. Changes with each start. */
  baseUrl = ""
  /** The address that `wrangler dev` prints. Its answers are like those of a deployment. */
  wranglerUrl = ""
  #child
  #lines

  /** @param {import("node:child_process").ChildProcess} child */
  constructor(child) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })
  }

  async isReady() {
    const { baseUrl, wranglerUrl } = await this.#answer()
    Object.assign(this, { baseUrl, wranglerUrl })
  }

  /** Kills the Worker like a crash. Its store stays. */
  async kill() {
    this.#child.stdin.write("kill\n")
    await this.#answer()
  }

  /** Starts the Worker again on the same store. */
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

  /** The next line that it prints. */
  async #answer() {
    const ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`duet-stack ended with ${code} before it answered`)
    })
    // When it ends later, nothing waits for this promise any more.
    ended.catch(() => {})
    const [line] = await Promise.race([once(this.#lines, "line"), ended])
    return JSON.parse(line)
  }
}
