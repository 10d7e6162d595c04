// Sends one request and returns the unchanged answer: redirects are not followed, and repeated headers are not merged.

import http from "node:http"
import https from "node:https"
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib"

const TIMEOUT_MS = 20_000
const MAX_BODY_BYTES = 16 << 20

/** @type {Record<string, (body: Buffer) => Buffer>} */
const DECODERS = { br: brotliDecompressSync, deflate: inflateSync, gzip: gunzipSync }

/**
 * The answer to a request.
 * @typedef {object} Answer
 * @property {number} status
 * @property {Map<string, string[]>} headers by name in lower case, one value per header line
 * @property {Buffer} body decompressed
 */

/**
 * @param {URL} url
 * @param {{method?: string, headers?: Record<string, string>, body?: string}} [options]
 * @returns {Promise<Answer>}
 */
export async function request(url, { method = "GET", headers = {}, body } = {}) {
  const response = await send(url, { method, headers: { "accept-encoding": "gzip, deflate, br", ...headers } }, body)
  const chunks = []
  let size = 0
  for await (const chunk of response) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`${url.pathname} is larger than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  const lines = headerLines(response.rawHeaders)
  return { status: response.statusCode ?? 0, headers: lines, body: decoded(Buffer.concat(chunks), lines) }
}

/**
 * @param {URL} url
 * @param {http.RequestOptions} options
 * @param {string} [body]
 * @returns {Promise<http.IncomingMessage>}
 */
function send(url, options, body) {
  const { request } = url.protocol === "https:" ? https : http
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, resolve)
    sent.on("error", reject)
    sent.end(body)
  })
}

/** @param {string[]} rawHeaders names and values in turn */
function headerLines(rawHeaders) {
  /** @type {Map<string, string[]>} */
  const lines = new Map()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase()
    lines.set(name, [...(lines.get(name) ?? []), rawHeaders[at + 1]])
  }
  return lines
}

/**
 * @param {Buffer} body
 * @param {Map<string, string[]>} headers
 */
function decoded(body, headers) {
  const [encoding = "identity"] = headers.get("content-encoding") ?? []
  if (encoding === "identity" || body.length === 0) return body
  const decode = DECODERS[encoding]
  if (!decode) throw new Error(`unknown content encoding ${encoding}`)
  return decode(body)
}

/**
 * Why a request got no answer, as a short phrase.
 * @param {any} error
 * @returns {string}
 */
export function reasonOf(error) {
  if (error.name === "TimeoutError" || error.name === "AbortError") return `no answer in ${TIMEOUT_MS / 1000} s`
  // Node tried several addresses, and each failed.
  const cause = error.errors?.[0] ?? error
  return cause.message || cause.code || String(cause)
}
