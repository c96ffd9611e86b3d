// Real clients that use an update in every way, beyond applying it: they relay it, encode their document,
// read it, load the encoded form, go on typing, delete, undo, and open subdocuments. None of that may throw,
// or lose content.
import * as Y13 from 'yjs'
import * as Y14 from '@y/y'
import { roots } from './edits.mjs'
import { texture } from './texture.mjs'

const open13 = doc => Object.entries(roots).map(([name, type]) => doc.get(name, type))
const open14 = doc => Object.keys(roots).map(name => doc.get(name))

const read13 = event => [event.path, event.keys, event.changes.keys, event.changes.delta, event.target instanceof Y13.Text && event.delta]
const read14 = event => [event.path, event.delta, event.deltaDeep]

export const kits = [
  { name: 'Yjs 13', Y: Y13, open: open13, event: events => events.forEach(read13), text: doc => doc.getText('text'), deltas: type => type.toDelta?.() },
  { name: 'Yjs 14', Y: Y14, open: open14, event: read14, text: doc => doc.get('text'), deltas: type => [type.toDelta(), type.toDeltaDeep()] }
]

/**
 * Errors of applications that read a type as another than it was written as, or the text of a value that has none.
 * Yjs does not determine the type of a root or key.
 */
const misread = /serialize a BigInt|Cannot convert object to primitive|reading '(toString|nodeName|length|_\w+)'|\.toString is not a function|Unexpected content type/

const reading = f => { try { f() } catch (error) { if (!misread.test(error.message)) throw error } }

/** A document that makes no edits of its own: it keeps marks that Yjs finds superfluous. */
const passive = ({ Y }, gc, ...updates) => {
  const doc = new Y.Doc({ guid: 'room', gc })
  doc.clientID = 2 ** 53 - 1
  doc.cleanupFormatting = false
  doc.on('afterTransaction', transaction => { transaction._needFormattingCleanup = false })
  updates.forEach(update => Y.applyUpdate(doc, update))
  return doc
}

export class Lost extends Error {}

const same = (what, got, want) => {
  if (got === want) return
  let at = 0
  while (at < want.length && got[at] === want[at]) at++
  throw new Lost(`${what}\ngot …${got.slice(Math.max(0, at - 60), at + 120)}…\nwant …${want.slice(Math.max(0, at - 60), at + 120)}…`)
}

/** A client with every feature of Yjs on. Followers apply the updates that it emits. */
class Client {
  constructor (kit, gc) {
    this.kit = kit
    this.doc = new kit.Y.Doc({ guid: 'room', gc })
    this.doc.clientID = 2 ** 53 - 2
    this.follower = passive(kit, gc)
    this.followerV2 = passive(kit, gc)
    this.doc.on('update', update => kit.Y.applyUpdate(this.follower, update))
    this.doc.on('updateV2', update => kit.Y.applyUpdateV2(this.followerV2, update))
    this.doc.on('subdocs', ({ added, loaded, removed }) => [added, loaded, removed].forEach(docs => docs.forEach(doc => doc.guid.length)))
    this.roots = kit.open(this.doc)
    this.roots.forEach(root => root.observeDeep(events => reading(() => kit.event(events))))
  }

  apply (update) { this.kit.Y.applyUpdate(this.doc, update) }

  waits () { return this.doc.store.pendingStructs !== null || this.doc.store.pendingDs !== null }

  /** Documents that apply all updates that the client emits must equal its own. */
  followed (when) {
    if (this.waits()) return
    const want = texture(this.doc)
    same(`${when}: the follower`, texture(this.follower), want)
    same(`${when}: the follower in V2`, texture(this.followerV2), want)
  }

  /** Documents that load the client's encoded document must equal its own, unless it has pending structs. */
  encode (when) {
    const { kit: { Y }, doc } = this
    const want = texture(doc)
    const [v1, v2] = [Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdateV2(doc)]
    if (this.waits()) return
    const loaded = passive(this.kit, doc.gc, v1)
    same(`${when}: encoded and loaded`, texture(loaded), want)
    same(`${when}: encoded again`, texture(passive(this.kit, doc.gc, Y.encodeStateAsUpdate(loaded))), want)
    const loadedV2 = passive(this.kit, doc.gc)
    Y.applyUpdateV2(loadedV2, v2)
    same(`${when}: encoded in V2 and loaded`, texture(loadedV2), want)
    same(`${when}: encoded in V2 again`, texture(passive(this.kit, doc.gc, Y.encodeStateAsUpdate(loadedV2))), want)
    Y.mergeUpdates([v1, Y.diffUpdate(v1, Y.encodeStateVector(doc))])
    Y.applyUpdate(passive(this.kit, true), Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(v1)))
  }

  read () {
    this.doc.share.forEach(type => {
      reading(() => type.toJSON())
      reading(() => type.toString())
      reading(() => this.kit.deltas(type))
    })
    reading(() => JSON.stringify(this.doc.toJSON(), (_, value) => typeof value === 'bigint' ? `${value}` : value))
  }

  /** Uses subdocuments as documents: they load, apply updates, encode, and are destroyed. */
  openSubdocuments () {
    const { Y } = this.kit
    this.doc.getSubdocGuids()
    for (const sub of [...this.doc.getSubdocs()]) {
      sub.load()
      this.kit.text(sub).insert(0, 'x')
      Y.applyUpdate(sub, update13)
      Y.encodeStateAsUpdateV2(sub)
      reading(() => sub.toJSON())
      this.kit.text(sub).delete(0, 1)
      sub.destroy()
    }
  }

  /** Types at both ends of the text. The followers must receive it. */
  type () {
    const [text] = this.roots
    text.insert(text.length, 'typed')
    text.insert(0, 'typed')
  }

  deleteAll () {
    this.doc.transact(transaction => this.doc.share.forEach(type => {
      for (let item = type._start; item !== null; item = item.right) item.delete(transaction)
      type._map.forEach(item => item.delete(transaction))
    }))
  }
}

const update13 = (() => {
  const doc = new Y13.Doc()
  doc.clientID = 7
  doc.getText('text').insert(0, 'of a subdocument')
  return Y13.encodeStateAsUpdate(doc)
})()

/** Makes a client of one version use the updates in every way. */
const useAsClient = (kit, gc, updates) => {
  const client = new Client(kit, gc)
  updates.forEach(update => client.apply(update))
  client.read()
  client.followed('applied')
  client.encode('applied')
  client.openSubdocuments()
  client.type()
  client.followed('typed')
  const undo = new kit.Y.UndoManager(client.roots, { captureTimeout: 0 })
  client.deleteAll()
  client.encode('deleted')
  undo.undo()
  client.read()
  undo.redo()
  client.encode('deleted again')
}

/** Makes clients of every version use the updates in every way. Throws their errors, and Lost. */
export const useAsClients = (gc, updates) => {
  for (const kit of kits) {
    try { useAsClient(kit, gc, updates) } catch (error) {
      error.message = `${kit.name}: ${error.message}`
      throw error
    }
  }
}

/** Returns the documents that Yjs 13 and Yjs 14 make of updates that leave nothing pending. */
export const versions = (gc, updates) => kits.map(kit => texture(passive(kit, gc, ...updates)))

/**
 * Reports whether updates leave anything pending in Yjs 14, which integrates in another order than Yjs 13 and retries
 * at other times.
 */
export const waits14 = updates => {
  const { store } = passive(kits[1], false, ...updates)
  return store.pendingStructs !== null || store.pendingDs !== null || store.skips.clients.size > 0
}
