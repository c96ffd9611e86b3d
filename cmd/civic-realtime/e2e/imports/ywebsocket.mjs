// Makes a store of y-websocket-server: node ywebsocket.mjs FOLDER EXPECTED MANY. Real clients
// connect to the real server, with its own persistence, and write; then the process is killed. The
// folder may have a store, whose documents are written on.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { catalogue, expect, same, typed } from './documents.mjs'

const [folder, expected, many] = process.argv.slice(2)
process.env.YPERSISTENCE = folder
const { getPersistence, setupWSConnection } = await import('@y/websocket-server/utils')

const server = createServer()
const sockets = new WebSocketServer({ server })
sockets.on('connection', setupWSConnection)
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
const url = `ws://127.0.0.1:${server.address().port}`

// until polls a condition, as the server announces nothing.
const until = async condition => {
  while (!await condition()) await new Promise(resolve => setTimeout(resolve, 5))
}

// write writes a document as a client does, and returns the path that the server knows it by.
const write = async ({ name, fill }) => {
  const doc = typed(new Y.Doc())
  const provider = new WebsocketProvider(url, name, doc, { WebSocketPolyfill: WebSocket, disableBc: true })
  await new Promise(resolve => provider.once('sync', resolve))
  fill(doc)
  const path = new URL(provider.url).pathname.slice(1)
  let stored
  await until(async () => {
    stored = typed(await getPersistence().provider.getYDoc(path))
    return Y.equalSnapshots(Y.snapshot(stored), Y.snapshot(doc))
  })
  provider.destroy()
  same(name, stored, doc)
  return [path, stored]
}

const written = []
for (const document of catalogue(Number(many)).filter(d => !d.unencoded)) written.push(await write(document))
expect(expected, written)
process.kill(process.pid, 'SIGKILL')
