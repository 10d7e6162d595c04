// The package as `npm run package` makes it, used on a machine without Rust. It takes minutes, because it compiles the
// Worker in another folder. Run it with `npm run test:package`.

import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { after, before, test } from "node:test"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("../..", import.meta.url))
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
const ARCHIVE = `dist/duet-${version}.tgz`

/** @type {string} */
let scratch

before(() => {
  scratch = mkdtempSync(join(tmpdir(), "duet-package-"))
  execFileSync("scripts/package.sh", { cwd: ROOT, stdio: "inherit" })
})
after(() => rmSync(scratch, { recursive: true, force: true }))

test("another folder, another umask and another set of caches give the same bytes", () => {
  const elsewhere = join(scratch, "another folder", "duet")
  copyCheckout(elsewhere)
  const env = { ...process.env, CARGO_TARGET_DIR: join(elsewhere, "target") }

  execFileSync("sh", ["-c", "umask 077 && scripts/package.sh"], { cwd: elsewhere, env, stdio: "inherit" })

  const [ours, theirs] = [ROOT, elsewhere].map((folder) => readFileSync(join(folder, ARCHIVE)))
  assert.ok(ours.equals(theirs), "the two archives differ")
})

test("an empty folder with only Node.js and npm serves a room and verifies it", { timeout: 300_000 }, async () => {
  const env = environmentWithoutRust()
  const folder = join(scratch, "empty")
  mkdirSync(folder)
  const run = (/** @type {string[]} */ ...args) =>
    execFileSync(args[0], args.slice(1), { cwd: folder, env, encoding: "utf8" })

  run("npm", "install", "--no-audit", "--no-fund", join(ROOT, ARCHIVE))

  assert.equal(run("npx", "duet", "--version"), `${version}\n`)
  assert.match(run("npx", "duet", "--help"), /duet verify <url>/)
  assert.match(run("npx", "duet", "deploy", "--dry-run"), /--dry-run: exiting now/)
  const server = await startServer(folder, env)
  try {
    assert.match(run("npx", "duet", "verify", server.baseUrl), /All \d+ addresses/)
    assert.match(run("npx", "duet", "doctor", server.baseUrl), /is well/)
  } finally {
    await server.stop()
  }
})

test("the checksums in the package and next to it are right", () => {
  const folder = join(scratch, "unpacked")
  mkdirSync(folder)
  execFileSync("tar", ["xzf", join(ROOT, ARCHIVE), "-C", folder])

  execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: join(folder, "package") })
  execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: join(ROOT, "dist") })
})

/**
 * Copies the checkout as it is now, with uncommitted changes.
 * @param {string} target
 */
function copyCheckout(target) {
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean)
  for (const file of files.filter((file) => existsSync(join(ROOT, file)))) cpSync(join(ROOT, file), join(target, file))
}

/** An environment with the machine's Node.js and npm and almost nothing else. */
function environmentWithoutRust() {
  const bin = join(scratch, "bin")
  mkdirSync(bin)
  for (const name of ["node", "npm", "npx", "sh", "env"]) symlinkSync(realpathSync(find(name)), join(bin, name))
  const { HOME, npm_config_registry, npm_config_cache, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, https_proxy } = process.env
  const kept = { HOME, npm_config_registry, npm_config_cache, NODE_EXTRA_CA_CERTS, HTTPS_PROXY, https_proxy }
  const env = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
  return { ...env, PATH: bin, CI: "1", CLOUDFLARE_CF_FETCH_ENABLED: "false" }
}

/** @param {string} name of a program, outside of this checkout */
function find(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"))
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  assert.ok(found, `${name} is not on the PATH`)
  return found
}

/** Runs `duet start` and waits until it is ready. */
async function startServer(folder, env) {
  const port = await freePort()
  const command = join(folder, "node_modules/.bin/duet")
  const child = spawn(command, ["start", "--port", String(port), "--inspector-port", "0"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, "exit").then(([code]) => assert.fail(`duet start ended with ${code}`))
  ended.catch(() => {})
  const isReady = (async () => {
    for await (const line of lines) if (line.includes("Ready on")) return
    await ended
  })()
  await Promise.race([isReady, ended])
  child.stdout.resume()
  return {
    baseUrl: `http://localhost:${port}`,
    async stop() {
      const gone = once(child, "exit")
      process.kill(-child.pid, "SIGTERM")
      await gone
    },
  }
}

async function freePort() {
  const server = createServer().listen(0, "localhost")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}
