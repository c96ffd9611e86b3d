// Documents of real Yjs.
import * as Y from 'yjs'
import { openRoots } from './edits.mjs'
import { stateVector } from './canonical.mjs'

/**
 * Returns a document with the updates. No client writes under its client id, and it makes no edits of its own: after
 * every remote update Yjs deletes formatting marks that it finds superfluous, and which these are (even how the text
 * then reads) depends on how the updates were batched.
 */
export const listener = (gc, ...updates) => {
  const doc = new Y.Doc({ guid: 'room', gc })
  doc.clientID = 2 ** 53 - 1
  doc.on('afterTransaction', transaction => { transaction._needFormattingCleanup = false })
  openRoots(doc).forEach(root => root.observeDeep(() => {}))
  updates.forEach(update => Y.applyUpdate(doc, update))
  settle(doc)
  return doc
}

/**
 * Retries pending structs until none can be integrated. Yjs itself retries only when the ids that it noted first
 * arrive, and a struct that is known by then blocks those after it, so that some stay pending although everything
 * they refer to is there.
 */
export const settle = doc => {
  for (let before = null, now = stateVector(doc); doc.store.pendingStructs !== null && now !== before; now = stateVector(doc)) {
    before = now
    const { update } = doc.store.pendingStructs
    doc.store.pendingStructs = null
    Y.applyUpdateV2(doc, Y.diffUpdateV2(update, Y.encodeStateVector(doc)))
  }
}

export const isWaiting = doc => doc.store.pendingStructs !== null || doc.store.pendingDs !== null

/** Returns the document's state, or its difference to a state vector, without pending structs. */
export const integrated = (doc, have) => {
  const { pendingStructs, pendingDs } = doc.store
  Object.assign(doc.store, { pendingStructs: null, pendingDs: null })
  const update = Y.encodeStateAsUpdate(doc, have)
  Object.assign(doc.store, { pendingStructs, pendingDs })
  return update
}
