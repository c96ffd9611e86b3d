// A server of the tests that keeps versions of one document, by the API's description.
import { createServer } from 'node:http'
import * as Y from 'yjs'

export const startAPI = async ({ tokens = ['good'], pageSize = 100 } = {}) => {
  const versions = []
  const requests = []
  const problem = (status, title, detail, type) => [status, { title, detail, type }, 'application/problem+json']
  const find = id => versions.find(version => version.id === id)
  const shown = ({ content, ...version }) => version

  const add = (fields, content) => {
    const version = { id: `v/${versions.length + 1}`, name: '', created_at: new Date(1_700_000_000_000 + versions.length * 1000).toISOString(), bytes: content.length, content, ...fields }
    versions.push(version)
    return version
  }

  const routes = {
    'GET versions' (_, { query }) {
      const from = query.get('after') ? versions.indexOf(find(query.get('after'))) + 1 : 0
      const page = versions.slice(from, from + pageSize)
      return [200, { versions: page.map(shown), ...(from + pageSize < versions.length ? { next_after: page.at(-1).id } : {}) }]
    },
    'POST versions': (_, { body }) => [201, shown(add({ name: body.name ?? '', by: { id: 'u1', name: 'Ann' }, why: 'asked' }, Y.encodeStateAsUpdate(api.doc)))],
    'GET versions/*' ({ content }, { query }) {
      return query.get('format') === 'yjs' ? [200, Buffer.from(content), 'application/octet-stream'] : problem(400, 'format')
    },
    'PATCH versions/*': (version, { body }) => [200, shown(Object.assign(version, body))],
    'DELETE versions/*' (version) {
      versions.splice(versions.indexOf(version), 1)
      return [204]
    },
    'POST versions/*/restore' (version) {
      const kept = add({ why: 'before restore', restored_from: version.id, by: { id: 'u1', name: 'Ann' } }, Y.encodeStateAsUpdate(api.doc))
      return [200, { version: version.id, kept: kept.id }]
    },
    'GET compare': (_, { query }) => [200, { changes: [{ type: 'insert', from: 0, to: 4, text: `${query.get('from')}…${query.get('to')}`, by: { id: 'u1', name: 'Ann' } }] }],
    'GET authors': (_, { query }) => [200, { parts: [{ type: 'insert', from: 0, to: 4, text: String(query.get('version')), by: { id: 'u1', name: 'Ann' } }] }]
  }

  const answer = ({ method, url, headers }, body) => {
    const { pathname, searchParams } = new URL(url, 'http://server')
    const prefix = '/v1/documents/my%20record/'
    requests.push(`${method} ${url}`)
    if (!tokens.includes(headers.authorization?.replace('Bearer ', ''))) return problem(401, 'Unauthorized', 'the token is not known')
    if (!pathname.startsWith(prefix)) return problem(404, 'Not found', 'no such room', 'urn:civic-realtime:problem:document-not-found')
    const [what, id, action] = pathname.slice(prefix.length).split('/').map(decodeURIComponent)
    const version = find(id)
    if (id && !version) return problem(404, 'Not found', `there is no version ${id}`)
    const route = routes[`${method} ${[what, id && '*', action].filter(Boolean).join('/')}`]
    return route ? route(version, { query: searchParams, body }) : problem(405, 'Method not allowed')
  }

  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const [status, body = '', type = 'application/json'] = answer(request, text && JSON.parse(text))
    response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const api = { doc: new Y.Doc(), versions, requests, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
  return api
}
