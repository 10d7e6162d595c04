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

/** The paths that a part of a page preloads. */
function preloadedBy(html) {
  return [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href)
}

/** What has to be preloaded for these entries; the entries themselves are not. */
function neededBy(entries) {
  const needed = entries.flatMap((entry) => [...closureOf(entry)])
  return [...new Set(needed)].filter((path) => !entries.includes(path))
}

for (const [page, entry] of [
  ["index.html", "/app/lobby.js"],
  ["room.html", "/app/room.js"],
  ["promises.html", "/app/language.js"],
  ["404.html", "/app/language.js"],
]) {
  test(`${page} loads the language first, and preloads exactly what its modules import`, () => {
    const [html] = readFileSync(new URL(page, PUBLIC), "utf8").split('<template id="inside-modules">')
    const scripts = [...html.matchAll(/<script type="module" src="([^"]+)">/g)].map(([, src]) => src)
    const entries = [...new Set(["/app/language.js", entry])]

    assert.deepEqual(scripts, entries)
    assert.deepEqual(preloadedBy(html).sort(), neededBy(entries).sort())
  })
}

test("room.html lists what the conversation imports beyond the door", () => {
  const [atTheDoor, inside] = readFileSync(new URL("room.html", PUBLIC), "utf8").split('<template id="inside-modules">')
  const known = ["/app/language.js", "/app/room.js", ...preloadedBy(atTheDoor)]
  const added = neededBy(["/app/inside.js"]).filter((path) => !known.includes(path))

  assert.deepEqual(preloadedBy(inside).sort(), added.sort())
})
