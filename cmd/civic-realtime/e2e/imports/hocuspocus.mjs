// Makes a store of Hocuspocus: node hocuspocus.mjs DATABASE EXPECTED MANY MODE. Real providers
// connect to the real server with its SQLite extension, and write; then the process is killed. MODE
// is SQLite's journal mode: wal leaves what was written in the write-ahead log. SQLite is Node's, see
// sqlite/index.js.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { SQLite } from '@hocuspocus/extension-sqlite'
import { Server } from '@hocuspocus/server'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { catalogue, expect, same, typed } from './documents.mjs'

const [database, expected, many, mode] = process.argv.slice(2)
const sqlite = new SQLite({ database })
const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, debounce: 0, extensions: [sqlite], stopOnSignals: false })
await server.listen()
sqlite.db.exec(`PRAGMA journal_mode=${mode}`)
sqlite.db.exec('PRAGMA synchronous=off') // the process is killed, and not the machine

const socket = new HocuspocusProviderWebsocket({ url: server.webSocketURL, WebSocketPolyfill: WebSocket })

// storedState returns a document as the database has it.
const storedState = name => {
  const doc = typed(new Y.Doc())
  const row = sqlite.db.prepare('SELECT data FROM documents WHERE name = ?').get(name)
  if (row) Y.applyUpdate(doc, row.data)
  return doc
}

// write writes a document as a client does.
const write = async ({ name, fill }) => {
  const doc = typed(new Y.Doc())
  const provider = new HocuspocusProvider({ websocketProvider: socket, name, document: doc })
  provider.attach()
  await new Promise(resolve => provider.on('synced', resolve))
  fill(doc)
  const hasAll = other => Y.equalSnapshots(Y.snapshot(other), Y.snapshot(doc))
  while (!hasAll(storedState(name))) await new Promise(resolve => setTimeout(resolve, 5))
  provider.destroy()
  const stored = storedState(name)
  same(name, stored, doc)
  return [name, stored]
}

const written = []
for (const document of catalogue(Number(many)).filter(d => d.name !== '')) written.push(await write(document))
expect(expected, written)
process.kill(process.pid, 'SIGKILL')
