// Tests of Provider with a server that does what the test says, and a clock of its own.
import assert from 'node:assert/strict'
import { beforeEach, mock, test } from 'node:test'
import * as Y from 'yjs'
import { Provider } from '../index.js'
import { Server, settled } from './fakes.mjs'

const minute = 60_000

beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 1_700_000_000_000 })
})

// connect returns a provider without awareness whose first connection is open, unless opened is
// false.
const connect = (options = {}, { opened = true, doc = new Y.Doc() } = {}) => {
  const server = new Server()
  const provider = new Provider('ws://server/realtime/records/', 'a b', doc, {
    protocol: 'json', awareness: null, jitter: 0, WebSocketPolyfill: server.WebSocket, ...options
  })
  const events = []
  for (const name of ['status', 'unsaved', 'closed', 'error', 'notice', 'readonly', 'sync', 'synced', 'token', 'signal']) {
    provider.on(name, event => events.push([name, event]))
  }
  if (opened) server.last.open()
  const seen = name => events.filter(([event]) => event === name).map(([, value]) => value)
  return { server, provider, doc, seen }
}

const type = (doc, text = 'x') => doc.getText('text').insert(0, text)

test('the room is in the address, and the token in the subprotocol', () => {
  const { server } = connect({ token: 'abc' })
  assert.equal(server.last.url, 'ws://server/realtime/records/a%20b')
  assert.deepEqual(server.last.protocols, ['civicpress.v1.json', 'auth.abc'])
})

test('unsaved counts edits until the messages that have them are acknowledged', () => {
  const { server, provider, doc, seen } = connect()
  server.last.welcome()
  type(doc)
  type(doc)
  assert.equal(provider.unsaved, 2)
  mock.timers.tick(0)
  assert.equal(server.last.ofType('sync').length, 1)
  type(doc)
  mock.timers.tick(200)
  assert.equal(server.last.ofType('sync').length, 2)
  server.last.say({ type: 'control', event: 'ack', version: 2, count: 1 })
  assert.equal(provider.unsaved, 1)
  server.last.say({ type: 'control', event: 'ack', version: 3, count: 1 })
  assert.deepEqual(seen('unsaved'), [1, 2, 3, 1, 0])
})

test('what was not acknowledged stays unsaved while offline, and until the answer to the next state is acknowledged', () => {
  const { server, provider, doc } = connect()
  server.last.welcome()
  type(doc)
  mock.timers.tick(0)
  server.last.end(1006)
  type(doc, 'offline')
  assert.equal(provider.unsaved, 2)
  mock.timers.tick(100)
  server.last.open()
  assert.equal(provider.unsaved, 2)
  server.last.welcome()
  const [answer, ...more] = server.last.ofType('sync')
  assert.equal(more.length, 0)
  const copy = new Y.Doc()
  Y.applyUpdate(copy, answer.update)
  assert.equal(copy.getText('text').toString(), 'offlinex')
  assert.equal(provider.unsaved, 2)
  server.last.say({ type: 'control', event: 'ack', version: 2, count: 1 })
  assert.equal(provider.unsaved, 0)
})

test('a document that the server has, with deletions, is saved, and sends nothing', () => {
  const doc = new Y.Doc()
  type(doc, 'xy')
  doc.getText('text').delete(0, 1)
  const { server, provider, seen } = connect()
  server.last.welcome({ doc })
  assert.equal(provider.unsaved, 0)
  assert.deepEqual(server.last.sent, [])
  assert.deepEqual([seen('sync'), seen('synced'), seen('unsaved')], [[true], [true], []])
})

test('what a document has before it is connected is unsaved', () => {
  const doc = new Y.Doc()
  type(doc)
  const { server, provider } = connect({}, { doc })
  assert.equal(provider.unsaved, 1)
  server.last.welcome()
  server.last.say({ type: 'control', event: 'ack', version: 1, count: 1 })
  assert.equal(provider.unsaved, 0)
})

test('a document in parts is synced with its last part', () => {
  const { server, provider } = connect()
  server.last.welcome({ more: 2 })
  for (const synced of [false, true]) {
    server.last.say({ type: 'sync', event: 'reply', update: Y.encodeStateAsUpdate(new Y.Doc()), version: 1 })
    assert.equal(provider.synced, synced)
  }
})

test('a long update is sent in parts, and saved with the last of them', () => {
  const { server, provider, doc } = connect()
  server.last.welcome()
  for (let i = 0; i < 30; i++) doc.getArray('list').insert(0, ['x'.repeat(50_000)])
  mock.timers.tick(0)
  const parts = server.last.ofType('sync')
  assert.ok(parts.length >= 3 && parts.every(({ update }) => update.length < 600_000), String(parts.map(({ update }) => update.length)))
  server.last.say({ type: 'control', event: 'ack', version: 2, count: parts.length - 1 })
  assert.equal(provider.unsaved, 30)
  server.last.say({ type: 'control', event: 'ack', version: 2, count: 1 })
  assert.equal(provider.unsaved, 0)
})

