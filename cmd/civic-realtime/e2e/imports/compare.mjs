// Compares the documents of a server with those that are expected: node compare.mjs URL EXPECTED,
// with the rooms of the documents on stdin, by their names. A real y-websocket client opens each.
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { same, typed } from './documents.mjs'

const [url, expected] = process.argv.slice(2)
const rooms = JSON.parse(readFileSync(0, 'utf8'))
let compared = 0
for (const { name, state } of JSON.parse(readFileSync(expected, 'utf8'))) {
  if (!(name in rooms)) continue
  const want = typed(new Y.Doc())
  Y.applyUpdate(want, Buffer.from(state, 'base64'))
  const got = typed(new Y.Doc())
  const provider = new WebsocketProvider(url, rooms[name], got, { WebSocketPolyfill: WebSocket, disableBc: true })
  await new Promise((resolve, reject) => {
    provider.once('sync', resolve)
    provider.once('connection-close', event => reject(new Error(`${name}: closed with ${event?.code} ${event?.reason}`)))
  })
  provider.destroy()
  same(name, got, want)
  compared++
}
console.log(`compared ${compared}`)
process.exit(0)
