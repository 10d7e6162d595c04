import { execFileSync } from "node:child_process"

import { ROOT } from "./stack.js"

/** Builds the Worker, the stack and the Rust peer before several of them start at once. */
export default function buildOnce() {
  const options = { cwd: ROOT, stdio: "inherit" }
  execFileSync("scripts/build.sh", options)
  const programs = ["--package", "duet-test-support", "--package", "duet-peer", "--bins"]
  execFileSync("cargo", ["build", "--quiet", ...programs], options)
}
