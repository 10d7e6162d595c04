// Prints the section of CHANGELOG.md for a version: node scripts/release-notes.js 0.2.0

import { readFileSync } from "node:fs"

const [version] = process.argv.slice(2)
const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m)
const section = sections.find((one) => one.split(/\s/)[0] === version)
if (!section) {
  console.error(`duet: CHANGELOG.md has no section "${version}".`)
  process.exit(1)
}
console.log(section.slice(section.indexOf("\n")).trim())
