// The Node.js and the wrangler that belong to this copy.

import { spawn, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { delimiter, dirname, join } from "node:path"

const MIN_NODE = [22, 12]

/** Whether this process's Node.js is new enough for wrangler. */
export function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number)
  return major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])
}

/**
 * The Node.js that npm installed for this copy.
 * @param {string} root
 * @returns {string | undefined}
 */
export function findNode(root) {
  const folder = folderOf(root, "node")
  return ["node", "node.exe"].map((name) => join(folder ?? root, "bin", name)).find((file) => existsSync(file))
}

/**
 * @param {string} root
 * @param {string} name of an npm package
 */
function folderOf(root, name) {
  try {
    return dirname(createRequire(join(root, "package.json")).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}

/**
 * Runs wrangler on this terminal and waits until it ends.
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export function wrangler(root, command, args) {
  const call = wranglerCall(root, command, args)
  if (!call) return Promise.resolve(complainAboutWrangler())
  const child = spawn(process.execPath, call.args, { stdio: "inherit", env: call.env })
  // A SIGTERM for this process is meant for wrangler. Ctrl+C reaches both processes anyway.
  process.on("SIGTERM", () => child.kill("SIGTERM"))
  process.on("SIGINT", () => {})
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)))
}

/**
 * Runs wrangler and captures its output and exit code.
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 */
export function askWrangler(root, command, args) {
  const call = wranglerCall(root, command, args)
  if (!call) return { code: complainAboutWrangler(), output: "" }
  const { status, stdout } = spawnSync(process.execPath, call.args, { env: call.env, encoding: "utf8" })
  return { code: status ?? 1, output: stdout }
}

function complainAboutWrangler() {
  console.error("duet: wrangler is missing: run npm install.")
  return 1
}

/**
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 */
function wranglerCall(root, command, args) {
  const folder = folderOf(root, "wrangler")
  if (!folder) return undefined
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter)
  // X_LOCAL_OBSERVABILITY records every event of every room, which takes most of the time for it.
  const env = { ...process.env, PATH: path, WRANGLER_SEND_METRICS: "false", X_LOCAL_OBSERVABILITY: "false" }
  const config = ["--config", join(root, "wrangler.toml")]
  return { args: [join(folder, "bin/wrangler.js"), command, ...args, ...config, ...local(command, args)], env }
}

/**
 * Options that keep settings and rooms in the current folder, because a package's own folder is replaced on update.
 * @param {string} command
 * @param {string[]} args
 */
function local(command, args) {
  if (command !== "dev") return []
  const state = args.includes("--persist-to") ? [] : ["--persist-to", join(process.cwd(), ".duet")]
  return existsSync(".dev.vars") ? [...state, "--env-file", join(process.cwd(), ".dev.vars")] : state
}
