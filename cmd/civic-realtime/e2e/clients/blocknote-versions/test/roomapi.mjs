// A server that keeps versions of a room of civic-realtime, which it reads and edits as a client:
// node roomapi.mjs URL ROOM TOKEN. It writes its address to stdout.
import WebSocket from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { startAPI } from './fakeapi.mjs'

const [url, room, token] = process.argv.slice(2)

// current joins with an empty document, so that it has all that the server has.
const current = () => new Promise(resolve => {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket, protocols: ['auth.' + token], disableBc: true })
  provider.once('sync', () => resolve(doc))
})

// restore makes the document what it was, by an edit.
const restore = (doc, content) => {
  const old = new Y.Doc()
  Y.applyUpdate(old, content)
  const [now, then] = [doc, old].map(doc => doc.getXmlFragment('blocknote'))
  doc.transact(() => {
    now.delete(0, now.length)
    now.insert(0, then.toArray().map(node => node.clone()))
  })
}

const api = await startAPI({ room, tokens: null, current, restore })
console.log(`listening on ${api.url}`)
