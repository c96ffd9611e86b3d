// Requests to the HTTP API for one document.

// APIError is the error of a request that the server has answered with a problem (RFC 9457).
export class APIError extends Error {
  constructor (status, { type = 'about:blank', title = `HTTP ${status}`, detail } = {}) {
    super(detail ?? title)
    this.name = 'APIError'
    Object.assign(this, { status, type, title, detail })
  }
}

export class API {
  // token is one, or a function that returns one, or {token}, or a promise of either.
  constructor ({ url, room, token, fetch = globalThis.fetch }) {
    this.base = `${url.replace(/\/+$/, '')}/v1/documents/${encodeURIComponent(room)}/`
    this.source = token
    this.fetch = fetch.bind(globalThis)
  }

  // json sends a request and returns the JSON of the answer, null for none.
  async json (method, path, body) {
    const text = await (await this.request(method, path, body)).text()
    return text === '' ? null : JSON.parse(text)
  }

  async bytes (path) { return new Uint8Array(await (await this.request('GET', path)).arrayBuffer()) }

  // request asks the function for another token once, when the server refuses the one that it has.
  async request (method, path, body) {
    let response = await this.send(method, path, body)
    if (response.status === 401 && typeof this.source === 'function') {
      this.token = undefined
      response = await this.send(method, path, body)
    }
    if (!response.ok) throw new APIError(response.status, await response.json().catch(() => ({})))
    return response
  }

  async send (method, path, body) {
    this.token ??= await this.ask()
    return this.fetch(this.base + path, {
      method,
      headers: {
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      },
      body: body === undefined ? undefined : JSON.stringify(body)
    })
  }

  async ask () {
    const answer = typeof this.source === 'function' ? await this.source() : this.source
    return typeof answer === 'object' ? answer?.token : answer
  }
}
