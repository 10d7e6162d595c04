// Compares what a deployment serves with the pages of this copy of Duet, byte by byte and header by header.

import { join } from "node:path"

import { reasonOf, request } from "./request.js"
import { expectedSite } from "./site.js"
import { printTable } from "./table.js"

/** @import { Answer } from "./request.js" */
/** @import { Expected } from "./site.js" */

/** Headers that servers and the platform add and that do not change what a page does. All others must be Duet's. */
const HARMLESS = new Set([
  "accept-ranges",
  "age",
  "alt-svc",
  "cf-cache-status",
  "cf-ray",
  "connection",
  "content-encoding",
  "content-length",
  "date",
  "etag",
  "keep-alive",
  "nel",
  "report-to",
  "server",
  "server-timing",
  "strict-transport-security",
  "transfer-encoding",
  "vary",
])

/** A browser's headers, so that a deployment cannot tell this comparison from a visit by its headers alone. */
const BROWSER = {
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "accept-language": "en-US,en;q=0.5",
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
  "sec-fetch-site": "none",
  "upgrade-insecure-requests": "1",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
}

/**
 * Compares and prints a table.
 * @param {URL} origin of the deployment
 * @param {string} root of this copy
 * @returns {Promise<number>} the exit code: 0 the same, 1 different, 2 unreachable
 */
export async function verify(origin, root) {
  const expected = await expectedSite(join(root, "public"))
  const results = []
  for (const one of expected) results.push(await compare(origin, one))
  printTable(results.map(({ path, findings }) => ({ what: path, findings })))
  return conclude(origin, results)
}

/**
 * @param {URL} origin
 * @param {{findings: string[], isReached: boolean}[]} results
 */
function conclude(origin, results) {
  const different = results.filter(({ findings }) => findings.length > 0)
  if (!results.some(({ isReached }) => isReached)) {
    console.log(`\n${origin.host} could not be asked.`)
    return 2
  }
  if (different.length > 0) {
    console.log(`\n${different.length} of ${results.length} addresses at ${origin.host} are not as in this copy.`)
    return 1
  }
  console.log(`\nAll ${results.length} addresses at ${origin.host} are as in this copy, just now and for this machine.`)
  console.log("The Worker behind them cannot be compared from outside; it holds no key to what the pages encrypt.")
  return 0
}

/**
 * @param {URL} origin
 * @param {Expected} expected
 */
async function compare(origin, expected) {
  const { path } = expected
  try {
    const answer = await request(new URL(path, origin), { headers: BROWSER })
    return { path, isReached: true, findings: [...differences(expected, answer)] }
  } catch (error) {
    return { path, isReached: false, findings: [reasonOf(error)] }
  }
}

/**
 * Every difference, as a phrase.
 * @param {Expected} expected
 * @param {Answer} answer
 * @returns {Generator<string>}
 */
export function* differences(expected, answer) {
  if (answer.status !== expected.status) {
    const [location] = answer.headers.get("location") ?? []
    yield `status ${answer.status}, not ${expected.status}${location ? `: leads to ${location}` : ""}`
    return
  }
  yield* headerDifferences(expected, answer)
  if (expected.body) yield* bodyDifferences(expected.body, answer)
}

/**
 * @param {Expected} expected
 * @param {Answer} answer
 */
function* headerDifferences(expected, answer) {
  for (const [name, value] of expected.headers) {
    const lines = answer.headers.get(name)
    if (!lines) yield `header ${name} is missing`
    else if (!isSame(name, lines, value)) yield `header ${name} is "${lines.join(", ")}", not "${value}"`
  }
  for (const [name, lines] of answer.headers) {
    if (!expected.headers.has(name) && !HARMLESS.has(name) && expected.body) {
      yield `additional header ${name}: ${lines.join(", ")}`
    }
  }
}

/**
 * @param {string} name
 * @param {string[]} lines
 * @param {string} value
 */
function isSame(name, lines, value) {
  const [line] = lines
  if (lines.length > 1) return false
  return line === value || (name === "content-type" && line.toLowerCase() === `${value}; charset=utf-8`)
}

/**
 * @param {Buffer} expected
 * @param {Answer} answer
 */
function* bodyDifferences(expected, { body }) {
  if (body.equals(expected)) return
  const at = expected.findIndex((byte, index) => byte !== body[index])
  const sizes = body.length === expected.length ? "" : `, ${body.length} bytes in place of ${expected.length}`
  yield `the content differs from byte ${at < 0 ? expected.length : at}${sizes}`
  const known = scriptsIn(expected)
  for (const script of scriptsIn(body)) if (!known.includes(script)) yield `additional script: ${script}`
}

/** @param {Buffer} html */
function scriptsIn(html) {
  return html.toString("utf8").match(/<script\b[^>]*>/gi) ?? []
}