test('waits grow, are shorter by a random part, and begin anew after a sync', () => {
  const { server } = connect({ jitter: 0.5 })
  const random = mock.method(Math, 'random', () => 0.5)
  for (const wait of [75, 150, 300, 600, 1200, 2400, 3750, 3750]) {
    const { length } = server.sockets
    server.last.end(1006)
    mock.timers.tick(wait - 1)
    assert.equal(server.sockets.length, length)
    mock.timers.tick(1)
    assert.equal(server.sockets.length, length + 1, `after ${wait} ms`)
  }
  server.last.open()
  server.last.welcome()
  server.last.end(4503)
  mock.timers.tick(75)
  server.last.open()
  assert.equal(server.sockets.length, 10)
  random.mock.restore()
})

test('after a final code the provider stays away until connect, after others it comes back', () => {
  for (const [code, final] of [[4400, true], [4401, true], [4403, true], [4404, true], [4001, true], [4003, true], [4004, true],
    [4013, false], [4029, false], [4500, false], [4501, false], [4503, false], [4513, false], [4522, false], [4529, false], [1001, false], [1006, false], [1009, false]]) {
    const { server, provider, seen } = connect({ token: 'abc' })
    server.last.end(code, 'why')
    mock.timers.tick(100)
    assert.equal(server.sockets.length, final ? 1 : 2, String(code))
    assert.deepEqual(seen('closed'), final ? [{ code, reason: 'why' }] : [])
    if (!final) continue
    provider.connect()
    assert.equal(server.sockets.length, 2)
  }
})

// tokens returns a function that makes t1, t2 and so on, each good for a time.
const tokens = lasting => {
  let made = 0
  return async () => ({ token: `t${++made}`, expires: Date.now() + lasting })
}

// pass lets time pass on a connection whose server answers.
const pass = (server, time) => {
  for (let left = time; left > 0; left -= 20_000) {
    mock.timers.tick(Math.min(left, 20_000))
    server.last.say({ type: 'pong', timestamp: 1 })
  }
}

test('a token is renewed before it ends, on the same connection', async () => {
  const { server, provider, seen } = connect({ token: tokens(60 * minute) }, { opened: false })
  await settled()
  server.last.open()
  for (const token of ['t2', 't3']) {
    pass(server, 59 * minute - 1)
    await settled()
    assert.deepEqual(server.last.ofType('control', 'auth').map(({ token }) => token).includes(token), false)
    mock.timers.tick(1)
    await settled()
    assert.equal(server.last.ofType('control', 'auth').at(-1).token, token)
  }
  server.last.say({ type: 'control', event: 'auth', expires: 5 })
  assert.deepEqual(seen('token'), [{ expires: 5 }])
  assert.equal(server.sockets.length, 1)
  provider.destroy()
})

test('a token is asked for again when the backend fails, before it ends', async () => {
  let calls = 0
  const token = async () => {
    if (++calls === 2) throw new Error('backend away')
    return { token: `t${calls}`, expires: Date.now() + 10 * minute }
  }
  const { server, provider } = connect({ token }, { opened: false })
  const failures = []
  provider.on('connection-error', error => failures.push(error.message))
  await settled()
  server.last.open()
  pass(server, 9 * minute)
  await settled()
  assert.deepEqual(failures, ['backend away'])
  pass(server, minute / 2)
  await settled()
  assert.equal(server.last.ofType('control', 'auth').at(-1).token, 't3')
  provider.destroy()
})

test('the end of a JWT is read from it, and a token is kept for the next connection', async () => {
  const jwt = `x.${btoa(JSON.stringify({ exp: Date.now() / 1000 + 3600 }))}.y`
  let calls = 0
  const { server } = connect({ token: () => { calls++; return jwt } }, { opened: false })
  await settled()
  server.last.open()
  server.last.end(1006)
  mock.timers.tick(100)
  assert.deepEqual([server.last.token, server.sockets.length, calls], [jwt, 2, 1])
})

test('after a refused token another one is tried, once', async () => {
  const { server, seen } = connect({ token: tokens(60 * minute) }, { opened: false })
  await settled()
  server.last.open()
  server.last.end(1006)
  mock.timers.tick(100)
  server.last.end(4401) // the token of the first connection
  mock.timers.tick(200)
  await settled()
  assert.deepEqual(server.sockets.map(({ token }) => token), ['t1', 't1', 't2'])
  server.last.end(4401, 'no')
  mock.timers.tick(minute)
  await settled()
  assert.equal(server.sockets.length, 3)
  assert.deepEqual(seen('closed'), [{ code: 4401, reason: 'no' }])
})

