// The clients of the tests, by version: the real provider of each release line of y-websocket and of
// Hocuspocus, and our own for the native protocols, with presence in the form of these, or as pages use
// it, with awareness.
import * as Y from 'yjs'
import * as Y14 from '@y/y'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { WebsocketProvider as Provider30 } from 'y-websocket-3.0'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider4 } from '@y/websocket'
import { Provider } from '../clients/provider/index.js'
import { Hocuspocus3, Hocuspocus4 } from './hocuspocus.mjs'

// native returns our provider with other defaults. Those of tests of cursors and waits make it send
// no awareness, and wait for a time without a random part.
const native = (protocol, defaults = { awareness: null, jitter: 0 }) => class extends Provider {
  constructor (url, room, doc, options) {
    super(url, room, doc, { ...defaults, ...options, protocol })
  }
}

const providers = {
  1.5: Provider1,
  2: Provider2,
  '3.0': Provider30, // the last without final close codes
  3: Provider3,
  4: Provider4,
  'hocuspocus-3': Hocuspocus3,
  'hocuspocus-4': Hocuspocus4,
  json: native('json'),
  msgpack: native('msgpack'),
  'provider-json': native('json', {}),
  'provider-msgpack': native('msgpack', {})
}

export const isNative = version => /json|msgpack/.test(version)

// openProvider connects a provider of the given version to a room. Tests read and write doc, a
// document of Yjs 13; the provider of version 4 has a document of Yjs 14 that is kept equal to it.
export const openProvider = (version, url, room, doc, options) =>
  new providers[version](url, room, String(version) === '4' ? twin(doc) : doc, options)

// twin returns a document of Yjs 14 that is kept equal to doc, as each is sent the updates of the
// other.
const twin = doc => {
  const other = new Y14.Doc()
  other.on('update', (update, origin) => { if (origin !== doc) Y.applyUpdate(doc, update, other) })
  doc.on('update', (update, origin) => { if (origin !== other) Y14.applyUpdate(other, update, doc) })
  return other
}

// textOf returns the shared text `text` of a provider's document, in the API of the document's Yjs.
const textOf = doc => doc.getText?.('text') ?? doc.get('text')

// typeInto inserts at the start of that text.
export const typeInto = (doc, text) => textOf(doc).insert(0, text)

// flashInto inserts there and deletes that again, in one transaction.
export const flashInto = (doc, text) => doc.transact(() => {
  typeInto(doc, text)
  textOf(doc).delete(0, text.length)
})

const yjsOf = doc => doc instanceof Y.Doc ? Y : Y14

export const stateOf = doc => yjsOf(doc).encodeStateAsUpdate(doc)

// giveState applies the state that another provider has kept.
export const giveState = (doc, state) => yjsOf(doc).applyUpdate(doc, state, 'storage')

export const plainText = doc => {
  const text = textOf(doc)
  return text instanceof Y.Text ? text.toString() : text.toArray().filter(char => typeof char === 'string').join('')
}
