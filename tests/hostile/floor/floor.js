// The bare platform under the same load: Duet's calls, answered by an object that stores and relays without any rule.

import { DurableObject } from "cloudflare:workers"

const PAGE_BYTES = 1024 * 1024

export class Relay extends DurableObject {
  fetch(request) {
    if (request.headers.get("upgrade") === "websocket") return this.connect()
    const { pathname } = new URL(request.url)
    if (pathname === "/api/messages") return request.method === "POST" ? this.append(request) : this.page()
    return Response.json({ participantId: "nobody" })
  }

  connect() {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.send(JSON.stringify({ type: "ready" }))
    return new Response(null, { status: 101, webSocket: client })
  }

  webSocketMessage(_socket, frame) {
    this.say(JSON.parse(frame))
  }

  async append(request) {
    this.say(await request.json())
    return Response.json({}, { status: 201 })
  }

  say(message) {
    this.makeTable()
    this.ctx.storage.sql.exec("INSERT INTO message (json) VALUES (?)", JSON.stringify(message))
    const frame = JSON.stringify({ type: "message", message })
    for (const socket of this.ctx.getWebSockets()) socket.send(frame)
  }

  page() {
    this.makeTable()
    const messages = []
    let bytes = 0
    for (const { json } of this.ctx.storage.sql.exec("SELECT json FROM message ORDER BY seq")) {
      messages.push(json)
      bytes += json.length
      if (bytes >= PAGE_BYTES) break
    }
    return new Response(`{"messages":[${messages.join(",")}]}`)
  }

  makeTable() {
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY, json TEXT NOT NULL)")
  }
}

export default {
  fetch(request, { RELAYS }) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === "/api/room/create") return Response.json({ roomId: crypto.randomUUID() }, { status: 201 })
    const room = searchParams.get("roomId")
    return room ? RELAYS.getByName(room).fetch(request) : new Response("ok")
  },
}
