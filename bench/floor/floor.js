// The floor: measures what the platform itself needs to store a frame and to send it to the sockets of a room. It has
// no seats and no limits.

import { DurableObject } from "cloudflare:workers"

/** Writes each frame as a row, and sends it to all sockets. The platform holds it back until the row is durable. */
export class Storing extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL)")
  }

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    return new Response(null, { status: 101, webSocket: client })
  }

  webSocketMessage(_socket, frame) {
    this.ctx.storage.sql.exec("INSERT INTO frames (frame) VALUES (?)", frame)
    this.send(frame)
  }

  send(frame) {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame)
  }
}

/** Parses the frame, stores it under its id so that repetitions are found, and sends it with its sequence number. */
export class Indexing extends Storing {
  constructor(ctx, env) {
    super(ctx, env)
    const { sql } = ctx.storage
    sql.exec(
      "CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL)",
    )
    this.seq = sql.exec("SELECT max(seq) AS seq FROM message").one().seq ?? 0
  }

  webSocketMessage(_socket, frame) {
    const { id, text } = JSON.parse(frame)
    const message = JSON.stringify({ id, text, timestamp: Date.now() })
    const insert = "INSERT INTO message VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
    const { rowsWritten } = this.ctx.storage.sql.exec(insert, this.seq + 1, id, message)
    if (rowsWritten > 0) this.seq += 1
    this.send(`{"type":"message","message":{"seq":${this.seq},${message.slice(1)}}`)
  }
}

export default {
  fetch(request, { STORING, INDEXING }) {
    const [, kind, room] = new URL(request.url).pathname.split("/")
    const rooms = { storing: STORING, indexing: INDEXING }[kind]
    return rooms?.getByName(room).fetch(request) ?? new Response("ok")
  },
}
