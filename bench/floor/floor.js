// The floor: measures what the platform itself needs to store a frame and to send it to the sockets of a room. Only
// the last variant has seats and limits.

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
    this.store(id, message)
    this.send(`{"type":"message","message":{"seq":${this.seq},${message.slice(1)}}`)
  }

  /** Stores a message under the next number. Returns whether its id is new. */
  store(id, message) {
    const insert = "INSERT INTO message VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING"
    const { rowsWritten } = this.ctx.storage.sql.exec(insert, this.seq + 1, id, message)
    if (rowsWritten > 0) this.seq += 1
    return rowsWritten > 0
  }
}

const ROOM_TTL_MS = 600_000
const MESSAGES_PER_SECOND = 1_000_000

/** All that Duet does for a message, written by hand in JavaScript: seats, checks, a rate, the end and repetitions. */
export class Complete extends Indexing {
  /** @type {Map<WebSocket, string>} the participant of each socket */
  owners = new Map()
  /** @type {Map<string, {left: number, at: number}>} how many messages each participant may send at once */
  buckets = new Map()
  activeAt = Date.now()

  fetch() {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    this.owners.set(server, `participant-${this.owners.size}`)
    server.serializeAttachment(this.owners.get(server))
    return new Response(null, { status: 101, webSocket: client })
  }

  webSocketMessage(socket, frame) {
    const now = Date.now()
    const owner = this.owners.get(socket)
    const message = typeof frame === "string" && frame.length <= 65_536 ? JSON.parse(frame) : {}
    if (!owner || now >= this.activeAt + ROOM_TTL_MS || !isMessage(message) || !this.takeFrom(owner, now)) return
    const { id, sender = "", text } = message
    const json = JSON.stringify({ id, participantId: owner, sender, text, timestamp: now })
    if (!this.store(id, json)) return
    this.activeAt = now
    const numbered = `{"seq":${this.seq},${json.slice(1)}`
    const sent = `{"type":"message","expiresAt":${now + ROOM_TTL_MS},"message":${numbered}}`
    for (const to of this.owners.keys()) to.send(sent)
  }

  takeFrom(owner, now) {
    const { left, at } = this.buckets.get(owner) ?? { left: MESSAGES_PER_SECOND, at: now }
    const filled = Math.min(MESSAGES_PER_SECOND, left + ((now - at) / 1_000) * MESSAGES_PER_SECOND)
    this.buckets.set(owner, { left: filled - 1, at: now })
    return filled >= 1
  }
}

function isMessage({ type, id, sender = "", text }) {
  const isTyped = type === "message" && typeof id === "string" && typeof sender === "string" && typeof text === "string"
  return isTyped && /^[\w-]{21}$/.test(id) && sender.length <= 60 && text.length <= 32_768 && text.trim() !== ""
}

export default {
  fetch(request, { STORING, INDEXING, COMPLETE }) {
    const [, kind, room] = new URL(request.url).pathname.split("/")
    const rooms = { storing: STORING, indexing: INDEXING, complete: COMPLETE }[kind]
    return rooms?.getByName(room).fetch(request) ?? new Response("ok")
  },
}
