// Attaches Hocuspocus' provider to a connection that is not there yet, destroys it, and attaches
// another one for the same document, as React does in development. It writes, and prints what
// became of that once nothing is unsynced; the document is then left and opened again.
import * as four from '@hocuspocus/provider'
import * as three from '@hocuspocus/provider-3'
import * as Y from 'yjs'
import WebSocket from 'ws'
import { hocuspocusURL } from './lib/hocuspocus.mjs'

const [base, version] = process.argv.slice(2)
const { HocuspocusProvider, HocuspocusProviderWebsocket } = version === '3' ? three : four

const socket = new HocuspocusProviderWebsocket({ url: hocuspocusURL(base), WebSocketPolyfill: WebSocket })
const open = () => {
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: 'minutes', document: new Y.Doc(), token: null })
  provider.attach()
  return provider
}
const until = async condition => {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10))
}
const saved = provider => until(() => provider.synced && provider.unsyncedChanges === 0)

open().destroy()
const provider = open()
await saved(provider)
const text = `<by ${version}>`
provider.document.getText('text').insert(0, text)
await saved(provider)
provider.destroy()
const again = open()
await saved(again)
console.log(JSON.stringify({ has: again.document.getText('text').toString().includes(text) }))
process.exit()
