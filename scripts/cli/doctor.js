// Checks a deployment from outside, in a room that it creates and destroys.

import { randomBytes } from "node:crypto"
import { join } from "node:path"

import { reasonOf, request } from "./request.js"
import { expectedSite } from "./site.js"
import { connect } from "./socket.js"
import { printTable } from "./table.js"
import { differences } from "./verify.js"

/** @import { Answer } from "./request.js" */
/** @import { Socket } from "./socket.js" */

/**
 * What the checks share. They run in order, and a later one uses the results of an earlier one.
 * @typedef {object} Visit
 * @property {URL} origin
 * @property {string} root
 * @property {boolean} isHttps
 * @property {string} roomId empty until the room is created
 * @property {Person} ann
 * @property {Person} ben
 * @property {Socket} [socket] Ann's
 */

/** @typedef {{authorization: string}} Person */

/**
 * A row of the table. `check` returns an optional note, and throws a `Finding` if something is wrong.
 * @typedef {{what: string, needsRoom?: boolean, check: (visit: Visit) => Promise<string | void>}} Row
 */

/** A phrase that says what is wrong. */
class Finding extends Error {}

/** @type {Row[]} */
const ROWS = [
  { what: "health", check: health },
  { what: "http leads to https", check: httpLeadsToHttps },
  { what: "start page and its headers", check: (visit) => page(visit, "/") },
  { what: "https is remembered", check: httpsIsRemembered },
  { what: "reports about visitors", check: reportsAboutVisitors },
  { what: "compression", check: compression },
  { what: "caching", check: caching },
  { what: "link of a room", check: (visit) => page(visit, "/room/V1StGXR8_Z5jdHi6B-myT") },
  { what: "address that is not there", check: (visit) => page(visit, "/no-such-page") },
  { what: "a page of another site is refused", check: foreignOrigin },
  { what: "create a room", check: createRoom },
  { what: "cookie", needsRoom: true, check: cookie },
  { what: "two people join", needsRoom: true, check: twoJoin },
  { what: "a third is refused", needsRoom: true, check: thirdIsRefused },
  { what: "a stranger reads nothing", needsRoom: true, check: strangerReadsNothing },
  { what: "socket opens", needsRoom: true, check: socketOpens },
  { what: "ping is answered", needsRoom: true, check: ping },
  { what: "a message arrives", needsRoom: true, check: messageArrives },
  { what: "destroy", needsRoom: true, check: destroy },
  { what: "nothing remains", needsRoom: true, check: nothingRemains },
]

/**
 * Runs all checks and prints the table.
 * @param {URL} origin of the deployment
 * @param {string} root of this copy
 * @returns {Promise<number>} the exit code: 0 all checks passed, 1 at least one failed, 2 the deployment is unreachable
 */
export async function doctor(origin, root) {
  /** @type {Visit} */
  const visit = { origin, root, isHttps: origin.protocol === "https:", roomId: "", ann: newPerson(), ben: newPerson() }
  if (!(await isReached(visit))) return 2
  const results = []
  for (const row of ROWS) results.push(await examine(row, visit))
  visit.socket?.close()
  printTable(results)
  const bad = results.filter(({ findings }) => findings.length > 0).length
  console.log(
    bad === 0 ? `\n${origin.host} is well.` : `\n${bad} of ${results.length} checks of ${origin.host} failed.`,
  )
  return bad === 0 ? 0 : 1
}

/** @param {Visit} visit */
async function isReached({ origin }) {
  try {
    await request(new URL("/api/health", origin))
    return true
  } catch (error) {
    console.log(`${origin.host} does not answer: ${reasonOf(error)}`)
    return false
  }
}

/**
 * @param {Row} row
 * @param {Visit} visit
 */
async function examine({ what, needsRoom, check }, visit) {
  if (needsRoom && visit.roomId === "") return { what, findings: ["not tried, since there is no room"] }
  try {
    return { what, note: (await check(visit)) ?? "", findings: [] }
  } catch (error) {
    return { what, findings: [error instanceof Finding ? error.message : reasonOf(error)] }
  }
}

// --- Pages ---

/** @param {Visit} visit */
async function health({ origin }) {
  const { body } = expectStatus(await request(new URL("/api/health", origin)), 200)
  const { status, store, version } = JSON.parse(body.toString("utf8"))
  if (status !== "ok") throw new Finding(`the status is "${status}"`)
  const database = store === "upstash" ? "with Upstash Redis" : "in the rooms' own storage"
  return `version ${version}, ${database}`
}

