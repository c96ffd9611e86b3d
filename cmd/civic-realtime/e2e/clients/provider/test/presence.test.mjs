// Tests of Provider's presence, with a clock of its own, which has to be imported first.
import { clock } from '../../../lib/clock.mjs'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Provider } from '../index.js'
import { Server } from './fakes.mjs'

const pass = ms => clock.until(() => false, ms)

test('others stay until the server says that they have left, or the connection ends', () => {
  const server = new Server()
  const provider = new Provider('ws://server', 'r', new Y.Doc(), { protocol: 'json', WebSocketPolyfill: server.WebSocket })
  server.last.open()
  server.last.welcome()
  const others = [1, 2].map(() => new Awareness(new Y.Doc()))
  const meet = awareness => server.last.say({
    type: 'presence', event: 'awareness', user: { id: 'u1' }, awareness: encodeAwarenessUpdate(awareness, [awareness.clientID])
  })
  const seen = () => others.map(({ clientID }) => provider.awareness.getStates().has(clientID))
  for (const other of others) other.setLocalState({ name: 'Ann' })
  others.forEach(meet)
  for (let minutes = 0; minutes < 5; minutes++) {
    for (let pings = 0; pings < 3; pings++) {
      pass(20_000)
      server.last.say({ type: 'pong', timestamp: 1 })
    }
    assert.deepEqual(seen(), [true, true])
  }
  removeAwarenessStates(others[0], [others[0].clientID], 'left')
  meet(others[0])
  assert.deepEqual(seen(), [false, true])
  server.last.end(1006)
  assert.deepEqual(seen(), [false, false])
  assert.ok(provider.awareness.getLocalState())
  provider.destroy()
  others.forEach(other => other.destroy())
})
