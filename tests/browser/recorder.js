// Records everything that passes between one person's pages and the server, as a proxy in between would see it.

export class Recorder {
  /** @type {Promise<string>[]} in the order in which it passed */
  #passed = []

  /**
   * Must be set up before the person opens a page.
   * @param {import("./person.js").Person} person
   */
  static async of({ context }) {
    const recorder = new Recorder()
    context.on("request", (request) => recorder.#note(describeRequest(request)))
    context.on("response", (response) => recorder.#note(describeResponse(response)))
    context.on("page", (page) => page.on("websocket", (socket) => recorder.#listen(socket)))
    for (const page of context.pages()) page.on("websocket", (socket) => recorder.#listen(socket))
    return recorder
  }

  /** @returns {Promise<string[]>} URLs, headers, bodies and frames, in both directions */
  async transcript() {
    return (await Promise.all(this.#passed)).flat()
  }

  #listen(socket) {
    this.#note([socket.url()])
    for (const way of ["framesent", "framereceived"]) socket.on(way, ({ payload }) => this.#note([String(payload)]))
  }

  #note(texts) {
    this.#passed.push(texts)
  }
}

async function describeRequest(request) {
  const headers = await request.allHeaders().catch(() => request.headers())
  return [request.url(), JSON.stringify(headers), request.postData() ?? ""]
}

/** Files from `public/` are public, so their bodies are left out. */
async function describeResponse(response) {
  if (!new URL(response.url()).pathname.startsWith("/api/")) return []
  const headers = await response.allHeaders().catch(() => response.headers())
  return [JSON.stringify(headers), await response.text().catch(() => "")]
}
