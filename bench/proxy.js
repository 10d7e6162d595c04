// A proxy with the features that the platform puts in front of a Worker and `wrangler dev` lacks: HTTP/2 over TLS, and
// compression.

import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createSecureServer } from "node:http2"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const OF_HTTP_1 = ["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade"]

/**
 * Starts the proxy. It counts the bytes of all compressed bodies of files, without those of the API.
 * @param {string} upstream the server, without a trailing slash
 */
export async function startProxy(upstream) {
  const proxy = { url: "", fileBytes: 0, fileRequests: 0, apiRequests: 0, close: () => server.close() }
  const server = createSecureServer({ ...certificate(), allowHTTP1: true }, async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const answer = await fetch(upstream + request.url, {
      method: request.method,
      headers: headersFor(upstream, request.headers),
      body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      redirect: "manual",
    })
    const body = gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 })
    const isFile = !request.url.startsWith("/api/")
    proxy[isFile ? "fileRequests" : "apiRequests"] += 1
    if (isFile) proxy.fileBytes += body.length
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => !OF_HTTP_1.includes(name)))
    const cookies = answer.headers.getSetCookie()
    if (cookies.length > 0) headers["set-cookie"] = cookies
    // An answer without a body, such as 304, has nothing to compress.
    if (!answer.body) return void response.writeHead(answer.status, headers).end()
    response.writeHead(answer.status, { ...headers, "content-encoding": "gzip" }).end(body)
  })
  server.on("upgrade", (request, socket, head) => tunnel(new URL(upstream), request, socket, head))
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  proxy.url = `https://localhost:${server.address().port}`
  return proxy
}

/** The Worker compares `Origin` with its own address. */
function headersFor(upstream, headers) {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(":") && !OF_HTTP_1.includes(name))
  const forwarded = Object.fromEntries(own)
  delete forwarded.host
  delete forwarded["accept-encoding"]
  if (forwarded.origin) forwarded.origin = upstream
  return forwarded
}

/** Forwards a WebSocket byte by byte. */
function tunnel(upstream, request, socket, head) {
  const room = connect(Number(upstream.port), upstream.hostname, () => {
    const headers = { ...request.headers, host: upstream.host, origin: upstream.origin }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    room.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`)
    room.write(head)
    socket.pipe(room).pipe(socket)
  })
  for (const end of [room, socket]) {
    end.on("error", () => {
      room.destroy()
      socket.destroy()
    })
  }
}

/** A certificate for one run: only the browser of this run has to trust it. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "duet-bench-tls-"))
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
  const options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
  try {
    execFileSync("openssl", ["req", ...options, "-keyout", key, "-out", cert], { stdio: "pipe" })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