/** @param {Visit} visit */
async function httpLeadsToHttps({ origin, isHttps }) {
  if (!isHttps) return "not asked: the address is http"
  if (origin.port) return "not asked: the address has a port of its own"
  const plain = new URL(origin)
  plain.protocol = "http:"
  const answer = await request(plain)
  const leadsTo = header(answer, "location")
  if (answer.status < 300 || answer.status > 399 || !leadsTo.startsWith("https://")) {
    throw new Finding(`http is answered with ${answer.status}: switch on "Always Use HTTPS"`)
  }
}

/**
 * @param {Visit} visit
 * @param {string} path
 */
async function page({ origin, root }, path) {
  const site = await expectedSite(join(root, "public"))
  const expected = site.find((one) => one.path === path || (path.startsWith("/room/") && one.path.startsWith("/room/")))
  if (!expected) throw new Finding("this copy has no such page")
  const found = [...differences({ ...expected, body: undefined }, await request(new URL(path, origin)))]
  if (found.length > 0) throw new Finding(found.join("; "))
}

/** @param {Visit} visit */
async function httpsIsRemembered({ origin, isHttps }) {
  if (!isHttps) return "not asked: the address is http"
  const answer = await request(origin)
  if (!/max-age=[1-9]/.test(header(answer, "strict-transport-security")))
    throw new Finding("no Strict-Transport-Security")
}

/**
 * The platform may ask browsers to report failed requests. Duet does not control that, so it is a note and not a
 * finding.
 * @param {Visit} visit
 */
async function reportsAboutVisitors({ origin }) {
  const answer = await request(origin)
  const isOn = ["nel", "report-to", "reporting-endpoints"].some((name) => answer.headers.has(name))
  return isOn ? "browsers report failed requests to the platform (Network Error Logging)" : "none"
}

/** @param {Visit} visit */
async function compression({ origin, isHttps }) {
  const answer = await request(new URL("/style.css", origin), { headers: { "accept-encoding": "gzip, br" } })
  const encoding = header(expectStatus(answer, 200), "content-encoding")
  if (encoding !== "") return encoding
  // The platform's edge compresses; a local Worker does not.
  if (isHttps) throw new Finding("pages are not compressed")
  return "none, as usual on one's own machine"
}

/** @param {Visit} visit */
async function caching({ origin }) {
  const url = new URL("/style.css", origin)
  const etag = header(expectStatus(await request(url), 200), "etag")
  if (etag === "") throw new Finding("pages have no ETag")
  const again = await request(url, { headers: { "if-none-match": etag } })
  if (again.status !== 304) throw new Finding(`an unchanged file is sent again: status ${again.status}, not 304`)
}

// --- A room ---

/** @param {Visit} visit */
async function foreignOrigin({ origin }) {
  const headers = { ...newPerson(), origin: "https://other.example" }
  expectStatus(await request(new URL("/api/room/create", origin), { method: "POST", headers }), 403)
}

/** @param {Visit} visit */
async function createRoom(visit) {
  const answer = await call(visit, "POST", "/api/room/create", visit.ann)
  const { roomId } = json(expectStatus(answer, 201))
  if (!/^[\w-]{21}$/.test(roomId)) throw new Finding("the answer names no room")
  expectHeader(answer, "cache-control", "no-store")
  visit.roomId = roomId
}

/**
 * A caller without a token gets one in a cookie that no script can read. The room is a separate one, because this takes
 * a seat.
 * @param {Visit} visit
 */
async function cookie(visit) {
  const { roomId } = json(expectStatus(await call(visit, "POST", "/api/room/create", visit.ann), 201))
  const answer = await inRoom({ ...visit, roomId }, "POST", "/api/room/join", {})
  const [pair, ...attributes] = header(expectStatus(answer, 200), "set-cookie").split(/; */)
  if (pair === "") throw new Finding("join sets no cookie")
  await inRoom({ ...visit, roomId }, "DELETE", "/api/room", { authorization: `Bearer ${pair.split("=")[1]}` })
  const wanted = ["HttpOnly", "SameSite=Lax", "Path=/api", ...(visit.isHttps ? ["Secure"] : [])]
  const missing = wanted.filter((attribute) => !attributes.includes(attribute))
  if (missing.length > 0) throw new Finding(`the cookie lacks ${missing.join(", ")}`)
}