test('a token that ended while connected is not used again', async () => {
  const { server } = connect({ token: tokens(60 * minute) }, { opened: false })
  await settled()
  server.last.open()
  server.last.end(4501)
  mock.timers.tick(100)
  await settled()
  assert.equal(server.last.token, 't2')
})

test('a backend that is away is asked again, and not at all after disconnect', async () => {
  let calls = 0
  const { server, provider } = connect({ token: async () => { calls++; throw new Error('away') } }, { opened: false })
  await settled()
  mock.timers.tick(100)
  await settled()
  assert.equal(calls, 2)
  provider.disconnect()
  mock.timers.tick(minute)
  await settled()
  assert.deepEqual([calls, server.sockets.length], [2, 0])
})

test('a connection is given up after a minute of silence', () => {
  const { server, seen } = connect()
  server.last.welcome()
  mock.timers.tick(30_000)
  assert.equal(server.last.ofType('ping').length, 1)
  server.last.say({ type: 'pong', timestamp: 1 })
  mock.timers.tick(30_000)
  assert.equal(server.sockets.length, 1)
  mock.timers.tick(30_000)
  assert.equal(seen('status').at(-1).code, 1006)
  mock.timers.tick(100)
  assert.equal(server.sockets.length, 2)
})

test('rights that change are told, whatever a notice says', () => {
  const { server, provider, seen } = connect()
  server.last.welcome({ readOnly: true })
  server.last.say({ type: 'control', event: 'notice', notice: { level: 'info', message: 'you may write from now on' } })
  assert.equal(provider.readOnly, true)
  for (const readOnly of [false, false, true]) server.last.say({ type: 'control', event: 'access', readOnly })
  assert.deepEqual([seen('readonly'), provider.readOnly], [[true, false, true], true])
})

// resync makes a provider send two messages, and sends it a document without them. The answer to
// that is the third message.
const resync = settled => {
  const { server, provider, doc, seen } = connect()
  server.last.welcome({ settled: 0 })
  for (let i = 0; i < 2; i++) {
    type(doc)
    mock.timers.tick(200)
  }
  server.last.welcome({ settled })
  assert.equal(server.last.ofType('sync').length, 3)
  const ack = count => server.last.say({ type: 'control', event: 'ack', version: 2, count })
  return { provider, ack, seen }
}

test('what was sent before another document does not save the answer to it', () => {
  for (const settled of [0, 1]) {
    const { provider, ack } = resync(settled)
    ack(2 - settled)
    assert.equal(provider.unsaved, 2)
    ack(1)
    assert.equal(provider.unsaved, 0)
  }
})

test('the answer to a document is saved at once when nothing else waits', () => {
  for (const settled of [2, undefined]) {
    const { provider, ack, seen } = resync(settled)
    ack(1)
    assert.equal(provider.unsaved, 0)
    assert.deepEqual(seen('unsaved'), [1, 2, 0])
  }
})

test('messages of an earlier connection are not expected to be acknowledged', () => {
  const { server, provider, doc } = connect()
  server.last.welcome({ settled: 0 })
  type(doc)
  mock.timers.tick(0)
  server.last.end(1006)
  mock.timers.tick(100)
  server.last.open()
  server.last.welcome({ settled: 0 })
  server.last.say({ type: 'control', event: 'ack', version: 2, count: 1 })
  assert.equal(provider.unsaved, 0)
})

test('a destroyed provider sends nothing, and leaves the document alone', () => {
  const { server, provider, doc } = connect()
  server.last.welcome()
  provider.destroy()
  type(doc)
  mock.timers.tick(minute)
  assert.deepEqual([server.sockets.length, server.last.sent], [1, []])
  assert.equal(doc.isDestroyed, false)
})

test('what was gathered is sent before the provider disconnects or is destroyed', () => {
  for (const end of ['disconnect', 'destroy']) {
    const { server, provider, doc } = connect()
    server.last.welcome()
    type(doc)
    mock.timers.tick(0)
    type(doc, 'last')
    provider[end]()
    assert.equal(server.last.ofType('sync').length, 2)
    assert.equal(provider.unsaved, 2) // nothing was acknowledged
    mock.timers.tick(minute)
    assert.equal(server.last.ofType('sync').length, 2)
  }
})

test('a provider that was destroyed once or twice stays away', () => {
  const { server, provider, seen } = connect({ awareness: undefined })
  provider.destroy()
  provider.destroy()
  provider.connect()
  provider.disconnect()
  mock.timers.tick(minute)
  assert.equal(server.sockets.length, 1)
  assert.equal(seen('status').filter(({ status }) => status === 'disconnected').length, 1)
})

test('a provider ends with its document', () => {
  const { server, doc } = connect()
  doc.destroy()
  mock.timers.tick(minute)
  assert.equal(server.sockets.length, 1)
})
