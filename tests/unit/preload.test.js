// A page's HTML preloads everything that the page needs before it can be used, and nothing else.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

const PUBLIC = new URL("../../public/", import.meta.url)

/** The paths of all modules that a module imports when it is loaded, including itself. */
function closureOf(path, seen = new Set()) {
  if (seen.has(path)) return seen
  seen.add(path)
  const source = readFileSync(new URL(`.${path}`, PUBLIC), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "")
  for (const [, target] of source.matchAll(/^import .*? from "(\.[^"]+)"/gms)) {
    closureOf(new URL(target, new URL(`.${path}`, PUBLIC)).href.replace(PUBLIC.href, "/"), seen)
  }
  return seen
}

for (const [page, entry] of [
  ["index.html", "/app/lobby.js"],
  ["room.html", "/app/room.js"],
  ["promises.html", "/app/language.js"],
  ["404.html", "/app/language.js"],
]) {
  test(`${page} loads the language first, and preloads exactly what its modules import`, () => {
    const html = readFileSync(new URL(page, PUBLIC), "utf8")
    const preloaded = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href)
    const scripts = [...html.matchAll(/<script type="module" src="([^"]+)">/g)].map(([, src]) => src)
    const entries = new Set(["/app/language.js", entry])
    const needed = [...entries].flatMap((one) => [...closureOf(one)])

    assert.deepEqual(scripts, [...entries])
    assert.deepEqual(preloaded.sort(), [...new Set(needed)].filter((path) => !entries.has(path)).sort())
  })
}
