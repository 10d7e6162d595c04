// Computes what a deployment serves, from the pages' files and from `_headers` and `_redirects` in `public/`.
// https://developers.cloudflare.com/workers/static-assets/headers/ and .../redirects/ describe the two formats,
// .../routing/advanced/html-handling/ the URLs of HTML files.

import { readFile, readdir } from "node:fs/promises"
import { join, sep } from "node:path"

/** Files that the platform reads but does not serve. */
const SETTINGS = ["_headers", "_redirects"]
/** The platform's default for assets. */
const CACHE_CONTROL = "public, max-age=0, must-revalidate"

/** @type {Record<string, string>} */
const CONTENT_TYPES = {
  css: "text/css",
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
  txt: "text/plain",
}

/**
 * A path and its expected answer.
 * @typedef {object} Expected
 * @property {string} path
 * @property {number} status
 * @property {Map<string, string>} headers by name in lower case
 * @property {Buffer} [body] absent for a redirect
 */

/**
 * Everything that a deployment of these pages serves.
 * @param {string} folder `public/`
 * @returns {Promise<Expected[]>}
 */
export async function expectedSite(folder) {
  const rules = parseHeaders(await settings(folder, "_headers"))
  const files = await readAll(folder)
  const served = [...files].flatMap(([file, body]) => addressesOf(file, body))
  const rewritten = parseRedirects(await settings(folder, "_redirects")).map((rule) => rewrite(rule, files))
  const missing = { path: "/no-such-page", status: 404, file: "404.html", body: files.get("404.html") }
  return [...served, ...rewritten, missing].map((address) => withHeaders(address, rules))
}

/**
 * @param {string} folder
 * @param {string} name
 */
async function settings(folder, name) {
  try {
    return await readFile(join(folder, name), "utf8")
  } catch {
    return ""
  }
}

/**
 * Reads every file. The keys are paths inside the folder.
 * @param {string} folder
 * @returns {Promise<Map<string, Buffer>>}
 */
async function readAll(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => !SETTINGS.includes(name))
    .sort()
  const read = async (/** @type {string} */ name) =>
    /** @type {[string, Buffer]} */ ([name.split(sep).join("/"), await readFile(join(folder, name))])
  return new Map(await Promise.all(names.map(read)))
}

/**
 * The addresses of a file. An HTML file is served without its extension, and its full name redirects there.
 * @param {string} file
 * @param {Buffer} body
 */
function addressesOf(file, body) {
  if (!file.endsWith(".html")) return [{ path: `/${file}`, status: 200, file, body }]
  const path = `/${file.slice(0, -".html".length)}`.replace(/\/index$/, "/")
  return [
    { path, status: 200, file, body },
    { path: `/${file}`, status: 307, location: path },
  ]
}

/**
 * @param {{from: string, to: string, status: number}} rule
 * @param {Map<string, Buffer>} files
 */
function rewrite({ from, to, status }, files) {
  // A star matches any room id, so any one will do.
  const path = from.replace("*", "V1StGXR8_Z5jdHi6B-myT")
  if (status !== 200) return { path, status, location: to }
  const file = files.has(to.slice(1)) ? to.slice(1) : `${to.slice(1)}.html`
  return { path, status, file, body: files.get(file) }
}

/**
 * @param {{path: string, status: number, file?: string, body?: Buffer, location?: string}} address
 * @param {HeaderRule[]} rules
 * @returns {Expected}
 */
function withHeaders({ path, status, file, body, location }, rules) {
  if (location !== undefined) return { path, status, headers: new Map([["location", location]]) }
  const type = CONTENT_TYPES[file?.split(".").at(-1) ?? ""]
  const headers = new Map(type ? [["content-type", type]] : [])
  headers.set("cache-control", CACHE_CONTROL)
  // The platform chooses headers by the path alone, so a path that does not exist has them, too.
  for (const rule of rules.filter((rule) => rule.pattern.test(path))) rule.apply(headers)
  return { path, status, headers, body }
}

/** @typedef {{pattern: RegExp, apply: (headers: Map<string, string>) => void}} HeaderRule */

/**
 * Reads `_headers`: a pattern at the start of a line, indented headers below it; `! Name` removes one.
 * @param {string} source
 * @returns {HeaderRule[]}
 */
function parseHeaders(source) {
  /** @type {{pattern: RegExp, lines: string[]}[]} */
  const blocks = []
  for (const line of source.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#"))) {
    if (/^\s/.test(line)) blocks.at(-1)?.lines.push(line.trim())
    else blocks.push({ pattern: patternOf(line.trim()), lines: [] })
  }
  return blocks.map(({ pattern, lines }) => ({
    pattern,
    apply: (headers) => lines.forEach((line) => applyLine(headers, line)),
  }))
}

/**
 * @param {Map<string, string>} headers
 * @param {string} line
 */
function applyLine(headers, line) {
  if (line.startsWith("!")) {
    headers.delete(line.slice(1).trim().toLowerCase())
    return
  }
  const colon = line.indexOf(":")
  headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
}

/** @param {string} pattern with `*` for any text and `:name` for one segment */
function patternOf(pattern) {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
  return new RegExp(`^${literal.replaceAll("*", ".*").replace(/:[A-Za-z]\w*/g, "[^/]+")}$`)
}

/**
 * Reads `_redirects`: source, target and an optional status, 302 by default.
 * @param {string} source
 */
function parseRedirects(source) {
  return source
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
    .map(([from, to, status]) => ({ from, to, status: Number(status ?? 302) }))
}
