// Wraps the built Worker and counts what the platform bills. `GET /meter` returns the counts so far; `GET /later` puts
// the clock a minute ahead.

import { memories } from "./instrument.js"
import Duet, { Room } from "../../../build/index.js"

const counts = {
  requests: 0,
  objectRequests: 0,
  frames: 0,
  wakes: 0,
  alarms: 0,
  alarmsSet: 0,
  deletions: 0,
  commands: 0,
}
/** Cursors count the rows that they read and wrote only once they have been read to the end. */
const cursors = []

const realFetch = globalThis.fetch
/** Replaces the rooms' requests to Upstash: `POST /` with one command, `POST /multi-exec` with several. */
globalThis.fetch = (url, options) => {
  counts.commands += url.endsWith("/multi-exec") ? JSON.parse(options.body).length : 1
  return realFetch(url, options)
}

const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs

/** A rate limiter that always fails. The name is that of the platform's class. The other limiters are absent. */
class Ratelimit {
  async limit() {
    throw new Error("out of order")
  }
}

export default class Meter extends Duet {
  constructor(ctx, env) {
    super(ctx, { ...env, CREATE_LIMIT: new Ratelimit() })
  }

  fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === "/later") aheadMs += 60_000
    if (!pathname.startsWith("/api/")) return Response.json(reading())
    counts.requests++
    return super.fetch(request)
  }
}

function reading() {
  const sum = (name) => cursors.reduce((total, cursor) => total + cursor[name], 0)
  const wasmBytes = memories().reduce((total, memory) => total + memory.buffer.byteLength, 0)
  return { ...counts, rowsRead: sum("rowsRead"), rowsWritten: sum("rowsWritten"), wasmBytes }
}

export class MeteredRoom {
  constructor(ctx, env) {
    counts.wakes++
    this.room = new Room(around(ctx, { storage: meteredStorage(ctx.storage) }), env)
  }

  fetch(request) {
    counts.objectRequests++
    return this.room.fetch(request)
  }

  alarm() {
    counts.alarms++
    return this.room.alarm()
  }

  webSocketMessage(socket, frame) {
    counts.frames++
    return this.room.webSocketMessage(socket, frame)
  }

  webSocketClose(socket) {
    return this.room.webSocketClose(socket)
  }

  webSocketError(socket) {
    return this.room.webSocketError(socket)
  }
}

function meteredStorage(storage) {
  return around(storage, {
    sql: around(storage.sql, {
      exec(...statement) {
        const cursor = storage.sql.exec(...statement)
        cursors.push(cursor)
        return cursor
      },
    }),
    setAlarm(...when) {
      counts.alarmsSet++
      return storage.setAlarm(...when)
    },
    deleteAll(...options) {
      counts.deletions++
      return storage.deleteAll(...options)
    },
  })
}

/** The platform's object with some members replaced. Its own methods must be called on the object itself. */
function around(target, replaced) {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name]
      const member = target[name]
      return typeof member === "function" ? member.bind(target) : member
    },
  })
}
