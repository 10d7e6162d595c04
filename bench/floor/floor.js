// The floor: what the platform itself takes to relay a frame between the sockets of a room. No seats, no order, no store.

import { DurableObject } from "cloudflare:workers"

/** Sends each frame to all sockets of the room, the sender's too. */
export class Relay extends DurableObject {
  async fetch(request) {
    if (request.method === "POST") return this.hear(await request.text()) ?? new Response()
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    return new Response(null, { status: 101, webSocket: client })
  }

  webSocketMessage(_socket, frame) {
    return this.hear(frame)
  }

  hear(frame) {
    for (const socket of this.ctx.getWebSockets()) socket.send(frame)
  }
}

/** The same, with one row written before. The frames wait until it is safe: that is the platform's part of keeping a message. */
export class StoringRelay extends Relay {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, frame TEXT NOT NULL)")
  }

  hear(frame) {
    this.ctx.storage.sql.exec("INSERT INTO frames (frame) VALUES (?)", frame)
    super.hear(frame)
  }
}

/** The same, with one command sent to a store behind HTTP before: `store` in the query of the first request says where. */
export class AskingRelay extends Relay {
  fetch(request) {
    this.store ??= new URL(request.url).searchParams.get("store")
    return super.fetch(request)
  }

  async hear(frame) {
    const body = JSON.stringify(["RPUSHX", "messages:nobody", frame])
    const answer = await fetch(this.store, { method: "POST", body })
    await answer.text()
    super.hear(frame)
  }
}

export default {
  fetch(request, { RELAYS, STORING_RELAYS, ASKING_RELAYS }) {
    const [, kind, room] = new URL(request.url).pathname.split("/")
    const relays = { relay: RELAYS, "storing-relay": STORING_RELAYS, "asking-relay": ASKING_RELAYS }[kind]
    return relays?.getByName(room).fetch(request) ?? new Response("ok")
  },
}
