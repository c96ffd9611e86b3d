// Requests of the admin API. The session's cookie goes with them.

// ApiError is an answer that is none of success. Its name is that of the problem, such as
// "room-not-found", "unreachable" if there was no answer, "not-addressable" if there was no request,
// or "unknown", as that of a proxy.
export class ApiError extends Error {
  constructor (status, problem, retryAfter) {
    super(problem.detail || problem.title || `${status}`)
    this.status = status
    this.name = (problem.type ?? '').split(':').pop() || 'unknown'
    this.title = problem.title ?? ''
    this.detail = problem.detail ?? ''
    this.errors = problem.errors ?? []
    this.retryAfter = retryAfter
  }
}

// session is the target of the event "ended": a request was answered with 401.
export const session = new EventTarget()

// segment returns a part of a path. Browsers take "." and ".." for steps in the path, also as %2E,
// and would send a request about that room to another path: a notice to everybody.
const segment = part => {
  if (['.', '..'].includes(String(part))) throw new ApiError(0, { type: 'not-addressable' })
  return encodeURIComponent(part)
}

// path makes a path of parts that come from users: path`/v1/rooms/${name}/lock`. It throws an
// ApiError for a name that no browser can send.
export const path = (fixed, ...parts) =>
  fixed.map((text, i) => text + (i < parts.length ? segment(parts[i]) : '')).join('')

// withQuery adds the parameters that have a value.
export const withQuery = (to, query) => {
  const given = Object.entries(query ?? {}).filter(([, v]) => v !== '' && v !== null && v !== undefined)
  return given.length === 0 ? to : `${to}?${new URLSearchParams(given)}`
}

const request = async (to, options) => {
  let answer
  try {
    answer = await fetch(to, { credentials: 'same-origin', ...options })
  } catch (err) {
    if (err.name === 'AbortError') throw err
    throw new ApiError(0, { type: 'unreachable' })
  }
  if (answer.ok) return answer
  if (answer.status === 401 && !to.startsWith('/console/')) session.dispatchEvent(new Event('ended'))
  throw new ApiError(answer.status, await answer.json().catch(() => ({})), Number(answer.headers.get('Retry-After')) || 0)
}

const body = async answer => answer.status === 204 ? null : await answer.json()

// Options of a request: signal ends it; node is the name of the node that is to answer for itself.
const options = ({ signal, node } = {}, more = {}) =>
  ({ ...more, signal, headers: { ...more.headers, ...node && { 'Admin-Node': node } } })

// get resolves to the answer's JSON.
export const get = async (to, query, of) => body(await request(withQuery(to, query), options(of)))

// text resolves to the answer's text, in the format that the query asks for.
export const text = async (to, query, of) => (await request(withQuery(to, query), options(of))).text()

// send resolves to the answer's JSON, or null if it has none.
export const send = async (method, to, content, query, of) => body(await request(withQuery(to, query), options(of, {
  method,
  ...content !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(content) }
})))