/** @param {Visit} visit */
async function twoJoin(visit) {
  expectStatus(await inRoom(visit, "POST", "/api/room/join", visit.ann), 200)
  const { participants } = json(expectStatus(await inRoom(visit, "POST", "/api/room/join", visit.ben), 200))
  if (participants.length !== 2) throw new Finding(`${participants.length} participants, not 2`)
}

/** @param {Visit} visit */
async function thirdIsRefused(visit) {
  expectStatus(await inRoom(visit, "POST", "/api/room/join", newPerson()), 409)
}

/** @param {Visit} visit */
async function strangerReadsNothing(visit) {
  expectStatus(await inRoom(visit, "GET", "/api/messages", newPerson()), 401)
}

/** @param {Visit} visit */
async function socketOpens(visit) {
  const address = new URL(`/api/realtime?roomId=${visit.roomId}`, visit.origin)
  address.protocol = visit.isHttps ? "wss:" : "ws:"
  visit.socket = await connect(address, visit.ann)
  await visit.socket.frame((frame) => frame.type === "ready")
}

/** @param {Visit} visit */
async function ping(visit) {
  const socket = openSocket(visit)
  socket.send("ping")
  await socket.text((text) => text === "pong")
}

/** @param {Visit} visit */
async function messageArrives(visit) {
  const socket = openSocket(visit)
  const started = performance.now()
  const answer = await inRoom(visit, "POST", "/api/messages", visit.ben, { text: "duet doctor" })
  const { id } = json(expectStatus(answer, 201))
  await socket.frame((frame) => frame.type === "message" && frame.message.id === id)
  return `${Math.round(performance.now() - started)} ms`
}

/** @param {Visit} visit */
async function destroy(visit) {
  const answer = await inRoom(visit, "DELETE", "/api/room", visit.ben)
  if (![202, 204].includes(answer.status)) throw new Finding(`status ${answer.status}, not 204`)
  await visit.socket?.frame((frame) => frame.type === "destroy")
  if (answer.status === 202) return "the database has not confirmed it yet"
}

/** @param {Visit} visit */
async function nothingRemains(visit) {
  expectStatus(await inRoom(visit, "GET", "/api/room", visit.ann), 404)
}

// --- Helpers ---

/** @returns {Person} a person with a new token */
function newPerson() {
  return { authorization: `Bearer ${randomBytes(32).toString("base64url")}` }
}

/**
 * @param {Visit} visit
 * @param {string} method
 * @param {string} path
 * @param {Partial<Person>} person
 * @param {object} [body]
 */
function call({ origin }, method, path, person, body) {
  const headers = { ...person, ...(body && { "content-type": "application/json" }) }
  return request(new URL(path, origin), { method, headers, body: body && JSON.stringify(body) })
}

/**
 * @param {Visit} visit
 * @param {string} method
 * @param {string} path
 * @param {Partial<Person>} person
 * @param {object} [body]
 */
function inRoom(visit, method, path, person, body) {
  return call(visit, method, `${path}?roomId=${visit.roomId}`, person, body)
}

/** @param {Visit} visit */
function openSocket({ socket }) {
  if (!socket) throw new Finding("not tried, since there is no socket")
  return socket
}

/**
 * @param {Answer} answer
 * @param {number} status
 */
function expectStatus(answer, status) {
  if (answer.status === status) return answer
  throw new Finding(`status ${answer.status}, not ${status}${problem(answer)}`)
}

/**
 * The error's sentence, if there is one. When a daily quota is used up, the platform answers with HTML.
 * @param {Answer} answer
 */
function problem(answer) {
  try {
    return `: ${json(answer).message}`
  } catch {
    return answer.status === 429 ? ": the platform refuses, perhaps over its daily quota" : ""
  }
}

/**
 * @param {Answer} answer
 * @param {string} name
 * @param {string} value
 */
function expectHeader(answer, name, value) {
  if (header(answer, name) !== value) throw new Finding(`header ${name} is "${header(answer, name)}", not "${value}"`)
}

/**
 * @param {Answer} answer
 * @param {string} name
 */
function header(answer, name) {
  return answer.headers.get(name)?.join(", ") ?? ""
}

/** @param {Answer} answer */
function json({ body }) {
  return JSON.parse(body.toString("utf8"))
}
