import { execFileSync } from "node:child_process"

import { ROOT } from "./stack.js"

/** Builds what the stacks are made of, and the Rust peer, before several start at once. */
export default function buildOnce() {
  const options = { cwd: ROOT, stdio: "inherit" }
  execFileSync("scripts/build.sh", options)
  const programs = ["--package", "duet-test-support", "--package", "duet-peer", "--bins"]
  execFileSync("cargo", ["build", "--quiet", ...programs], options)
}
