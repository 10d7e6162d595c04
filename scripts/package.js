// Packs the built Worker, the pages and the command `duet` into one npm package. The same sources give the same bytes:
// npm writes no times or owners of this machine, and this script sets the modes.

import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const DIST = "dist"
const COMMAND = "scripts/cli/duet.js"
const CONTENT = `${DIST}/package`
const COPIED = [
  "CHANGELOG.md",
  "LICENSE",
  "SECURITY.md",
  "build/index.js",
  "build/index_bg.wasm",
  "docs",
  "public",
  "scripts/cli",
]

const { version, description, license, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"))

rmSync(DIST, { recursive: true, force: true })
mkdirSync(CONTENT, { recursive: true })
for (const path of COPIED) cpSync(path, join(CONTENT, path), { recursive: true })
writeFileSync(join(CONTENT, "README.md"), readme())
writeFileSync(join(CONTENT, "package.json"), `${JSON.stringify(manifest(), null, 2)}\n`)
writeFileSync(join(CONTENT, "wrangler.toml"), withoutBuild(readFileSync("wrangler.toml", "utf8")))
writeFileSync(join(CONTENT, "SHA256SUMS"), sumsOf(CONTENT, filesIn(CONTENT)))
for (const path of filesIn(CONTENT)) chmodSync(join(CONTENT, path), path === COMMAND ? 0o755 : 0o644)

execFileSync("npm", ["pack", "--silent", "--pack-destination", ".."], {
  cwd: CONTENT,
  stdio: ["ignore", "ignore", "inherit"],
})
rmSync(CONTENT, { recursive: true })
const archive = `duet-${version}.tgz`
writeFileSync(`${DIST}/SHA256SUMS`, sumsOf(DIST, [archive]))
console.log(`${DIST}/${archive}\n${readFileSync(`${DIST}/SHA256SUMS`, "utf8").trim()}`)

/** The package's manifest. Versions are exact, so that an installation is what was tested. */
function manifest() {
  const { node, wrangler } = devDependencies
  return {
    name: "duet",
    version,
    description,
    license,
    type: "module",
    bin: { duet: COMMAND },
    engines: { node: ">=20" },
    dependencies: { node, wrangler },
  }
}

/**
 * Removes the build command, because the package contains the built Worker.
 * @param {string} toml
 */
function withoutBuild(toml) {
  const without = toml.replace(/^\[build\]\n(?:(?!\[).*\n)*/m, "")
  if (without === toml || /^\[build\]/m.test(without)) throw new Error("wrangler.toml has no [build], or two")
  return without
}

function readme() {
  return `# Duet ${version}

${description}

    npx duet start                           serves http://localhost:8787
    npx duet wrangler login                  once, before the first deployment
    npx duet deploy                          puts it on Cloudflare
    npx duet verify https://duet.example     compares a deployment's pages with this copy
    npx duet doctor https://duet.example     asks a deployment whether everything works

npx duet --help says more. docs/verify.md says how to build this file again, byte by byte. Run
\`sha256sum -c SHA256SUMS\` in this folder to check its content.
`
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()
}

/**
 * Checksum lines in the format of sha256sum.
 * @param {string} folder
 * @param {string[]} paths
 */
function sumsOf(folder, paths) {
  return paths
    .map(
      (path) =>
        `${createHash("sha256")
          .update(readFileSync(join(folder, path)))
          .digest("hex")}  ${path}\n`,
    )
    .join("")
}
