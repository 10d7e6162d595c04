import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"

const COMMAND = fileURLToPath(new URL("../../scripts/cli/duet.js", import.meta.url))

/**
 * Runs `duet` and waits for its end.
 * @param {string[]} args
 * @param {Record<string, string>} [env] in addition to this process's
 * @returns {Promise<{code: number, output: string}>}
 */
export function duet(args, env = {}) {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 120_000 }
    execFile(process.execPath, [COMMAND, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr })
    })
  })
}
