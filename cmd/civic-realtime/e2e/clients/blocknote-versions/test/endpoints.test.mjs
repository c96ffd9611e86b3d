// Tests of the endpoints with a server that keeps versions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { APIError, createVersioningEndpoints, restoredByServer } from '../index.js'
import { startAPI } from './fakeapi.mjs'

const open = async (t, options, server) => {
  const api = await startAPI(server)
  t.after(() => api.close())
  return { api, endpoints: createVersioningEndpoints({ url: api.url + '/', room: 'my record', token: 'good', ...options }) }
}

test('a version is made, listed, read, renamed and removed', async t => {
  const { api, endpoints } = await open(t)
  api.doc.getText('text').insert(0, 'Dogs go on leads.')
  const made = await endpoints.create(null, { name: 'first' })
  assert.deepEqual(made, { id: 'v/1', name: 'first', createdAt: 1_700_000_000_000, updatedAt: 1_700_000_000_000, by: ['u1'] })
  await endpoints.create(null)
  assert.deepEqual((await endpoints.list()).map(({ id, name }) => [id, name]), [['v/2', undefined], ['v/1', 'first']])

  const content = await endpoints.getContent(made)
  assert.ok(content instanceof Uint8Array)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, content)
  assert.equal(copy.getText('text').toString(), 'Dogs go on leads.')

  await endpoints.rename(made, 'last')
  assert.equal(api.versions[0].name, 'last')
  await endpoints.rename(made)
  assert.equal(api.versions[0].name, '')
  await endpoints.remove(made)
  assert.deepEqual((await endpoints.list()).map(({ id }) => id), ['v/2'])
})

test('a restored version is returned, and the list has what was there before', async t => {
  const { api, endpoints } = await open(t)
  api.doc.getText('text').insert(0, 'old')
  const old = await endpoints.create(null)
  api.doc.getText('text').insert(0, 'not so ')
  const copy = new Y.Doc()
  Y.applyUpdate(copy, await endpoints.restore(null, old))
  assert.equal(copy.getText('text').toString(), 'old')
  const [kept, first] = await endpoints.list()
  assert.deepEqual([kept.by, first.id], [['u1'], old.id])
  Y.applyUpdate(copy, await endpoints.getContent(kept))
  assert.equal(copy.getText('text').toString(), 'not so old')
})

test('a document that nobody has opened yet has no versions', async t => {
  const { api, endpoints } = await open(t, { room: 'new record' })
  assert.deepEqual(await endpoints.list(), [])
  assert.equal(api.requests.length, 1)
  await assert.rejects(endpoints.create(null), { status: 404, message: 'no such room' })
})

test('a long list comes in pages', async t => {
  const { endpoints } = await open(t, {}, { pageSize: 2 })
  for (let i = 0; i < 5; i++) await endpoints.create(null)
  assert.deepEqual((await endpoints.list()).map(({ id }) => id), ['v/5', 'v/4', 'v/3', 'v/2', 'v/1'])
})

test('the changes between two versions, or to the current one', async t => {
  const { endpoints } = await open(t)
  const [{ text }] = await endpoints.getAttributions({ id: 'v/2' }, { id: 'v/1' })
  assert.equal(text, 'v/1…v/2')
  assert.equal((await endpoints.getAttributions({ id: Symbol('current') }, { id: 'v/1' }))[0].text, 'v/1…null')
  assert.equal((await endpoints.getAttributions({ id: 'v/2' }))[0].text, 'v/2')
  assert.equal((await endpoints.getAttributions({ id: Symbol('current') }))[0].text, 'null')
})

test('a token that is refused is asked for once more', async t => {
  const answers = ['old', { token: 'good' }]
  const { api, endpoints } = await open(t, { token: async () => answers.shift() })
  await endpoints.list()
  await endpoints.list()
  assert.deepEqual(api.requests.length, 3)
  const other = await open(t, { token: () => 'bad' })
  await assert.rejects(other.endpoints.list(), error =>
    error instanceof APIError && error.status === 401 && error.message === 'the token is not known')
  assert.equal(other.api.requests.length, 2)
})

test('what is refused throws what the server says', async t => {
  const { endpoints } = await open(t)
  for (const method of ['getContent', 'remove', 'rename']) {
    await assert.rejects(endpoints[method]({ id: 'none' }), { status: 404, message: 'there is no version none' })
  }
})

test('the adapter leaves a restored version to the server', async t => {
  const { endpoints } = await open(t)
  const doc = new Y.Doc()
  const fragment = doc.getXmlFragment('blocknote')
  fragment.insert(0, [new Y.XmlText('now')])
  const enterPreview = () => {}
  const adapter = { getCurrentDocument: () => fragment, preview: { enterPreview, applyRestore () { throw new Error('not implemented') } } }
  const options = restoredByServer(adapter, endpoints)
  options.preview.applyRestore()
  assert.deepEqual([options.endpoints, options.preview.enterPreview], [endpoints, enterPreview])
  const copy = new Y.Doc()
  Y.applyUpdate(copy, options.serializeCurrentContent())
  assert.equal(copy.getXmlFragment('blocknote').toString(), 'now')
})
