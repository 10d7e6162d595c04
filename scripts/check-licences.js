// Fails where a dependency of the Worker has a licence that does not go with ours. Works offline, from cargo's own list.
import { execFileSync } from "node:child_process"

const WELCOME = new Set(["0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unicode-3.0", "Unlicense", "Zlib"])

/**
 * Whether one of the offered licences, with all of its parts, is welcome.
 * @param {string} expression SPDX, or the older form with slashes
 */
function isWelcome(expression) {
  const bare = expression.replace(/[()]/g, "").replaceAll("/", " OR ")
  const parts = bare.split(/\s+AND\s+/)
  return parts.every((part) => part.split(/\s+OR\s+/).some((licence) => WELCOME.has(licence.trim())))
}

const metadata = JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1", "--locked"], { encoding: "utf8", maxBuffer: 1 << 28 }))
const unwelcome = metadata.packages.filter(({ license }) => !isWelcome(license ?? "none"))
for (const { name, version, license } of unwelcome) console.error(`${name} ${version}: ${license ?? "no licence"}`)
process.exit(unwelcome.length === 0 ? 0 : 1)
