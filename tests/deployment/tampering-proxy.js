import { once } from "node:events"
import http from "node:http"
import { connect } from "node:net"

/** @typedef {{status: number, headers: Record<string, string>, body: Buffer}} Answer */

/**
 * A server that forwards requests and changes the answers.
 * @param {string} target
 * @param {object} tampering
 * @param {(answer: Answer, path: string, method: string) => void} [tampering.change] changes the answer in place
 * @param {boolean} [tampering.refusesSockets]
 */
export async function tamperingProxy(target, { change = () => {}, refusesSockets = false } = {}) {
  const { port, hostname } = new URL(target)
  const server = http.createServer(async (request, response) => {
    const answer = await passOn(new URL(request.url, target), request)
    change(answer, request.url.split("?")[0], request.method)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  server.on("upgrade", (request, socket, head) => {
    if (refusesSockets) {
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n")
      return
    }
    const worker = connect(Number(port), hostname, () => {
      worker.write(`${request.method} ${request.url} HTTP/1.1\r\n${rawHeaders(request)}\r\n`)
      worker.write(head)
      socket.pipe(worker).pipe(socket)
    })
    for (const end of [socket, worker]) end.on("error", () => [socket, worker].forEach((one) => one.destroy()))
  })
  server.listen(0, "localhost")
  await once(server, "listening")
  return {
    baseUrl: `http://localhost:${server.address().port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function rawHeaders({ rawHeaders }) {
  let lines = ""
  for (let at = 0; at < rawHeaders.length; at += 2) lines += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`
  return lines
}

/** @returns {Promise<Answer>} */
async function passOn(url, request) {
  const headers = { ...request.headers, "accept-encoding": "identity" }
  const sent = http.request(url, { method: request.method, headers })
  request.pipe(sent)
  const [response] = await once(sent, "response")
  const chunks = await Array.fromAsync(response)
  const { connection, "transfer-encoding": _, "content-length": __, ...kept } = response.headers
  return { status: response.statusCode, headers: kept, body: Buffer.concat(chunks) }
}
