import { execFileSync } from "node:child_process"

import { ROOT } from "./stack.js"

/** Builds what the stacks are made of, before several start at once. */
export default function buildOnce() {
  const options = { cwd: ROOT, stdio: "inherit" }
  execFileSync("scripts/build.sh", options)
  execFileSync("cargo", ["build", "--quiet", "--package", "duet-test-support", "--bin", "duet-stack"], options)
}
