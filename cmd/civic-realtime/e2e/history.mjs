// A client that keeps the history of its document (gc: false), as editors with versions do. Without
// a version it writes a text, prints the version, and replaces the text; with a version it prints
// the length of that version's text.
import * as Y from 'yjs'
import { WebsocketProvider } from 'y-websocket'
import WebSocket from 'ws'

const [url, version] = process.argv.slice(2)
const doc = new Y.Doc({ gc: false })
const text = doc.getText('text')
const provider = new WebsocketProvider(url, 'history', doc, { WebSocketPolyfill: WebSocket, disableBc: true })

function write () {
  text.insert(0, 'council '.repeat(2000))
  console.log('version', Buffer.from(Y.encodeSnapshot(Y.snapshot(doc))).toString('base64'))
  text.delete(0, text.length)
  text.insert(0, 'adjourned')
}

function read () {
  const then = Y.createDocFromSnapshot(doc, Y.decodeSnapshot(Buffer.from(version, 'base64')))
  console.log('now', text.toString())
  console.log('then', then.getText('text').toString().length)
}

provider.once('sync', () => version ? read() : write())
