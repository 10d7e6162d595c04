// What a page needs before it can be used is asked for at once, by the page itself, and nothing else is.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

const PUBLIC = new URL("../../public/", import.meta.url)

/** All modules that a module imports when it is loaded, by their paths, itself included. */
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
]) {
  test(`${page} preloads exactly what ${entry} imports`, () => {
    const html = readFileSync(new URL(page, PUBLIC), "utf8")
    const preloaded = [...html.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href)

    assert.deepEqual(preloaded.sort(), [...closureOf(entry)].filter((path) => path !== entry).sort())
    assert.ok(html.includes(`<script type="module" src="${entry}">`))
  })
}
