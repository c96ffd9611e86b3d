// Opens 20 documents on one connection of Hocuspocus' provider, and one that is refused, writes into
// each, and prints what became of them. The document is also opened by itself, to see what arrived.
import * as four from '@hocuspocus/provider'
import * as three from '@hocuspocus/provider-3'
import * as Y from 'yjs'
import WebSocket from 'ws'
import { hocuspocusURL } from './lib/hocuspocus.mjs'

const [base, version] = process.argv.slice(2)
const { HocuspocusProvider, HocuspocusProviderWebsocket } = version === '3' ? three : four

const connect = () => {
  const socket = new HocuspocusProviderWebsocket({ url: hocuspocusURL(base), WebSocketPolyfill: WebSocket })
  socket.count = 0
  socket.on('connect', () => socket.count++)
  return socket
}

const denied = []
const open = (socket, name) => {
  const provider = new HocuspocusProvider({
    websocketProvider: socket,
    name,
    document: new Y.Doc(),
    token: null,
    sessionAwareness: version.includes('sessions'),
    onAuthenticationFailed: ({ reason }) => denied.push(reason)
  })
  provider.attach()
  return provider
}

const until = async condition => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10))
}

const socket = connect()
const refused = open(socket, '..')
const names = [...Array(20).keys()].map(i => `doc-${i}`)
const all = names.map(name => open(socket, name))
await until(() => all.every(provider => provider.synced && provider.unsyncedChanges === 0))
const text = `<by ${version}>`
for (const provider of all) provider.document.getText('text').insert(0, text)
await until(() => all.every(provider => provider.unsyncedChanges === 0))
// A second connection, or with sessions the same one, sees everything.
const readers = names.map(name => open(version.includes('sessions') ? socket : connect(), name))
await until(() => readers.every(reader => reader.document.getText('text').toString().includes(text)))
console.log(JSON.stringify({
  synced: all.filter(provider => provider.synced).length,
  saved: all.filter(provider => provider.unsyncedChanges === 0).length,
  denied,
  connects: socket.count,
  seen: readers.length
}))
refused.destroy()
process.exit()
